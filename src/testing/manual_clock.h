#pragma once
// A clock that stands still until it is moved.

#include <functional>
#include <memory>
#include <mutex>

#include "base/clock.h"

namespace leat::testing {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = from_millis(1'700'000'000'000)) : now_(start) {}

  TimePoint now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  TimePoint unmoved() const override { return now(); }
  bool frozen() const override { return true; }
  void advance(Duration by) override {
    {
      std::lock_guard lock(mutex_);
      now_ += by;
    }
    observers_.notify();
  }
  std::shared_ptr<void> on_advance(std::function<void()> observer) override {
    return observers_.add(std::move(observer));
  }

 private:
  mutable std::mutex mutex_;
  TimePoint now_;
  ClockObservers observers_;
};

}  // namespace leat::testing
