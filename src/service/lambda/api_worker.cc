#include "service/lambda/api_worker.h"

#include <simdjson.h>
#include <unistd.h>

#include <algorithm>

#include "service/lambda/function_error.h"
#include "service/lambda/runtime_api.h"

namespace leat::lambda {
namespace {

namespace fs = std::filesystem;
using runtime::HttpRespond;
using runtime::HttpResponse;

constexpr std::string_view kRuntimeRoot = "/2018-06-01/runtime/";
constexpr std::string_view kExtensionRoot = "/2020-01-01/extension/";
constexpr auto kShutdown = std::chrono::seconds(2);

// Starts what lies in the extensions folder of $1, which gets none of the runtime's descriptors, and then the runtime.
constexpr std::string_view kStartExtensions =
    "for each in \"$1\"/extensions/*; do [ -f \"$each\" ] && { \"$each\" 3>&- & }; done; shift; exec \"$@\"";

std::string with_peak(std::string out, std::uint32_t peak_kib, std::string_view payload) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(peak_kib >> shift & 255));
  return out.append(payload);
}

struct AnswerPath {
  std::string_view id;
  char kind;  // of frame
};

std::optional<AnswerPath> answer_path(std::string_view path) {
  constexpr std::string_view kInvocation = "invocation/", kResponse = "/response", kError = "/error";
  if (!path.starts_with(kInvocation)) return std::nullopt;
  path.remove_prefix(kInvocation.size());
  if (path.ends_with(kResponse)) return AnswerPath{path.substr(0, path.size() - kResponse.size()), 'S'};
  if (path.ends_with(kError)) return AnswerPath{path.substr(0, path.size() - kError.size()), 'F'};
  return std::nullopt;
}

std::string content_type_or_default(const std::string& type) {
  return type.empty() ? "application/octet-stream" : type;
}

using Members = std::map<std::string, std::string>;

// The members of an object whose values are texts or numbers.
Members members_of(simdjson::dom::element object) {
  Members out;
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

// The line before an event.
Members head_of(std::string_view frame) {
  simdjson::dom::parser parser;
  const simdjson::padded_string head(frame.substr(0, frame.find('\n')));
  return members_of(parser.parse(head));
}

}  // namespace

ApiWorker::ApiWorker(RuntimeApi& api, Settings settings)
    : api_(api),
      spec_(std::move(settings.spec)),
      speaks_(settings.speaks),
      function_(std::move(settings.function)),
      extensions_(function_, api.parts().random,
                  {[this] { on_change(); },
                   [this](const std::string& type, const std::string& message) { on_failure(type, message); },
                   [this](const std::string& name, const std::vector<std::string>& events) {
                     std::string payload = name;
                     for (const auto& event : events) payload += '\n' + event;
                     tell('L', payload);
                   }}) {}

ApiWorker::~ApiWorker() {
  if (place != 0) api_.close(place);
}

void ApiWorker::send(char kind, std::string head, std::string rest) {
  if (kind == 'I') return start(head);
  busy_ = runtime_busy_ = true;
  const auto members = head_of(head);
  extensions_.invoke({members.at("id"), members.at("arn"), members.at("traceId"), members.at("deadline")});
  if (speaks_ == Runtime::Speaks::kFrames) return process_->send('E', std::move(head), std::move(rest));
  event_ = {std::move(head), std::move(rest)};
  if (next_) deliver();
}

void ApiWorker::drain_output() {
  if (process_) process_->drain_output();
}

void ApiWorker::pause() {
  if (process_) process_->pause();
}

void ApiWorker::resume() {
  if (process_) process_->resume();
}

void ApiWorker::kill() {
  if (process_) process_->kill();
}

// Our own runtimes stream through their frames, others over their connections.
void ApiWorker::hold_back() {
  if (speaks_ == Runtime::Speaks::kFrames) return process_->hold_back();
  held_back_ = true;
}

void ApiWorker::go_on() {
  if (speaks_ == Runtime::Speaks::kFrames) return process_->go_on();
  held_back_ = false;
  for (auto& each : std::exchange(waiting_, {})) each();
}

void ApiWorker::end() {
  resume();
  if (!extensions_.shut_down(api_.parts().clock.unmoved() + kShutdown)) return kill();
  api_.parts().loop.after(kShutdown, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) kill();
  });
}

void ApiWorker::answer(ApiCall& call) {
  std::string_view path = call.path;
  if (path.starts_with(kExtensionRoot)) return extensions_.answer(call, path.substr(kExtensionRoot.size()));
  if (path.starts_with(kRuntimeRoot) && speaks_ == Runtime::Speaks::kRuntimeApi)
    return answer_runtime(call, path.substr(kRuntimeRoot.size()));
  call.respond(api_json(404, "{}\n"));
}

void ApiWorker::answer_runtime(ApiCall& call, std::string_view path) {
  if (call.method == "GET" && path == "invocation/next") return next(std::move(call.respond));
  if (call.method != "POST") return call.respond(api_json(404, "{}\n"));
  if (path == "init/error") return call.respond(fail_init(std::move(call.body)));
  const auto answer = answer_path(path);
  if (!answer) return call.respond(api_json(404, "{}\n"));
  const bool streams = answer->kind == 'S' && lower_case(call.header(kResponseMode)) == kStreaming;
  call.respond(streams ? end_stream(answer->id, call) : respond(answer->id, call.body, answer->kind));
}

bool ApiWorker::takes_answers(std::string_view path) {
  if (!path.starts_with(kRuntimeRoot)) return false;
  path.remove_prefix(kRuntimeRoot.size());
  return path == "init/error" || answer_path(path);
}

void ApiWorker::refuse_answer(std::string_view path) {
  const auto answer = answer_path(path.substr(kRuntimeRoot.size()));
  if (answer && !running_.empty() && answer->id == running_) (void)respond(answer->id, {}, 'O');
}

void ApiWorker::next(HttpRespond respond) {
  next_ = std::move(respond);
  if (event_) return deliver();
  runtime_ready_ = true;
  on_change();
}

HttpResponse ApiWorker::respond(std::string_view id, std::string_view body, char kind) {
  if (id != running_) return api_refusal(400, "InvalidRequestID", "Invalid request ID");
  running_.clear();
  tell_later(kind, with_peak(token_, peak_kib(), body));
  return api_accepted();
}

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
void ApiWorker::take_piece(std::string_view path, const std::string& content_type, const std::string& piece,
                           runtime::HttpGoOn go_on) {
  if (running_.empty() || path != fmt::format("{}invocation/{}/response", kRuntimeRoot, running_)) return go_on();
  const std::weak_ptr alive(alive_);
  if (!std::exchange(streams_, true)) tell('T', token_ + content_type_or_default(content_type));
  if (!alive.expired()) tell('C', token_ + piece);
  if (alive.expired()) return;
  if (!held_back_) return go_on();
  waiting_.push_back(std::move(go_on));
}

HttpResponse ApiWorker::end_stream(std::string_view id, ApiCall& call) {
  if (id != running_) return api_refusal(400, "InvalidRequestID", "Invalid request ID");
  if (!call.body.empty()) {
    tell_later('T', token_ + content_type_or_default(call.header("content-type")));
    tell_later('C', token_ + call.body);
  }
  running_.clear();
  streams_ = false;
  const std::string& error_type = call.header("lambda-runtime-function-error-type");
  if (error_type.empty()) {
    tell_later('S', with_peak(token_, peak_kib(), {}));
  } else {
    const std::string error = base64_decode(call.header("lambda-runtime-function-error-body")).value_or("");
    tell_later('F', with_peak(token_, peak_kib(), error.empty() ? error_json(error_type, "") : error));
  }
  return api_accepted();
}

HttpResponse ApiWorker::fail_init(std::string body) {
  if (runtime_ready_) return api_refusal(403, "InvalidStateTransition", "State transition is not allowed");
  tell_later('X', std::move(body));
  return api_accepted();
}

void ApiWorker::tell(char kind, std::string payload) {
  const auto message = events_.message;
  if (message) message(kind, std::move(payload));
}

void ApiWorker::tell_later(char kind, std::string payload) {
  api_.parts().loop.post([this, alive = std::weak_ptr(alive_), kind, payload = std::move(payload)]() mutable {
    if (alive.expired()) return;
    if (kind == 'S' || kind == 'F' || kind == 'O') runtime_busy_ = false;
    tell(kind, std::move(payload));
    if (!alive.expired()) on_change();
  });
}

// Everything that this worker waits for may have come: it is ready, or idle again.
void ApiWorker::on_change() {
  if (failed_ || !runtime_ready_ || runtime_busy_ || !extensions_.all_wait()) return;
  if (!std::exchange(ready_, true)) {
    extensions_.close_registration();
    return tell('R', {});
  }
  if (std::exchange(busy_, false)) tell('N', {});
}

void ApiWorker::on_failure(std::string_view type, std::string_view message) {
  failed_ = true;
  if (ready_) return kill();
  tell_later('X', error_json(type, message));
}

void ApiWorker::start(std::string_view init) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text(init);
  const simdjson::dom::element settings = parser.parse(text);
  for (auto& [name, value] : members_of(settings["environment"])) set_variable(name, value);
  if ((spec_.command.empty() && !find_program()) || !find_extensions()) return;
  process_ = api_.spawn(*this, spec_);
  process_->assign(whose_);
  const auto on_message = [this](char kind, std::string payload) { on_frame(kind, std::move(payload)); };
  process_->listen({speaks_ == Runtime::Speaks::kFrames ? on_message : decltype(sandbox::WorkerEvents::message)(),
                    std::move(events_.output), std::move(events_.exit)});
  process_->limit_memory(memory_);
  if (speaks_ != Runtime::Speaks::kFrames) return;
  process_->send('I',
                 fmt::format(R"({{"handler":{},"taskRoot":{},"layerRoot":{},"environment":{}}})",
                             simdjson::minify(settings["handler"]), json_string(process_->code_path()),
                             json_string(process_->layer_path()), simdjson::minify(settings["environment"])),
                 {});
}

// Of a runtime that speaks frames itself.
void ApiWorker::on_frame(char kind, std::string payload) {
  if (kind == 'R') {
    runtime_ready_ = true;
    return on_change();
  }
  if (kind == 'S' || kind == 'F' || kind == 'O') return tell_later(kind, std::move(payload));
  if (kind == 'X' || kind == 'T' || kind == 'C') return tell(kind, std::move(payload));
  kill();
}

// The function's own take the place of ours.
void ApiWorker::set_variable(const std::string& name, const std::string& value) {
  const auto there = std::find_if(spec_.environment.begin(), spec_.environment.end(),
                                  [&](const auto& each) { return each.first == name; });
  if (there == spec_.environment.end())
    spec_.environment.emplace_back(name, value);
  else
    there->second = value;
}

// False where it was told that there is none.
bool ApiWorker::find_program() {
  const auto bootstrap = find_bootstrap();
  if (!bootstrap) {
    refuse_start("Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  } else if (access(bootstrap->file.c_str(), X_OK) != 0) {
    refuse_start("PermissionDenied", fmt::format("fork/exec {}: permission denied", bootstrap->path));
  } else {
    spec_.command = {bootstrap->path};
  }
  return !spec_.command.empty();
}

std::optional<ApiWorker::Bootstrap> ApiWorker::find_bootstrap() const {
  if (const fs::path own = spec_.code / "bootstrap"; fs::exists(own)) return Bootstrap{own, "/var/task/bootstrap"};
  for (const fs::path& layer : spec_.layers) {
    if (const fs::path file = layer / "bootstrap"; fs::exists(file)) return Bootstrap{file, "/opt/bootstrap"};
  }
  return std::nullopt;
}

// False where it was told that one of them cannot be started.
bool ApiWorker::find_extensions() {
  std::vector<std::string> names;
  for (const fs::path& layer : spec_.layers) {
    for (const fs::path& file : extensions_in(layer)) {
      const std::string name = file.filename();
      if (access(file.c_str(), X_OK) != 0) {
        refuse_start("Extension.LaunchError", fmt::format("fork/exec /opt/extensions/{}: permission denied", name));
        return false;
      }
      names.push_back(name);
    }
  }
  if (names.empty()) return true;
  extensions_.expect(std::move(names));
  std::vector<std::string> command{"/bin/sh", "-c", std::string(kStartExtensions), "sh", layer_path()};
  command.insert(command.end(), spec_.command.begin(), spec_.command.end());
  spec_.command = std::move(command);
  return true;
}

// Later: who sends the frame that starts it does not expect an answer from inside.
void ApiWorker::refuse_start(std::string_view type, std::string message) {
  api_.parts().loop.post([this, alive = std::weak_ptr(alive_), type, message = std::move(message)] {
    if (alive.expired()) return;
    const auto exit = events_.exit;
    tell('X', error_json(type, message));
    if (exit) exit(0);
  });
}

void ApiWorker::deliver() {
  if (held_back_) go_on();  // a stream before this event was left unfinished
  auto [text, event] = *std::exchange(event_, std::nullopt);
  const Members head = head_of(text);
  running_ = head.at("id");
  token_ = head.at("token");
  HttpResponse response = api_json(200, std::move(event));
  response.headers.insert(response.headers.end(), {{"Lambda-Runtime-Aws-Request-Id", running_},
                                                   {"Lambda-Runtime-Deadline-Ms", head.at("deadline")},
                                                   {"Lambda-Runtime-Invoked-Function-Arn", head.at("arn")},
                                                   {"Lambda-Runtime-Trace-Id", head.at("traceId")}});
  if (const auto context = head.find("clientContext"); context != head.end()) {
    std::string value = context->second;
    std::erase_if(value, [](char c) { return c == '\r' || c == '\n'; });  // a header is one line
    response.headers.emplace_back("Lambda-Runtime-Client-Context", value);
  }
  (*std::exchange(next_, std::nullopt))(std::move(response));
}

}  // namespace leat::lambda
