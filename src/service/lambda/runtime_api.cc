#include "service/lambda/runtime_api.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "base/encoding.h"

namespace leat::lambda {
namespace {

namespace fs = std::filesystem;
using runtime::HttpRequest;
using runtime::HttpRespond;
using runtime::HttpResponse;

constexpr std::string_view kRoot = "/2018-06-01/runtime/";
constexpr std::size_t kMaxResponse = 6291556;  // bytes

HttpResponse json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

HttpResponse accepted() { return json(202, "{\"status\":\"OK\"}\n"); }

HttpResponse refusal(int status, std::string_view type, std::string_view message) {
  return json(status, fmt::format("{{\"errorMessage\":\"{}\",\"errorType\":\"{}\"}}\n", message, type));
}

std::string with_peak(std::uint32_t peak_kib, std::string_view payload) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(peak_kib >> shift & 255));
  return out.append(payload);
}

// The members of an object whose values are texts or numbers.
std::map<std::string, std::string> members_of(simdjson::dom::element object) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : simdjson::dom::object(object)) {
    std::string_view text;
    std::int64_t number = 0;
    if (value.get(text) == simdjson::SUCCESS)
      out.emplace(name, text);
    else if (value.get(number) == simdjson::SUCCESS)
      out.emplace(name, std::to_string(number));
  }
  return out;
}

}  // namespace

// A request, held until it is answered.
struct RuntimeApi::Call {
  std::uint16_t port;
  std::string method, path, body;
  HttpRespond respond;
};

// Everything happens on the loop's thread.
class RuntimeApi::ApiWorker final : public sandbox::Worker {
 public:
  ApiWorker(RuntimeApi& api, sandbox::RuntimeSpec spec) : api_(api), spec_(std::move(spec)) {}
  ~ApiWorker() override {
    if (port != 0) api_.close(port);
  }

  void listen(sandbox::WorkerEvents events) override { events_ = std::move(events); }
  void send(char kind, std::string_view payload) override {
    if (kind == 'I') return start(payload);
    event_.emplace(payload);
    if (next_) deliver();
  }
  void install(const fs::path& folder) override { spec_.code = folder; }
  void install_layer(const fs::path& folder) override { spec_.layers.push_back(folder); }
  // As inside a sandbox; where there is none, spawn() translates it.
  std::string code_path() const override { return "/var/task"; }
  std::string layer_path() const override { return "/opt"; }
  void limit_memory(std::uint64_t bytes) override { memory_ = bytes; }
  bool out_of_memory() const override { return process_ && process_->out_of_memory(); }
  std::uint32_t peak_kib() const override { return process_ ? process_->peak_kib() : 0; }
  OwnsConnection connection_check() const override { return nullptr; }
  void drain_output() override {
    if (process_) process_->drain_output();
  }
  void kill() override {
    if (process_) process_->kill();
  }

  void next(HttpRespond respond) {
    next_ = std::move(respond);
    if (event_) return deliver();
    if (!std::exchange(ready_, true)) tell('R', {});
  }

  HttpResponse respond(std::string_view id, std::string_view body, char kind) {
    if (id != running_) return refusal(400, "InvalidRequestID", "Invalid request ID");
    running_.clear();
    tell_later(kind, with_peak(peak_kib(), body));
    if (body.size() <= kMaxResponse) return accepted();
    return refusal(413, "RequestEntityTooLarge",
                   fmt::format("Exceeded maximum allowed payload size ({} bytes).", kMaxResponse));
  }

  HttpResponse fail_init(std::string body) {
    if (ready_) return refusal(403, "InvalidStateTransition", "State transition is not allowed");
    tell_later('X', std::move(body));
    return accepted();
  }

  std::uint16_t port = 0;

 private:
  // Who is told may end this worker: the last that is done here.
  void tell(char kind, std::string payload) {
    const auto message = events_.message;
    if (message) message(kind, std::move(payload));
  }

  void tell_later(char kind, std::string payload) {
    api_.loop_.post([this, alive = std::weak_ptr(alive_), kind, payload = std::move(payload)]() mutable {
      if (!alive.expired()) tell(kind, std::move(payload));
    });
  }

  void start(std::string_view init) {
    simdjson::dom::parser parser;
    const simdjson::padded_string text(init);
    for (auto& [name, value] : members_of(parser.parse(text)["environment"])) set_variable(name, value);
    if (spec_.command.empty() && !find_program()) return;
    process_ = api_.spawn(*this, spec_);
    process_->listen({nullptr, std::move(events_.output), std::move(events_.exit)});
    process_->limit_memory(memory_);
  }

  // The function's own take the place of ours.
  void set_variable(const std::string& name, const std::string& value) {
    const auto there = std::find_if(spec_.environment.begin(), spec_.environment.end(),
                                    [&](const auto& each) { return each.first == name; });
    if (there == spec_.environment.end())
      spec_.environment.emplace_back(name, value);
    else
      there->second = value;
  }

  // False where it was told that there is none.
  bool find_program() {
    const auto bootstrap = find_bootstrap();
    if (!bootstrap) {
      refuse_start("Runtime.InvalidEntrypoint",
                   "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
    } else if (access(bootstrap->file.c_str(), X_OK) != 0) {
      refuse_start("PermissionDenied", fmt::format("fork/exec {}: permission denied", bootstrap->path));
    } else {
      spec_.command = {bootstrap->path};
    }
    return !spec_.command.empty();
  }

  struct Bootstrap {
    fs::path file;
    std::string path;  // as the worker sees it
  };
  std::optional<Bootstrap> find_bootstrap() const {
    if (const fs::path own = spec_.code / "bootstrap"; fs::exists(own)) return Bootstrap{own, "/var/task/bootstrap"};
    for (const fs::path& layer : spec_.layers) {
      if (const fs::path file = layer / "bootstrap"; fs::exists(file)) return Bootstrap{file, "/opt/bootstrap"};
    }
    return std::nullopt;
  }

  // Later: who sends the frame that starts it does not expect an answer from inside.
  void refuse_start(std::string_view type, std::string message) {
    api_.loop_.post([this, alive = std::weak_ptr(alive_), type, message = std::move(message)] {
      if (alive.expired()) return;
      const auto exit = events_.exit;
      tell('X', fmt::format("{{\"errorType\":\"{}\",\"errorMessage\":\"{}\"}}", type, message));
      if (exit) exit(0);
    });
  }

  void deliver() {
    const std::string frame = *std::exchange(event_, std::nullopt);
    const auto line = frame.find('\n');
    simdjson::dom::parser parser;
    const simdjson::padded_string head(std::string_view(frame).substr(0, line));
    const auto members = members_of(parser.parse(head));
    running_ = members.at("id");
    HttpResponse response = json(200, frame.substr(line + 1));
    response.headers.insert(response.headers.end(), {{"Lambda-Runtime-Aws-Request-Id", running_},
                                                     {"Lambda-Runtime-Deadline-Ms", members.at("deadline")},
                                                     {"Lambda-Runtime-Invoked-Function-Arn", members.at("arn")},
                                                     {"Lambda-Runtime-Trace-Id", members.at("traceId")}});
    if (const auto context = members.find("clientContext"); context != members.end()) {
      std::string value = context->second;
      std::erase_if(value, [](char c) { return c == '\r' || c == '\n'; });  // a header is one line
      response.headers.emplace_back("Lambda-Runtime-Client-Context", value);
    }
    (*std::exchange(next_, std::nullopt))(std::move(response));
  }

  RuntimeApi& api_;
  sandbox::RuntimeSpec spec_;
  sandbox::WorkerEvents events_;
  std::unique_ptr<sandbox::Worker> process_;
  std::uint64_t memory_ = 0;
  std::optional<HttpRespond> next_;   // the runtime waits for an event
  std::optional<std::string> event_;  // that waits for the runtime
  std::string running_;               // the request id of the event that the runtime has
  bool ready_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

RuntimeApi::RuntimeApi(runtime::Loop& loop, const Clock& clock, sandbox::WorkerFactory& workers)
    : loop_(loop), workers_(workers), server_({}, clock) {
  server_.start(*this);
}

RuntimeApi::~RuntimeApi() { stop(); }

void RuntimeApi::stop() { server_.stop(std::chrono::milliseconds(0)); }

std::unique_ptr<sandbox::Worker> RuntimeApi::make_worker(const sandbox::RuntimeSpec& spec) {
  return std::make_unique<ApiWorker>(*this, spec);
}

// The process may connect before its check is there: admit() waits for it.
std::unique_ptr<sandbox::Worker> RuntimeApi::spawn(ApiWorker& worker, sandbox::RuntimeSpec spec) {
  std::lock_guard lock(checks_mutex_);
  worker.port = server_.open([this](std::uint16_t port, std::uint16_t peer_port) { return admit(port, peer_port); });
  endpoints_[worker.port] = &worker;
  spec.environment.emplace_back("AWS_LAMBDA_RUNTIME_API", fmt::format("127.0.0.1:{}", worker.port));
  auto process = workers_.spawn(spec);
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

void RuntimeApi::handle(const HttpRequest& request, HttpRespond respond) {
  Call call{request.port, std::string(request.method), std::string(request.target), std::string(request.body),
            std::move(respond)};
  loop_.post([this, call = std::move(call)]() mutable { answer(call); });
}

void RuntimeApi::answer(Call& call) {
  const auto found = endpoints_.find(call.port);
  std::string_view path = call.path;
  if (found == endpoints_.end() || !path.starts_with(kRoot)) return call.respond(json(404, "{}\n"));
  ApiWorker& worker = *found->second;
  path.remove_prefix(kRoot.size());
  if (call.method == "GET" && path == "invocation/next") return worker.next(std::move(call.respond));
  if (call.method != "POST") return call.respond(json(404, "{}\n"));
  if (path == "init/error") return call.respond(worker.fail_init(std::move(call.body)));
  constexpr std::string_view kInvocation = "invocation/", kResponse = "/response", kError = "/error";
  if (!path.starts_with(kInvocation)) return call.respond(json(404, "{}\n"));
  path.remove_prefix(kInvocation.size());
  if (path.ends_with(kResponse))
    return call.respond(worker.respond(path.substr(0, path.size() - kResponse.size()), call.body, 'S'));
  if (path.ends_with(kError))
    return call.respond(worker.respond(path.substr(0, path.size() - kError.size()), call.body, 'F'));
  call.respond(json(404, "{}\n"));
}

}  // namespace leat::lambda
