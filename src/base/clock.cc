#include "base/clock.h"

namespace leat {

TimePoint SystemClock::now() const { return unmoved() + Duration(offset_.load(std::memory_order_relaxed)); }

TimePoint SystemClock::unmoved() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());  // lint: clock
}

void SystemClock::advance(Duration by) {
  std::vector<std::function<void()>> observers;
  {
    std::lock_guard lock(mutex_);
    offset_ += by.count();
    observers = observers_;
  }
  for (auto& observer : observers) observer();
}

void SystemClock::on_advance(std::function<void()> observer) {
  std::lock_guard lock(mutex_);
  observers_.push_back(std::move(observer));
}

}  // namespace leat
