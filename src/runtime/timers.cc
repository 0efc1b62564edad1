#include "runtime/timers.h"

#include <pthread.h>

#include "base/guard.h"

namespace leat::runtime {

Timers::Timers(Clock& clock) : clock_(clock) {
  subscription_ = clock_.on_advance([this] {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
}

void Timers::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "timers");
    run();
  });
}

void Timers::stop() {
  subscription_.reset();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Timers::Key Timers::at(TimePoint time, std::move_only_function<void()> task) {
  std::lock_guard lock(mutex_);
  const Key key{time, next_++};
  tasks_.emplace(key, std::move(task));
  changed_.notify_all();
  return key;
}

void Timers::cancel(const Key& key) {
  std::lock_guard lock(mutex_);
  tasks_.erase(key);
}

void Timers::cancel_and_wait(const Key& key) {
  std::unique_lock lock(mutex_);
  tasks_.erase(key);
  changed_.wait(lock, [&] { return running_ != key; });
}

void Timers::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const Duration wait = tasks_.begin()->first.first - clock_.now();
    if (wait > Duration(0)) {
      if (clock_.frozen())
        changed_.wait(lock);
      else
        changed_.wait_for(lock, wait);
      continue;
    }
    auto task = std::move(tasks_.begin()->second);
    running_ = tasks_.begin()->first;
    tasks_.erase(tasks_.begin());
    lock.unlock();
    guarded("timer", task);
    task = nullptr;
    lock.lock();
    running_.reset();
    changed_.notify_all();
  }
}

}  // namespace leat::runtime
