#pragma once
// A clock that stands still until it is moved.

#include <functional>
#include <mutex>
#include <vector>

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
    std::vector<std::function<void()>> observers;
    {
      std::lock_guard lock(mutex_);
      now_ += by;
      observers = observers_;
    }
    for (auto& observer : observers) observer();
  }
  void on_advance(std::function<void()> observer) override {
    std::lock_guard lock(mutex_);
    observers_.push_back(std::move(observer));
  }

 private:
  mutable std::mutex mutex_;
  TimePoint now_;
  std::vector<std::function<void()>> observers_;
};

}  // namespace leat::testing
