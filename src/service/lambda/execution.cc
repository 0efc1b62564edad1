#include "service/lambda/execution.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <algorithm>

#include "base/encoding.h"
#include "service/lambda/function_error.h"

namespace leat::lambda {
namespace {

using std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

constexpr std::size_t kTokenBytes = 8;
constexpr auto kInitTimeout = std::chrono::seconds(10);
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
constexpr auto kProvisionedInitTimeout = std::chrono::seconds(130);

steady_clock::time_point monotonic() { return steady_clock::now(); }  // lint: clock

std::uint32_t take_u32(std::string& payload) {
  if (payload.size() < 4) return 0;
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(payload[static_cast<std::size_t>(i)]);
  payload.erase(0, 4);
  return value;
}

}  // namespace

Execution::Execution(Settings settings, std::unique_ptr<sandbox::Worker> worker)
    : settings_(std::move(settings)),
      worker_(std::move(worker)),
      platform_log_(*settings_.function),
      born_(settings_.parts.clock.now()) {}

std::shared_ptr<WorkerLog> Execution::make_log() {
  const auto& function = *settings_.function;
  const std::string date = format_iso8601(born_);
  std::string stream = fmt::format("{}/{}/{}/[{}]{}", date.substr(0, 4), date.substr(5, 2), date.substr(8, 2),
                                   function.version(), hex_encode(settings_.parts.random.bytes(16)));
  return std::make_shared<WorkerLog>(
      settings_.parts.loop, settings_.parts.clock, settings_.parts.logs,
      LogStreamName{function.account, function.region, function.log_group(), std::move(stream),
                    *function.configuration.role},
      [self = weak_from_this()] {
        if (auto execution = self.lock()) execution->on_room();
      });
}

void Execution::begin() {
  log_ = make_log();
  worker_->listen({[self = weak_from_this()](char kind, std::string payload) {
                     if (auto execution = self.lock()) execution->on_message(kind, std::move(payload));
                   },
                   [self = weak_from_this()](std::string_view text) {
                     if (auto execution = self.lock()) execution->on_output(text);
                   },
                   [self = weak_from_this()](int status) {
                     if (auto execution = self.lock()) execution->on_exit(status);
                   }});
  const auto& function = *settings_.function;
  init_started_ = monotonic();
  worker_->limit_memory(static_cast<std::uint64_t>(*function.configuration.memory_size) << 20);
  if (function.hot_folder.empty()) worker_->install(settings_.parts.code.unpacked(function.code));
  for (const auto& layer : function.layers) worker_->install_layer(settings_.parts.code.unpacked(layer));
  worker_->assign(settings_.credential.access_key);
  log_->say(platform_log_.init_start(settings_.parts.clock.now(), settings_.runtime_version, settings_.provisioned));
  if (!settings_.notice.empty()) log_->say(settings_.notice);
  worker_->send('I', init_payload(), {});
  await_start(std::max<std::chrono::seconds>(kProvisionedInitTimeout, timeout()));
}

// Whoever waits for it or not: what does not come to an end is ended.
void Execution::await_start(std::chrono::seconds patience) {
  runtime::Loop::cancel(deadline_);
  deadline_ = settings_.parts.loop.after(patience, [self = shared_from_this()] { self->on_timeout(); });
}

std::string Execution::init_payload() const {
  const auto& function = *settings_.function;
  const auto& configuration = function.configuration;
  const auto& credential = settings_.credential;
  const std::string task_root = worker_->code_path();
  std::string environment = "{";
  if (configuration.environment && configuration.environment->variables) {
    for (const auto& [name, value] : *configuration.environment->variables) append_json_member(environment, name, value);
  }
  const std::string url = settings_.parts.endpoint_url;
  const std::pair<std::string_view, std::string> own[] = {
      {"_HANDLER", *configuration.handler},
      {"AWS_REGION", function.region},
      {"AWS_DEFAULT_REGION", function.region},
      {"AWS_LAMBDA_FUNCTION_NAME", function.name()},
      {"AWS_LAMBDA_FUNCTION_VERSION", *configuration.version},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(*configuration.memory_size)},
      {"AWS_LAMBDA_LOG_GROUP_NAME", function.log_group()},
      {"AWS_LAMBDA_LOG_STREAM_NAME", log_->stream()},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", settings_.provisioned ? "provisioned-concurrency" : "on-demand"},
      {"AWS_ACCESS_KEY_ID", credential.access_key},
      {"AWS_SECRET_ACCESS_KEY", credential.secret_key},
      {"AWS_SESSION_TOKEN", credential.session_token},
      {"AWS_ENDPOINT_URL", url},
      {"LOCALSTACK_HOSTNAME", "127.0.0.1"},
      {"LAMBDA_TASK_ROOT", task_root},
  };
  for (const auto& [name, value] : own) append_json_member(environment, name, value);
  const auto& logging = *configuration.logging_config;
  append_json_member(environment, "AWS_LAMBDA_LOG_FORMAT", *logging.log_format);
  if (logging.application_log_level) append_json_member(environment, "AWS_LAMBDA_LOG_LEVEL", *logging.application_log_level);
  if (!configuration.runtime->starts_with("provided"))
    append_json_member(environment, "AWS_EXECUTION_ENV", "AWS_Lambda_" + *configuration.runtime);
  std::string out = "{";
  append_json_member(out, "handler", *configuration.handler);
  append_json_member(out, "taskRoot", task_root);
  append_json_member(out, "layerRoot", worker_->layer_path());
  return out + ",\"environment\":" + environment + "}}";
}

void Execution::start(Invocation invocation) {
  worker_->resume();
  invocation_ = std::move(invocation);
  sent_ = false;
  timed_out_ = false;
  log_->clear_tail();
  gathered_.clear();
  stream_type_ = "application/octet-stream";
  streamed_bytes_ = 0;
  if (init_error_) return finish(InvocationResult::Outcome::kFailed, *init_error_, 0);
  // What this worker has printed before is written first. No other's log is waited for.
  if (ready_ && !log_->full()) return send_event();
  await_start(kInitTimeout + timeout());
}

std::chrono::seconds Execution::timeout() const {
  return std::chrono::seconds(*settings_.function->configuration.timeout);
}

void Execution::send_event() {
  runtime::Loop::cancel(deadline_);
  const auto deadline = to_millis(settings_.parts.clock.unmoved() + timeout());
  token_ = hex_encode(settings_.parts.random.bytes(kTokenBytes));
  std::string frame = "{";
  append_json_member(frame, "token", token_);
  append_json_member(frame, "id", invocation_->request_id);
  append_json_member(frame, "arn", invocation_->arn.empty() ? settings_.function->arn() : invocation_->arn);
  append_json_member(frame, "traceId", made_utf8(invocation_->trace));
  if (!invocation_->client_context.empty()) append_json_member(frame, "clientContext", invocation_->client_context);
  frame += fmt::format(",\"deadline\":{}}}\n", deadline);
  sent_ = true;
  event_sent_ = monotonic();
  deadline_ = settings_.parts.loop.after(timeout(), [self = shared_from_this()] { self->on_timeout(); });
  worker_->send('E', std::move(frame), std::move(invocation_->payload));
  log_->say(platform_log_.start(settings_.parts.clock.now(), invocation_->request_id));
}

void Execution::on_message(char kind, std::string payload) {
  if (broken_) return;
  switch (kind) {
    case 'R':
      if (loaded_) return break_off();  // a handler that plays its runtime's part
      ready_ = loaded_ = true;
      settings_.loaded(*this);
      worker_->settle();
      init_duration_ = monotonic() - init_started_;
      runtime::Loop::cancel(deadline_);
      if (invocation_)
        send_event();
      else
        become_idle();
      break;
    case 'X':
      if (loaded_) return break_off();
      worker_->drain_output();
      init_error_ = std::move(payload);
      init_duration_ = monotonic() - init_started_;
      if (invocation_) finish(InvocationResult::Outcome::kFailed, *init_error_, 0);
      broken_ = true;
      worker_->kill();  // it has nothing left to do, whatever it does
      break;
    case 'T':
    case 'C':
    case 'S':
    case 'F':
    case 'O': on_answer_frame(kind, std::move(payload)); break;
    case 'L':
      if (!worker_->says_when_idle()) return break_off();
      on_extension(payload);
      break;
    case 'N':
      if (!worker_->says_when_idle()) return break_off();
      runtime::Loop::cancel(deadline_);
      if (ready_ && !invocation_) become_idle();
      break;
    default: break_off();
  }
}

void Execution::on_answer_frame(char kind, std::string payload) {
  if (!invocation_ || !sent_ || !payload.starts_with(token_)) return distrust();
  payload.erase(0, token_.size());
  if (kind == 'C') return on_piece(payload);
  if (kind != 'T') return on_answer(kind, std::move(payload));
  std::erase_if(payload, [](char c) { return c == '\r' || c == '\n'; });  // it becomes a header
  stream_type_ = std::move(payload);
}

void Execution::on_answer(char kind, std::string payload) {
  const std::uint32_t peak = take_u32(payload);
  worker_->drain_output();
  if (kind == 'O') return refuse_size(peak);
  if (kind == 'S' && !gathered_.empty()) payload = std::exchange(gathered_, {}) + payload;
  if (payload.size() > kMaxResponse) return refuse_size(peak);
  finish(kind == 'S' ? InvocationResult::Outcome::kSucceeded : InvocationResult::Outcome::kFailed, std::move(payload),
         peak);
}

void Execution::refuse_size(std::uint32_t peak_kib) {
  finish(InvocationResult::Outcome::kFailed,
         error_json("Function.ResponseSizeTooLarge",
                    fmt::format("Response payload size exceeded maximum allowed payload size ({} bytes).", kMaxResponse)),
         peak_kib);
}

// Nothing that it says any more is an answer.
void Execution::break_off() {
  broken_ = distrusted_ = true;
  worker_->kill();
}

// What answers another event than the running one is the handler's work, not its runtime's. The event goes on: it may
// be a later one than that of the handler who did it.
void Execution::distrust() {
  distrusted_ = true;
  if (!invocation_) worker_->kill();
}

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
void Execution::on_piece(std::string_view piece) {
  constexpr std::size_t kMaxStream = 200U << 20;
  if (!invocation_ || !sent_) return;
  streamed_bytes_ += piece.size();
  if (streamed_bytes_ > kMaxStream) return worker_->kill();
  if (!invocation_->streamed) {
    if (gathered_.size() <= kMaxResponse) gathered_ += piece;  // more is refused anyway
    return;
  }
  invocation_->streamed(stream_type_, piece);
  wait_for_client();
}

// A client that is slower than its function slows it down.
void Execution::wait_for_client() {
  auto go_on = [weak = weak_from_this(), &loop = settings_.parts.loop] {
    loop.post([weak] {
      if (const auto self = weak.lock()) self->worker_->go_on();
    });
  };
  if (invocation_->full && invocation_->full(std::move(go_on))) worker_->hold_back();
}

void Execution::on_output(std::string_view text) {
  log_->print(text, !invocation_);
  if (log_->full()) worker_->hold_output();
}

// What it printed has been written: it goes on, and begins what waited for that.
void Execution::on_room() {
  worker_->release_output();
  if (invocation_ && ready_ && !sent_) send_event();
}

// Its name and its events, line by line.
void Execution::on_extension(std::string_view payload) {
  const auto line = std::min(payload.find('\n'), payload.size());
  std::string events(payload.substr(std::min(line + 1, payload.size())));
  std::replace(events.begin(), events.end(), '\n', ',');
  log_->say(platform_log_.extension(settings_.parts.clock.now(), payload.substr(0, line), events));
}

void Execution::on_timeout() {
  if (!invocation_) return worker_->kill();  // extensions that do not come to an end
  timed_out_ = true;
  worker_->kill();  // on_exit() answers
}

void Execution::on_exit(int status) {
  const auto self = shared_from_this();
  if (invocation_) {
    const auto timeout = *settings_.function->configuration.timeout;
    if (timed_out_) {
      const std::string text = fmt::format("Task timed out after {:.2f} seconds", static_cast<double>(timeout));
      log_->say(fmt::format("{} {} {}\n", format_iso8601(settings_.parts.clock.now()), invocation_->request_id, text));
      fail_invocation("Sandbox.Timedout", text);
    } else if (worker_->out_of_memory()) {
      fail_invocation("Runtime.OutOfMemory", "Runtime exited with error: signal: killed");
    } else if (WIFSIGNALED(status)) {
      fail_invocation("Runtime.ExitError", fmt::format("Runtime exited with error: signal: {}",
                                                       WTERMSIG(status) == SIGKILL ? "killed" : "terminated"));
    } else if (WEXITSTATUS(status) == 0) {
      fail_invocation("Runtime.ExitError", "Runtime exited without providing a reason");
    } else if (WEXITSTATUS(status) == 128 + SIGKILL) {
      fail_invocation("Runtime.ExitError", "Runtime exited with error: signal: killed");
    } else {
      fail_invocation("Runtime.ExitError",
                      fmt::format("Runtime exited with error: exit status {}", WEXITSTATUS(status)));
    }
  }
  log_->flush();
  settings_.ended(*this);
}

void Execution::fail_invocation(const std::string& type, const std::string& message) {
  ready_ = false;
  init_error_ = error_json(type, message);
  finish(InvocationResult::Outcome::kFailed,
         error_json(type, fmt::format("RequestId: {} Error: {}", invocation_->request_id, message)), 0);
}

void Execution::become_idle() {
  idle_since_ = monotonic();
  settings_.idle(*this);  // or it is to end
  if (!ending_) pause_later();
}

// What wants to know of the end has its time: it is not held still.
void Execution::end() {
  ending_ = true;
  worker_->end();
}

// What a handler leaves running stands still until the next invocation, as on AWS. Not at once: a busy function's
// worker would be stopped and started each time.
void Execution::pause_later() {
  static constexpr auto kPatience = std::chrono::milliseconds(100);
  if (pausing_) return;
  pausing_ = settings_.parts.loop.after(kPatience, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->pausing_ = nullptr;
    if (self->invocation_ || self->ending_) return;
    if (monotonic() - self->idle_since_ < kPatience) return self->pause_later();
    self->worker_->pause();
  });
}

void Execution::finish(InvocationResult::Outcome outcome, std::string payload, std::uint32_t peak_kib) {
  const bool goes_on = worker_->says_when_idle() && ready_;
  if (!goes_on) runtime::Loop::cancel(deadline_);
  Invocation invocation = std::move(*invocation_);
  invocation_.reset();
  const Millis duration = sent_ ? Millis(monotonic() - event_sent_) : Millis(0);
  const auto& configuration = settings_.function->configuration;
  peak_mb_ = std::max(peak_mb_, (peak_kib + 1023) / 1024);
  if (worker_->out_of_memory()) peak_mb_ = static_cast<std::uint32_t>(*configuration.memory_size);
  log_->end_line();
  const TimePoint now = settings_.parts.clock.now();
  if (!sent_) log_->say(platform_log_.start(now, invocation.request_id));
  log_->say(platform_log_.end(invocation.request_id));
  using Status = PlatformLog::Report::Status;
  const Status status = timed_out_                                         ? Status::kTimeout
                        : outcome == InvocationResult::Outcome::kSucceeded ? Status::kSuccess
                                                                           : Status::kError;
  const auto init = std::exchange(reported_init_, true) ? std::nullopt : std::optional(init_duration_.count());
  log_->say(platform_log_.report(now, {invocation.request_id, duration.count(), init, peak_mb_, status}));
  // The answer goes first: what is said of it in the log can wait.
  const auto self = shared_from_this();
  invocation.done({outcome, std::move(payload), log_->tail(), duration.count()});
  log_->flush();
  if (!worker_->quiet()) distrusted_ = true;  // nothing follows a runtime's own answer
  if (distrusted_) return worker_->kill();
  if (ready_ && !timed_out_ && !goes_on) become_idle();
}

}  // namespace leat::lambda
