#pragma once
// Time is given: nothing in leat reads a clock except through this interface.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace leat {

// Wall-clock time in milliseconds since 1970-01-01T00:00:00Z, the precision of AWS's APIs.
using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Duration>;

inline std::int64_t to_millis(TimePoint time) { return time.time_since_epoch().count(); }
inline TimePoint from_millis(std::int64_t millis) { return TimePoint(Duration(millis)); }

class Clock {
 public:
  virtual ~Clock() = default;

  virtual TimePoint now() const = 0;

  // now() without what advance() added: the time that clients' own clocks show when they sign.
  virtual TimePoint unmoved() const = 0;

  // True where now() only moves by advance(), so that a waiter must not wait in real time.
  virtual bool frozen() const = 0;

  // Moves now() forward and tells every observer. Throws std::logic_error on a clock that may not be moved.
  virtual void advance(Duration by) = 0;

  // Calls `observer` after each advance(), for as long as what is returned lives.
  [[nodiscard]] virtual std::shared_ptr<void> on_advance(std::function<void()> observer) = 0;
};

// The observers of a clock that can be moved.
class ClockObservers {
 public:
  std::shared_ptr<void> add(std::function<void()> observer);
  void notify();

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<std::function<void()>>> observers_;
};

// The machine's clock plus an offset that advance() adds to.
class SystemClock final : public Clock {
 public:
  explicit SystemClock(Duration offset = {}) : offset_(offset.count()) {}

  TimePoint now() const override;
  TimePoint unmoved() const override;
  bool frozen() const override { return false; }
  void advance(Duration by) override;
  std::shared_ptr<void> on_advance(std::function<void()> observer) override {
    return observers_.add(std::move(observer));
  }

 private:
  std::atomic<std::int64_t> offset_;  // milliseconds
  ClockObservers observers_;
};

}  // namespace leat
