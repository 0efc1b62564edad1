// Who waits for a queue's messages: receivers with a long poll, in their order, and observers.

#include <spdlog/spdlog.h>

#include <algorithm>

#include "service/sqs/queue.h"

namespace leat::sqs {

void Queue::observed() {
  awaited_ = true;
  changed();
}

void Queue::receive_or_wait(const Reception& reception, TimePoint until, const std::shared_ptr<Departure>& departure,
                            std::move_only_function<void(aws::Result<std::vector<Message>>)> done) {
  auto found = receive(reception);
  if (!found || !found->empty() || until <= parts_.clock.now()) return done(std::move(found));
  std::uint64_t number = 0;
  {
    std::lock_guard lock(waiting_mutex_);
    number = next_waiter_++;
    const auto timer = parts_.timers.at(until, [self = weak_from_this(), number] {
      if (auto queue = self.lock()) queue->give_up(number);
    });
    waiters_.push_back({number, reception, timer, std::move(done)});
    awaited_ = true;
  }
  if (departure) {
    departure->then([self = weak_from_this(), number] {
      if (auto queue = self.lock()) queue->give_up(number);
    });
  }
  serve();  // for what came between the two
  if (parts_.stopping) release();
}

// Something may be there to be received. The sender of a message to a queue that nobody watches pays nothing.
void Queue::changed() {
  if (awaited_) serve();
}

// The same from inside another queue's affairs: later, and from nobody's stack.
void Queue::notify() {
  if (!awaited_) return;
  parts_.timers.at(parts_.clock.now(), [self = weak_from_this()] {
    if (auto queue = self.lock()) queue->serve();
  });
}

aws::Result<std::vector<Message>> Queue::receive_for(const Waiter& waiter) {
  try {
    return try_receive(waiter.reception);
  } catch (const kv::StoreFailure& failure) {  // lint: catch (who waits goes on waiting)
    spdlog::error("{}: {}", id_.arn(), failure.what());
    return std::vector<Message>();
  }
}

void Queue::serve() {
  std::vector<std::move_only_function<void()>> answers;
  std::vector<std::shared_ptr<QueueObservers::Observer>> observers;
  {
    std::lock_guard lock(waiting_mutex_);
    while (!waiters_.empty()) {
      auto found = receive_for(waiters_.front());
      if (found && found->empty()) break;
      Waiter waiter = std::move(waiters_.front());
      waiters_.pop_front();
      parts_.timers.cancel(waiter.timer);
      answers.emplace_back(
          [done = std::move(waiter.done), found = std::move(found)]() mutable { done(std::move(found)); });
    }
    observers = parts_.observers->living();
    awaited_ = !waiters_.empty() || !observers.empty();
    arm();
  }
  for (auto& answer : answers) answer();
  for (const auto& observer : observers) (*observer)();
}

// One wake-up for the first message that becomes visible by itself.
void Queue::arm() {
  if (!awaited_) return;
  std::optional<std::int64_t> next;
  {
    std::lock_guard lock(mutex_);
    next = order_->next_time(now());
  }
  if (!next) return;
  const bool armed = timer_ && timer_->first > parts_.clock.now();
  if (armed && timer_->first <= from_millis(*next)) return;
  if (armed) parts_.timers.cancel(*timer_);
  timer_ = parts_.timers.at(from_millis(*next), [self = weak_from_this()] {
    if (auto queue = self.lock()) queue->serve();
  });
}

void Queue::give_up(std::uint64_t number) {
  Waiter waiter;
  {
    std::lock_guard lock(waiting_mutex_);
    const auto found =
        std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& each) { return each.number == number; });
    if (found == waiters_.end()) return;
    waiter = std::move(*found);
    waiters_.erase(found);
    parts_.timers.cancel(waiter.timer);
  }
  waiter.done(std::vector<Message>());
}

void Queue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  answer_waiters(std::unexpected(check_open().error()));
}

void Queue::release() { answer_waiters(std::vector<Message>()); }

void Queue::answer_waiters(const aws::Result<std::vector<Message>>& answer) {
  std::deque<Waiter> waiters;
  {
    std::lock_guard lock(waiting_mutex_);
    waiters.swap(waiters_);
    for (const auto& waiter : waiters) parts_.timers.cancel(waiter.timer);
  }
  for (auto& waiter : waiters) waiter.done(answer);
}

}  // namespace leat::sqs
