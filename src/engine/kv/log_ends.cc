#include "engine/kv/log_ends.h"

#include "base/guard.h"

namespace leat::kv {

LogEnds::Ends& LogEnds::find(const std::string& log) {
  const auto found = ends_.find(log);
  if (found != ends_.end()) return found->second;
  const LogPosition end = load_(log);
  return ends_.emplace(log, Ends{end, end}).first->second;
}

LogPosition LogEnds::take(const std::string& log) {
  std::lock_guard lock(mutex_);
  Ends& ends = find(log);
  if (!ends.dirty) {
    ends.dirty = true;
    dirty_.push_back(log);
  }
  return ends.next++;
}

void LogEnds::give_back(const std::string& log) {
  std::lock_guard lock(mutex_);
  --find(log).next;
}

LogPosition LogEnds::durable_end(const std::string& log) {
  std::lock_guard lock(mutex_);
  return find(log).durable;
}

LogEnds::Taken LogEnds::collect() {
  std::lock_guard lock(mutex_);
  Taken taken;
  taken.reserve(dirty_.size());
  for (std::string& log : dirty_) {
    Ends& ends = ends_.at(log);
    ends.dirty = false;
    taken.emplace_back(std::move(log), ends.next);
  }
  dirty_.clear();
  return taken;
}

void LogEnds::settle(const Taken& taken) {
  std::vector<std::shared_ptr<Subscriber>> woken;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [log, end] : taken) {
      Ends& ends = ends_.at(log);
      ends.durable = std::max(ends.durable, end);  // threads may settle out of order
      const auto [first, last] = subscribers_.equal_range(log);
      for (auto each = first; each != last; ++each) {
        if (auto subscriber = each->second.lock()) woken.push_back(std::move(subscriber));
      }
    }
  }
  for (auto& subscriber : woken) {
    std::lock_guard lock(subscriber->mutex);
    if (const auto changed = subscriber->changed) guarded("subscriber of a log", *changed);
  }
}

Subscription LogEnds::subscribe(const std::string& log, std::function<void()> changed) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->changed = std::make_shared<std::function<void()>>(std::move(changed));
  std::lock_guard lock(mutex_);
  find(log);
  std::erase_if(subscribers_, [](const auto& entry) { return entry.second.expired(); });
  subscribers_.emplace(log, subscriber);
  return Subscription(subscriber.get(), [subscriber](void*) mutable {
    std::lock_guard guard(subscriber->mutex);
    subscriber->changed = nullptr;
  });
}

}  // namespace leat::kv
