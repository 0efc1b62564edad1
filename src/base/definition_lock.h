#pragma once
// A shared lock that does not keep whoever wants it alone waiting for ever: once somebody does, who wants to share it
// queues behind. (std::shared_mutex lets readers pass, so a busy server would never change a definition.)
//
// Not recursive: a thread that shares it must not share it again.

#include <mutex>
#include <shared_mutex>

namespace leat {

class DefinitionLock {
 public:
  void lock() {
    std::lock_guard queue(queue_);
    lock_.lock();
  }
  void unlock() { lock_.unlock(); }
  void lock_shared() {
    std::lock_guard queue(queue_);
    lock_.lock_shared();
  }
  void unlock_shared() { lock_.unlock_shared(); }

 private:
  std::mutex queue_;
  std::shared_mutex lock_;
};

}  // namespace leat
