#pragma once
// One worker of one function, and the invocation that it runs: its time, its log, its answer.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/sandbox/worker.h"
#include "service/lambda/invoker.h"
#include "service/lambda/platform_log.h"
#include "service/lambda/worker_log.h"

namespace leat::lambda {

class Execution : public std::enable_shared_from_this<Execution> {
 public:
  struct Settings {
    FunctionPtr function;
    aws::Credential credential;
    const InvokerParts& parts;
    std::string notice;  // of the runtime, for the log
    std::string runtime_version;
    bool provisioned;                        // made before anybody asked
    std::function<void(Execution&)> loaded;  // its handler
    std::function<void(Execution&)> idle;    // ready for an invocation
    std::function<void(Execution&)> ended;   // the process is gone
  };

  Execution(Settings settings, std::unique_ptr<sandbox::Worker> worker);

  // Installs the function's code and loads its handler. start(invocation) may follow at once.
  void begin();
  void start(Invocation invocation);
  bool busy() const { return invocation_.has_value(); }
  const FunctionPtr& function() const { return settings_.function; }
  std::chrono::steady_clock::time_point idle_since() const { return idle_since_; }
  TimePoint born() const { return born_; }
  bool has_loaded() const { return loaded_; }
  // Whether its handler has left the channel to its runtime. One that has not runs no other invocation.
  bool trusted() const { return !distrusted_; }
  void end();

 private:
  void on_message(char kind, std::string payload);
  void on_answer_frame(char kind, std::string payload);
  void on_answer(char kind, std::string payload);
  void on_piece(std::string_view piece);
  void wait_for_client();
  void refuse_size(std::uint32_t peak_kib);
  void distrust();
  void break_off();
  void on_output(std::string_view text);
  void on_room();
  std::shared_ptr<WorkerLog> make_log();
  void on_exit(int status);
  void on_extension(std::string_view payload);
  void on_timeout();
  void await_start(std::chrono::seconds patience);
  std::chrono::seconds timeout() const;
  void send_event();
  void become_idle();
  void pause_later();
  void finish(InvocationResult::Outcome outcome, std::string payload, std::uint32_t peak_kib);
  void fail_invocation(const std::string& type, const std::string& message);
  std::string init_payload() const;

  Settings settings_;
  std::unique_ptr<sandbox::Worker> worker_;
  const PlatformLog platform_log_;
  std::shared_ptr<WorkerLog> log_;
  std::optional<Invocation> invocation_;
  std::string stream_type_, gathered_;  // of a response that is streamed
  std::size_t streamed_bytes_ = 0;
  std::optional<std::string> init_error_;
  bool ready_ = false;
  bool loaded_ = false;
  bool sent_ = false;
  bool reported_init_ = false;
  bool ending_ = false;
  bool timed_out_ = false;
  bool distrusted_ = false;
  bool broken_ = false;
  std::string token_;  // of the event that it runs
  runtime::Loop::DelayedHandle deadline_, pausing_;
  std::chrono::steady_clock::time_point init_started_, event_sent_, idle_since_;
  std::chrono::duration<double, std::milli> init_duration_{};
  TimePoint born_;
  std::uint32_t peak_mb_ = 0;
};

}  // namespace leat::lambda
