#pragma once
// Wake-ups in Clock's time. A moved clock fires what became due; nothing polls.

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"

namespace leat::runtime {

class Timers {
 public:
  explicit Timers(Clock& clock);
  ~Timers() { stop(); }

  // Until then nothing runs: tasks may wait here for what is not made yet.
  void start();

  // Lets the running task finish and drops the others.
  void stop();

  using Key = std::pair<TimePoint, std::uint64_t>;

  // Runs `task` on the timers' thread as soon as clock.now() has reached `time`. Tasks must be short.
  Key at(TimePoint time, std::move_only_function<void()> task);

  // A task that has started is not stopped.
  void cancel(const Key& key);

  // The same, and one that has started is waited for. Not from a task.
  void cancel_and_wait(const Key& key);

 private:
  void run();

  Clock& clock_;
  std::shared_ptr<void> subscription_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, std::move_only_function<void()>> tasks_;
  std::optional<Key> running_;
  std::uint64_t next_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace leat::runtime
