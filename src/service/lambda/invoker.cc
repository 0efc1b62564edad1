#include "service/lambda/invoker.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <mutex>

#include "service/lambda/execution.h"
#include "service/lambda/function_error.h"
#include "service/lambda/trace.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kConcurrency = 1000;  // of an account
constexpr std::size_t kMaxRuns = 16;        // of a function in one chain of requests
constexpr Duration kWorkerLife = std::chrono::hours(6);

using ExecutionPtr = std::shared_ptr<Execution>;

}  // namespace

// The workers of one revision of one function.
struct Host {
  FunctionPtr function;
  std::set<ExecutionPtr> executions;
  std::vector<ExecutionPtr> idle;
  std::optional<aws::Credential> credential;
  std::size_t provided = 0;  // workers that are there at least
  std::string hot_state;     // of the code's folder, where it is reloaded
};

struct Invoker::State : std::enable_shared_from_this<State> {
  explicit State(InvokerParts given) : parts(std::move(given)) {}

  InvokerParts parts;
  std::map<std::string, std::shared_ptr<Host>> hosts;  // by function ARN
  std::set<std::shared_ptr<Host>> retired;
  std::map<std::string, std::unique_ptr<sandbox::Worker>> spares;  // by runtime
  std::size_t running = 0;
  std::map<std::string, std::size_t> running_of;  // by function, all its versions
  runtime::Loop::DelayedHandle sweeper;
  bool stopping = false;
  mutable std::mutex warm_mutex;
  std::map<std::string, std::size_t> warm;  // workers that have loaded, by function ARN

  void count_warm(const Execution& execution, std::ptrdiff_t more) {
    std::lock_guard lock(warm_mutex);
    const auto entry = warm.try_emplace(execution.function()->arn()).first;
    entry->second = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(entry->second) + more);
    if (entry->second == 0) warm.erase(entry);
  }

  // `hot` is how the code's folder stands, where it is reloaded.
  void invoke(Invocation invocation, const std::string& hot) {
    const Trace trace(invocation.trace);
    if (trace.runs_of(invocation.function->family) >= kMaxRuns && !invocation.function->may_recur)
      return stop_loop(invocation);
    invocation.trace = trace.with_run_of(invocation.function->family, invocation.request_id, parts.clock.now());
    auto& host = host_of(invocation.function, hot);
    const std::string& family = invocation.function->family;
    const auto& reserved = invocation.function->reserved;
    if (reserved && running_of[family] >= *reserved)
      return throttle(invocation, "ReservedFunctionConcurrentInvocationLimitExceeded");
    if (running >= kConcurrency) return throttle(invocation, "ConcurrentInvocationLimitExceeded");
    ++running;
    ++running_of[family];
    invocation.done = [self = shared_from_this(), family, owner = owner_of(invocation), at_once = running_of[family],
                       done = std::move(invocation.done)](InvocationResult result) mutable {
      --self->running;
      if (--self->running_of[family] == 0) self->running_of.erase(family);
      const bool failed = result.outcome == InvocationResult::Outcome::kFailed;
      const double duration = result.duration;
      done(std::move(result));
      self->parts.metrics.add(owner, {{"Invocations", 1, "Count"},
                                      {"Errors", failed ? 1.0 : 0.0, "Count"},
                                      {"Throttles", 0, "Count"},
                                      {"Duration", duration, "Milliseconds"},
                                      {"ConcurrentExecutions", static_cast<double>(at_once), "Count"}});
    };
    ExecutionPtr execution;
    while (!host->idle.empty() && !host->idle.back()->trusted()) host->idle.pop_back();
    if (!host->idle.empty()) {
      execution = std::move(host->idle.back());
      host->idle.pop_back();
    } else {
      const auto begun = begin(host);
      if (!begun) return refuse(invocation, begun.error());
      execution = *begun;
    }
    execution->start(std::move(invocation));
  }

  std::shared_ptr<Host>& host_of(const FunctionPtr& function, const std::string& hot) {
    auto& host = hosts[function->arn()];
    if (host &&
        (host->function->configuration.revision_id != function->configuration.revision_id || host->hot_state != hot))
      retire(function->arn());
    auto& current = hosts[function->arn()];
    if (!current) current = std::make_shared<Host>(Host{function, {}, {}, std::nullopt, 0, hot});
    return current;
  }

  struct Problem {
    std::string type, message;
  };

  // A new worker with the function on its way into it, or why that cannot be.
  Result<ExecutionPtr, Problem> begin(const std::shared_ptr<Host>& host, bool provisioned = false) {
    const FunctionPtr& function = host->function;
    const std::string& name = *function->configuration.runtime;
    const Runtime* runtime = parts.runtimes.find(name);
    if (!runtime) {
      return std::unexpected(
          Problem{"Runtime.InvalidRuntime", fmt::format("leat found no interpreter for {} on this machine", name)});
    }
    if (!function->hot_folder.empty()) {
      if (const auto allowed = parts.hot_folders.check_again(function->hot_folder); !allowed)
        return std::unexpected(Problem{"InvalidParameterValueException", allowed.error().message});
    }
    if (!host->credential || *host->credential->expiration < parts.clock.now() + kWorkerLife) {
      auto credential = parts.roles.credentials(*function->configuration.role, function->arn());
      if (!credential) return std::unexpected(Problem{"AccessDeniedException", credential.error().message});
      host->credential = std::move(*credential);
    }
    try {
      auto worker = make_worker(*runtime, function);
      auto execution = std::make_shared<Execution>(settings_of(host, *runtime, provisioned), std::move(worker));
      execution->begin();
      host->executions.insert(execution);
      return execution;
    } catch (const std::exception& failure) {  // lint: catch — this invocation's failure alone
      spdlog::error("cannot start a worker of {}: {}", function->name(), failure.what());
      return std::unexpected(Problem{"ServiceException", "The runtime could not be started"});
    }
  }

  std::unique_ptr<sandbox::Worker> make_worker(const Runtime& runtime, const FunctionPtr& function) {
    const bool needs_port = runtime.speaks == Runtime::Speaks::kRuntimeApi || has_extensions(*function);
    sandbox::RuntimeSpec spec = runtime.spec;
    const auto tmp_bytes = static_cast<std::uint64_t>(function->configuration.ephemeral_storage->size) << 20;
    if (!needs_port && function->hot_folder.empty() && tmp_bytes == spec.tmp_bytes) return take_spare(runtime);
    spec.tmp_bytes = tmp_bytes;
    spec.code = function->hot_folder;
    spec.live_code = !function->hot_folder.empty();
    return needs_port ? parts.runtime_api.make_worker({spec, runtime.speaks, function}) : parts.workers.spawn(spec);
  }

  bool has_extensions(const Function& function) const {
    return std::any_of(function.layers.begin(), function.layers.end(),
                       [&](const auto& layer) { return !extensions_in(parts.code.unpacked(layer)).empty(); });
  }

  Execution::Settings settings_of(const std::shared_ptr<Host>& host, const Runtime& runtime, bool provisioned) {
    const std::string& name = *host->function->configuration.runtime;
    return {host->function,
            *host->credential,
            parts,
            runtime.notice,
            fmt::format("{}:{}", name.substr(0, name.find_first_of("0123456789.")), runtime.version),
            provisioned,
            [state = weak_from_this()](Execution& each) {
              if (auto self = state.lock()) self->count_warm(each, 1);
            },
            [state = weak_from_this(), host = std::weak_ptr(host)](Execution& each) {
              if (auto self = state.lock()) self->on_idle(host.lock(), each);
            },
            [state = weak_from_this(), host = std::weak_ptr(host)](Execution& each) {
              if (auto self = state.lock()) self->on_ended(host.lock(), each);
            }};
  }

  void provide(const FunctionPtr& function, std::size_t count, const std::string& hot) {
    if (count == 0 && !hosts.contains(function->arn())) return;
    const auto host = host_of(function, hot);
    host->provided = count;
    fill(host);
  }

  void fill(const std::shared_ptr<Host>& host) {
    while (!stopping && host->executions.size() < host->provided) {
      if (!begin(host, true)) return;
    }
  }

  static MetricOwner owner_of(const Invocation& invocation) {
    const Function& function = *invocation.function;
    const std::string qualifier = parse_reference(invocation.arn).qualifier;
    return {function.account, function.region, function.name(),
            qualifier.empty() ? function.name() : function.name() + ':' + qualifier};
  }

  void throttle(Invocation& invocation, const char* reason) {
    parts.metrics.add(owner_of(invocation), {{"Throttles", 1, "Count"}});
    invocation.done({InvocationResult::Outcome::kThrottled, reason, ""});
  }

  void stop_loop(Invocation& invocation) {
    parts.metrics.add(owner_of(invocation), {{"RecursiveInvocationsDropped", 1, "Count"}});
    invocation.done({InvocationResult::Outcome::kRecursive,
                     "Lambda has detected your function being invoked in a recursive loop with other AWS resources and "
                     "stopped your function's invocation.",
                     ""});
  }

  void refuse(Invocation& invocation, const Problem& problem) {
    invocation.done({InvocationResult::Outcome::kFailed, error_json(problem.type, problem.message), ""});
  }

  std::unique_ptr<sandbox::Worker> take_spare(const Runtime& runtime) {
    auto found = spares.extract(runtime.spec.name);
    auto worker = found ? std::move(found.mapped()) : parts.workers.spawn(runtime.spec);
    // The next spare starts once this one has had the processor for its own start.
    parts.loop.post([self = weak_from_this(), name = runtime.spec.name] {
      if (auto state = self.lock()) state->add_spare(name);
    });
    return worker;
  }

  void add_spare(const std::string& name) {
    if (stopping || spares.contains(name)) return;
    const Runtime* runtime = parts.runtimes.find(name);
    if (!runtime || runtime->speaks != Runtime::Speaks::kFrames) return;
    try {
      auto worker = parts.workers.spawn(runtime->spec);
      worker->listen({nullptr, [](std::string_view) {},
                      [self = weak_from_this(), name](int) {
                        if (auto state = self.lock())
                          state->parts.loop.post([state, name] { state->spares.erase(name); });
                      }});
      spares.emplace(name, std::move(worker));
    } catch (const std::exception& failure) {  // lint: catch — a spare is a convenience
      spdlog::warn("cannot start a spare of {}: {}", name, failure.what());
    }
  }

  void on_idle(const std::shared_ptr<Host>& host, Execution& execution) {
    const bool wanted =
        host && !stopping && !retired.contains(host) && execution.born() + kWorkerLife > parts.clock.now();
    if (!wanted) return execution.end();
    host->idle.push_back(execution.shared_from_this());
    sweep_later();
  }

  void on_ended(const std::shared_ptr<Host>& host, Execution& execution) {
    if (execution.has_loaded()) count_warm(execution, -1);
    if (!host) return;
    const ExecutionPtr self = execution.shared_from_this();
    std::erase(host->idle, self);
    host->executions.erase(self);
    if (host->executions.empty()) retired.erase(host);
    // One that has never loaded would only fail again.
    if (execution.has_loaded() && !retired.contains(host)) fill(host);
  }

  void retire(const std::string& arn) {
    const auto found = hosts.extract(arn);
    if (!found || !found.mapped()) return;
    const auto& host = found.mapped();
    host->provided = 0;
    if (!host->executions.empty()) retired.insert(host);
    host->idle.clear();
    for (const auto& execution : std::set(host->executions)) {
      if (!execution->busy()) execution->end();
    }
  }

  // One wake-up for the first worker that will have been idle too long.
  void sweep_later() {
    if (sweeper) return;
    sweeper = parts.loop.after(parts.keep_alive, [self = weak_from_this()] {
      if (auto state = self.lock()) state->sweep();
    });
  }

  void sweep() {
    sweeper = nullptr;
    const auto now = std::chrono::steady_clock::now();  // lint: clock
    bool any = false;
    for (auto& [arn, host] : hosts) {
      for (const auto& execution : std::vector(host->idle)) {
        if (host->executions.size() <= host->provided) break;
        if (now - execution->idle_since() < parts.keep_alive) {
          any = true;
          continue;
        }
        std::erase(host->idle, execution);
        execution->end();
      }
    }
    if (any) sweep_later();
  }
};

Invoker::Invoker(InvokerParts parts) : state_(std::make_shared<State>(std::move(parts))) {}

Invoker::~Invoker() {
  // The loop has been stopped by now: nothing else runs.
  state_->stopping = true;
  state_->hosts.clear();
  state_->retired.clear();
  state_->spares.clear();
}

void Invoker::invoke(Invocation invocation) {
  const FunctionPtr function = invocation.function;
  look_and(*function, [state = state_, invocation = std::move(invocation)](const std::string& hot) mutable {
    state->invoke(std::move(invocation), hot);
  });
}

// On the loop, with how the function's folder stands. Walks are another thread's: a folder may be any user's.
void Invoker::look_and(const Function& function, std::move_only_function<void(const std::string& hot)> then) {
  auto& loop = state_->parts.loop;
  if (function.hot_folder.empty()) return loop.post([then = std::move(then)]() mutable { then({}); });
  state_->parts.walks.post([&loop, folder = function.hot_folder, then = std::move(then)]() mutable {
    loop.post([hot = hot_state(folder), then = std::move(then)]() mutable { then(hot); });
  });
}

void Invoker::prepare(const std::string& runtime) {
  state_->parts.loop.post([state = state_, runtime] { state->add_spare(runtime); });
}

void Invoker::provide(FunctionPtr function, std::size_t count) {
  look_and(*function, [state = state_, function, count](const std::string& hot) { state->provide(function, count, hot); });
}

std::size_t Invoker::warm(const std::string& function_arn) const {
  std::lock_guard lock(state_->warm_mutex);
  const auto found = state_->warm.find(function_arn);
  return found == state_->warm.end() ? 0 : found->second;
}

void Invoker::retire(const std::string& function_arn) {
  state_->parts.loop.post([state = state_, function_arn] { state->retire(function_arn); });
}

}  // namespace leat::lambda
