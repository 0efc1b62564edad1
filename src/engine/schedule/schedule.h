#pragma once
// Durable timers: run this at T, also when the server was down at T.
//
//   key    "schedule" kind u64(time) u64(number)     value  the payload
//
// Handlers run on a thread of their own, one after another: they may be long, and timers wait for nobody.
//
// A due timer is handed to its kind's handler and erased once the handler has returned, so it runs at least once. One whose
// handler fails by more than the store (a damaged row) is said, counted and tried again later; it holds up no other.

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "engine/kv/store.h"
#include "runtime/loop.h"
#include "runtime/timers.h"

namespace leat::schedule {

class Schedule {
 public:
  Schedule(kv::Store& store, Clock& clock, runtime::Timers& timers) : store_(store), clock_(clock), timers_(timers) {}
  ~Schedule() { stop(); }

  // Lets the running handler finish; no other runs.
  void stop();

  using Handler = std::function<void(const std::string& payload)>;

  // Registers who runs a kind's timers, and runs those that came due while nobody listened.
  void handle(const std::string& kind, Handler handler);

  // Adds a timer to a commit. armed() must follow the commit.
  void add(kv::Batch& batch, const std::string& kind, TimePoint time, std::string_view payload);

  // The next wake-up is found again; call it after a commit with add().
  void armed(const std::string& kind);

 private:
  struct Kind {
    Handler handler;
    std::optional<runtime::Timers::Key> timer;
  };
  runtime::Timers::Key wake_at(TimePoint time, const std::string& kind);
  void run_due(const std::string& kind);
  void hand_out(const std::string& kind, const Handler& handler);
  void put_off(kv::Batch& batch, const std::string& kind, std::string_view payload, std::string_view why);

  kv::Store& store_;
  Clock& clock_;
  runtime::Timers& timers_;
  std::mutex mutex_;
  std::map<std::string, Kind> kinds_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> number_{0};
  runtime::Loop loop_{"schedule"};
};

}  // namespace leat::schedule
