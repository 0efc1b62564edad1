#include "base/departure.h"

#include <utility>

namespace leat {

void Departure::then(std::move_only_function<void()> then) {
  {
    std::lock_guard lock(mutex_);
    if (!happened_) {
      then_ = std::move(then);
      return;
    }
  }
  then();
}

void Departure::happen() {
  std::move_only_function<void()> then;
  {
    std::lock_guard lock(mutex_);
    happened_ = true;
    then = std::exchange(then_, nullptr);
  }
  if (then) then();
}

}  // namespace leat
