#include "engine/schedule/schedule.h"

#include "base/guard.h"
#include "engine/kv/key.h"

namespace leat::schedule {
namespace {

constexpr Duration kRetryPause = std::chrono::seconds(30);
constexpr Duration kDamagePause = std::chrono::hours(1);

std::string kind_prefix(std::string_view kind) { return kv::make_key(std::string_view("schedule"), kind); }

TimePoint time_in(std::string_view key, std::size_t prefix) {
  return from_millis(static_cast<std::int64_t>(kv::read_u64(key.substr(prefix))));
}

}  // namespace

void Schedule::stop() {
  std::vector<runtime::Timers::Key> timers;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [name, kind] : kinds_) {
      if (kind.timer) timers.push_back(*kind.timer);
    }
  }
  for (const auto& timer : timers) timers_.cancel_and_wait(timer);
  loop_.stop();
}

runtime::Timers::Key Schedule::wake_at(TimePoint time, const std::string& kind) {
  return timers_.at(time, [this, kind] { loop_.post([this, kind] { run_due(kind); }); });
}

void Schedule::handle(const std::string& kind, Handler handler) {
  {
    std::lock_guard lock(mutex_);
    kinds_[kind].handler = std::move(handler);
  }
  armed(kind);
}

void Schedule::add(kv::Batch& batch, const std::string& kind, TimePoint time, std::string_view payload) {
  std::string key = kind_prefix(kind);
  kv::append_u64(key, static_cast<std::uint64_t>(to_millis(time)));
  // Unique across restarts too: the clock in the upper bits, a count in the lower.
  kv::append_u64(key, static_cast<std::uint64_t>(to_millis(clock_.now())) << 20 | (number_++ & 0xFFFFF));
  batch.put(key, payload);
}

void Schedule::armed(const std::string& kind) {
  const std::string prefix = kind_prefix(kind);
  const auto next = store_.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  Kind& entry = kinds_[kind];
  if (entry.timer) timers_.cancel(*entry.timer);
  entry.timer.reset();
  if (next->valid()) entry.timer = wake_at(time_in(next->key(), prefix.size()), kind);
}

void Schedule::run_due(const std::string& kind) {
  Handler handler;
  {
    std::lock_guard lock(mutex_);
    handler = kinds_[kind].handler;
  }
  try {
    hand_out(kind, handler);
    armed(kind);
  } catch (const kv::StoreFailure&) {  // lint: catch (the disk may work again: the timer is still there)
    std::lock_guard lock(mutex_);
    if (!stopping_) kinds_[kind].timer = wake_at(clock_.now() + kRetryPause, kind);
  }
}

void Schedule::hand_out(const std::string& kind, const Handler& handler) {
  const std::string prefix = kind_prefix(kind);
  const auto due = store_.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; due->valid() && time_in(due->key(), prefix.size()) <= clock_.now(); due->next()) {
    kv::Batch done;
    done.erase(due->key());
    try {
      handler(std::string(due->value()));
    } catch (const kv::StoreFailure&) {  // lint: catch (the kind is tried again as a whole)
      throw;
    } catch (const std::exception& failure) {  // lint: catch (what it works on is damaged)
      put_off(done, kind, due->value(), failure.what());
    }
    (void)store_.commit(done);
  }
}

void Schedule::put_off(kv::Batch& batch, const std::string& kind, std::string_view payload, std::string_view why) {
  note_failure("timer " + kind + " of " + readable_key(payload), why);
  add(batch, kind, clock_.now() + kDamagePause, payload);
}

}  // namespace leat::schedule
