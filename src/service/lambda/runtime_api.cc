#include "service/lambda/runtime_api.h"

namespace leat::lambda {

using runtime::HttpRequest;
using runtime::HttpRespond;

namespace {

constexpr std::uint64_t kSmallBody = 64U << 10;

// Workers are frozen between two events, in the middle of whatever they do; but none sends an answer meanwhile.
runtime::HttpServerOptions options() {
  runtime::HttpServerOptions out;
  out.header_limit = 32U << 10;
  out.max_guests = 32;
  out.http2 = false;
  out.patience = runtime::HttpPatience::endless();
  out.patience.by_wait[static_cast<std::size_t>(runtime::Waits::kLargeBody)] = {std::chrono::seconds(60), kSmallBody};
  return out;
}

}  // namespace

RuntimeApi::RuntimeApi(RuntimeApiParts parts) : parts_(parts), server_(options(), parts.clock) { server_.start(*this); }

RuntimeApi::~RuntimeApi() { stop(); }

void RuntimeApi::stop() { server_.stop(std::chrono::milliseconds(0)); }

std::unique_ptr<sandbox::Worker> RuntimeApi::make_worker(ApiWorker::Settings settings) {
  return std::make_unique<ApiWorker>(*this, std::move(settings));
}

// Doors are numbered above all ports.
static std::uint32_t place_of(const HttpRequest& request) { return request.door ? request.door : request.port; }

std::unique_ptr<sandbox::Worker> RuntimeApi::spawn(ApiWorker& worker, sandbox::RuntimeSpec spec) {
  if (!parts_.workers.has_network()) return spawn_among_others(worker, std::move(spec));
  spec.environment.emplace_back("AWS_LAMBDA_RUNTIME_API", fmt::format("127.0.0.1:{}", kPort));
  auto process = parts_.workers.spawn(spec);
  worker.place = process->door();
  endpoints_[worker.place] = &worker;
  return process;
}

// The process may connect before its check is there: admit() waits for it.
std::unique_ptr<sandbox::Worker> RuntimeApi::spawn_among_others(ApiWorker& worker, sandbox::RuntimeSpec spec) {
  std::lock_guard lock(checks_mutex_);
  const std::uint16_t port = server_.open([this](std::uint16_t port, std::uint16_t peer_port) { return admit(port, peer_port); });
  worker.place = port;
  endpoints_[port] = &worker;
  spec.environment.emplace_back("AWS_LAMBDA_RUNTIME_API", fmt::format("127.0.0.1:{}", port));
  auto process = parts_.workers.spawn(spec);
  checks_[port] = process->connection_check();
  return process;
}

void RuntimeApi::close(std::uint32_t place) {
  endpoints_.erase(place);
  if (place > UINT16_MAX) return;
  const auto port = static_cast<std::uint16_t>(place);
  server_.close(port);
  std::lock_guard lock(checks_mutex_);
  checks_.erase(port);
}

bool RuntimeApi::admit(std::uint16_t port, std::uint16_t peer_port) {
  std::lock_guard lock(checks_mutex_);
  const auto check = checks_.find(port);
  return check != checks_.end() && check->second(port, peer_port);
}

// A worker sends one answer at a time, and nothing else that is large.
runtime::HttpBodyLimit RuntimeApi::body_limit(const HttpRequest& head) {
  const std::uint32_t place = place_of(head);
  std::erase_if(large_bodies_, [](const auto& each) { return each.second.expired(); });
  if (!ApiWorker::takes_answers(head.target) || large_bodies_.contains(place)) return {kSmallBody, too_large(kSmallBody)};
  auto pass = std::make_shared<const char>();
  large_bodies_[place] = pass;
  const auto exceeded = [this, place, target = std::string(head.target)] {
    parts_.loop.post([this, place, target] {
      const auto found = endpoints_.find(place);
      if (found != endpoints_.end()) found->second->refuse_answer(target);
    });
  };
  return {kMaxResponse, too_large(kMaxResponse), exceeded, std::move(pass)};
}

runtime::HttpBodySink RuntimeApi::stream_body(const HttpRequest& head) {
  if (lower_case(head.header(kResponseMode)) != kStreaming) return nullptr;
  return [this, place = place_of(head), target = std::string(head.target),
          type = std::string(head.header("content-type"))](std::string_view piece, runtime::HttpGoOn go_on) {
    parts_.loop.post([this, place, target, type, piece = std::string(piece), go_on = std::move(go_on)]() mutable {
      const auto found = endpoints_.find(place);
      if (found == endpoints_.end()) return go_on();
      found->second->take_piece(target, type, piece, std::move(go_on));
    });
  };
}

void RuntimeApi::handle(const HttpRequest& request, HttpRespond respond) {
  ApiCall call{place_of(request), std::string(request.method), std::string(request.target), std::string(request.body),
               {},           std::move(respond),          request.room};
  for (const auto& header : request.headers) call.headers.emplace(lower_case(header.name), header.value);
  parts_.loop.post([this, call = std::move(call)]() mutable { answer(call); });
}

void RuntimeApi::answer(ApiCall& call) {
  const auto found = endpoints_.find(call.place);
  if (found == endpoints_.end()) return call.respond(api_json(404, "{}\n"));
  found->second->answer(call);
}

}  // namespace leat::lambda
