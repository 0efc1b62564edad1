#include "runtime/http_memory.h"

#include <vector>

namespace leat::runtime {

HttpMemory::Share HttpMemory::take(std::uint64_t size) {
  std::lock_guard lock(mutex_);
  used_ += size;
  return {this, size};
}

void HttpMemory::ask(std::uint64_t size, std::move_only_function<void(Share)> granted) {
  {
    std::lock_guard lock(mutex_);
    if (!asking_.empty() || !has_room(size)) {
      asking_.push_back({size, std::move(granted)});
      return;
    }
    used_ += size;
  }
  granted({this, size});
}

void HttpMemory::give(std::uint64_t size) {
  freed_(size);
  std::vector<Asking> served;
  {
    std::lock_guard lock(mutex_);
    used_ -= size;
    while (!asking_.empty() && has_room(asking_.front().size)) {
      used_ += asking_.front().size;
      served.push_back(std::move(asking_.front()));
      asking_.pop_front();
    }
  }
  for (Asking& each : served) each.granted({this, each.size});
}

void HttpMemory::abandon() {
  std::deque<Asking> abandoned;
  std::lock_guard lock(mutex_);
  asking_.swap(abandoned);
}

bool HttpMemory::overdrawn() const {
  std::lock_guard lock(mutex_);
  return used_ > limit_;
}

}  // namespace leat::runtime
