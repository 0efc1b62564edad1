#include "runtime/deadlines.h"

namespace leat::runtime {
namespace {

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();  // lint: clock (peers are waited for in real time)
}

}  // namespace

Deadlines::Entry::~Entry() {
  if (deadlines_) deadlines_->leave(*this);
}

// Its entries may outlive it, in what the context has not called.
Deadlines::~Deadlines() {
  for (Queue& each : queues_) {
    while (!each.empty()) leave(each.front());
  }
}

void Deadlines::leave(Entry& entry) {
  queue(entry.waits_).erase(Queue::s_iterator_to(entry));
  entry.deadlines_ = nullptr;
  entry.waits_ = Waits::kNothing;
}

void Deadlines::wait(Entry& entry, Waits waits) {
  if (entry.deadlines_) leave(entry);
  if (waits == Waits::kNothing) return;
  entry.deadlines_ = this;
  entry.waits_ = waits;
  entry.since_ = now();
  entry.progress_ = entry.progress();
  queue(waits).push_back(entry);
  arm(entry.since_ + patience_[waits].time);
}

bool Deadlines::expire_longest(Waits waits, std::chrono::milliseconds least) {
  if (queue(waits).empty()) return false;
  Entry& entry = queue(waits).front();
  if (entry.since_ + least > now()) return false;
  if (least.count() > 0 && entry.progress() != entry.progress_) {
    wait(entry, waits);  // it has moved, so others have waited longer
    return true;
  }
  leave(entry);
  entry.expire(waits);
  return true;
}

bool Deadlines::has_moved(const Entry& entry) const {
  const std::uint64_t wanted = patience_[entry.waits_].progress;
  return wanted > 0 && entry.progress() - entry.progress_ >= wanted;
}

void Deadlines::expire_due() {
  const auto time = now();
  for (std::size_t i = 0; i < kWaits; ++i) {
    const auto waits = static_cast<Waits>(i);
    while (!queue(waits).empty()) {
      Entry& entry = queue(waits).front();
      if (entry.since_ + patience_[waits].time > time) break;
      if (has_moved(entry)) {
        wait(entry, waits);
        continue;
      }
      leave(entry);
      entry.expire(waits);
    }
  }
}

void Deadlines::arm_next() {
  for (const Queue& each : queues_) {
    if (!each.empty()) arm(each.front().since_ + patience_[each.front().waits_].time);
  }
}

// An entry that leaves lets the timer come too early, which costs less than to move it each time.
void Deadlines::arm(Entry::Time due) {
  if (due >= armed_) return;
  armed_ = due;
  timer_.expires_at(due);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // moved
    armed_ = Entry::Time::max();
    expire_due();
    arm_next();
  });
}

}  // namespace leat::runtime
