#include "base/clock.h"

namespace leat {

TimePoint SystemClock::now() const { return unmoved() + Duration(offset_.load(std::memory_order_relaxed)); }

TimePoint SystemClock::unmoved() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());  // lint: clock
}

void SystemClock::advance(Duration by) {
  offset_ += by.count();
  observers_.notify();
}

std::shared_ptr<void> ClockObservers::add(std::function<void()> observer) {
  auto held = std::make_shared<std::function<void()>>(std::move(observer));
  std::lock_guard lock(mutex_);
  std::erase_if(observers_, [](const auto& each) { return each.expired(); });
  observers_.push_back(held);
  return held;
}

void ClockObservers::notify() {
  std::vector<std::weak_ptr<std::function<void()>>> observers;
  {
    std::lock_guard lock(mutex_);
    observers = observers_;
  }
  for (const auto& each : observers) {
    if (const auto observer = each.lock()) (*observer)();
  }
}

}  // namespace leat
