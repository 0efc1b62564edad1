#pragma once
// Tells that a client is gone before it was answered.

#include <functional>
#include <mutex>

namespace leat {

// Thread-safe.
class Departure {
 public:
  // Calls `then` as soon as the client is gone, from any thread; at once where it is already. Replaces an earlier one.
  void then(std::move_only_function<void()> then);

  // The client is gone.
  void happen();

 private:
  std::mutex mutex_;
  bool happened_ = false;
  std::move_only_function<void()> then_;
};

}  // namespace leat
