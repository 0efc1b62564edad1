#pragma once
// Runs functions: a pool of workers for each, and spares that have loaded a runtime but no function yet.
//
// All of it happens on one loop's thread; invoke() may be called from any.

#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "engine/sandbox/worker.h"
#include "runtime/loop.h"
#include "service/lambda/code_store.h"
#include "service/lambda/function.h"
#include "service/lambda/hot_reload.h"
#include "service/lambda/log_queue.h"
#include "service/lambda/ports.h"
#include "service/lambda/runtime_api.h"
#include "service/lambda/runtimes.h"

namespace leat::lambda {

struct InvocationResult {
  enum class Outcome : std::uint8_t { kSucceeded, kFailed, kThrottled, kRecursive };
  Outcome outcome = Outcome::kSucceeded;
  std::string payload;   // the result, or the error as JSON; throttled: AWS's reason; recursive: what AWS says of it
  std::string log_tail;  // the last 4 KB of the invocation's log
  double duration = 0;   // milliseconds
};

inline bool happened(const InvocationResult& result) {
  using Outcome = InvocationResult::Outcome;
  return result.outcome == Outcome::kSucceeded || result.outcome == Outcome::kFailed;
}

struct Invocation {
  FunctionPtr function;
  std::string arn = {};  // as it was asked for; empty: the function's own
  std::string payload;
  std::string client_context;
  std::string request_id;
  std::string trace = {};  // of what asks for it, as X-Amzn-Trace-Id has it
  // Is given what the handler streams, piece by piece; without it all of it is gathered into the payload.
  std::function<void(std::string_view content_type, std::string_view piece)> streamed = {};
  // Whether its client should take some before more is streamed; then `room` is called, from any thread, when it has.
  std::function<bool(std::function<void()> room)> full = {};
  std::move_only_function<void(InvocationResult)> done;
};

struct InvokerParts {
  runtime::Loop& loop;
  runtime::Loop& walks;  // through the folders that code is reloaded from
  const Clock& clock;
  Random& random;
  sandbox::WorkerFactory& workers;
  Runtimes& runtimes;
  CodeStore& code;
  const HotFolders& hot_folders;
  LogQueue& logs;
  MetricSink& metrics;
  RoleCredentials& roles;
  RuntimeApi& runtime_api;
  std::string endpoint_url;  // as workers reach it
  std::chrono::milliseconds keep_alive = std::chrono::minutes(10);
};

class Invoker {
 public:
  explicit Invoker(InvokerParts parts);
  ~Invoker();

  void invoke(Invocation invocation);

  // A spare of that runtime is started, so that the first invocation need not wait for one.
  void prepare(const std::string& runtime);

  // From now on that many workers of it are there, ready or busy, whether or not they are asked for.
  void provide(FunctionPtr function, std::size_t count);
  // How many have loaded it.
  std::size_t warm(const std::string& function_arn) const;

  // Workers of a function that was changed or deleted end when they are done.
  void retire(const std::string& function_arn);

 private:
  struct State;
  void look_and(const Function& function, std::move_only_function<void(const std::string& hot)> then);

  std::shared_ptr<State> state_;
};

}  // namespace leat::lambda
