#pragma once
// Asynchronous invocations: kept until they have succeeded, or been given up and told of.
//
//   event := text("") text("") 'z' text(function ARN, unqualified) text(request id)
//            text(function ARN) text(client context) text(trace) u64(accepted) u64(not before) u64(attempts)
//            u64(throttled) payload
//
// A function that fails is tried twice more, a minute and two minutes later; one that is throttled is tried until the
// event is too old. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "aws/caller.h"
#include "aws/lambda/types.h"
#include "engine/kv/store.h"
#include "service/lambda/failure_record.h"
#include "service/lambda/invoker.h"

namespace leat::lambda {

class Lambda;

struct Event {
  std::string request_id;
  std::string function_arn;  // with its qualifier, where it has one
  std::string client_context;
  std::string trace;  // see Invocation
  std::string payload;
  TimePoint accepted = {};
  TimePoint not_before = {};
  std::uint64_t attempts = 0;
  std::uint64_t throttled = 0;
};

class EventQueue {
 public:
  explicit EventQueue(Lambda& lambda) : lambda_(lambda) {}

  // Keeps it and runs it. The caller waits for the commit to be durable.
  void accept(const Event& event);

  // Runs what was kept when the server went down.
  void resume();

  // What waits for a function, of that unqualified ARN, goes with it.
  static void stage_erase(kv::Batch& batch, std::string_view family);

  // Before the store is emptied.
  void forget();

 private:
  // How an event is treated: FunctionEventInvokeConfig, with AWS's defaults.
  struct Treatment {
    std::uint64_t retries;
    Duration maximum_age;
    std::string on_success, on_failure;  // ARNs, or empty
  };
  Treatment treatment_of(const Event& event) const;

  void save(const Event& event);
  void erase(const Event& event);
  void wait(std::string row, TimePoint until);
  void enqueue(std::string row);
  void run_next(const std::string& family);
  std::optional<Event> take_next(const std::string& family);
  void run(Event event);
  void returned(Event event, const FunctionPtr& function, const InvocationResult& result);
  void try_again(Event event, Duration pause, FailureRecord::Condition otherwise, const FunctionPtr& function,
                 const InvocationResult& result);
  void finish(const Event& event, FailureRecord::Condition condition, const FunctionPtr& function,
              const InvocationResult& result);
  // A destination, and the role that it is sent there by.
  struct Recipient {
    std::string destination, role;
  };
  void send(const Recipient& to, const FailureRecord& record, const FailureRecord::Answer& answer,
            const std::string& trace);
  void measure(const Function& function, const Measurement& measurement);
  std::optional<Event> load(const std::string& row) const;

  Lambda& lambda_;
  // One function's do not hold up another's.
  struct Line {
    std::deque<std::string> waiting;  // rows
    std::size_t running = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Line> lines_;  // by function, of its unqualified ARN
};

}  // namespace leat::lambda
