#include "service/lambda/runtime_api.h"

namespace leat::lambda {

using runtime::HttpRequest;
using runtime::HttpRespond;

RuntimeApi::RuntimeApi(RuntimeApiParts parts) : parts_(parts), server_({}, parts.clock) { server_.start(*this); }

RuntimeApi::~RuntimeApi() { stop(); }

void RuntimeApi::stop() { server_.stop(std::chrono::milliseconds(0)); }

std::unique_ptr<sandbox::Worker> RuntimeApi::make_worker(ApiWorker::Settings settings) {
  return std::make_unique<ApiWorker>(*this, std::move(settings));
}

// The process may connect before its check is there: admit() waits for it.
std::unique_ptr<sandbox::Worker> RuntimeApi::spawn(ApiWorker& worker, sandbox::RuntimeSpec spec) {
  std::lock_guard lock(checks_mutex_);
  worker.port = server_.open([this](std::uint16_t port, std::uint16_t peer_port) { return admit(port, peer_port); });
  endpoints_[worker.port] = &worker;
  spec.environment.emplace_back("AWS_LAMBDA_RUNTIME_API", fmt::format("127.0.0.1:{}", worker.port));
  auto process = parts_.workers.spawn(spec);
  checks_[worker.port] = process->connection_check();
  return process;
}

void RuntimeApi::close(std::uint16_t port) {
  server_.close(port);
  endpoints_.erase(port);
  std::lock_guard lock(checks_mutex_);
  checks_.erase(port);
}

bool RuntimeApi::admit(std::uint16_t port, std::uint16_t peer_port) {
  std::lock_guard lock(checks_mutex_);
  const auto check = checks_.find(port);
  return check != checks_.end() && check->second(port, peer_port);
}

runtime::HttpBodySink RuntimeApi::stream_body(const HttpRequest& head) {
  if (lower_case(head.header(kResponseMode)) != kStreaming) return nullptr;
  return [this, port = head.port, target = std::string(head.target),
          type = std::string(head.header("content-type"))](std::string_view piece) {
    parts_.loop.post([this, port, target, type, piece = std::string(piece)] {
      const auto found = endpoints_.find(port);
      if (found != endpoints_.end()) found->second->take_piece(target, type, piece);
    });
  };
}

void RuntimeApi::handle(const HttpRequest& request, HttpRespond respond) {
  ApiCall call{request.port, std::string(request.method), std::string(request.target), std::string(request.body),
               {},           std::move(respond)};
  for (const auto& header : request.headers) call.headers.emplace(lower_case(header.name), header.value);
  parts_.loop.post([this, call = std::move(call)]() mutable { answer(call); });
}

void RuntimeApi::answer(ApiCall& call) {
  const auto found = endpoints_.find(call.port);
  if (found == endpoints_.end()) return call.respond(api_json(404, "{}\n"));
  found->second->answer(call);
}

}  // namespace leat::lambda
