#pragma once
// Gives memory back to the system once a load is over: the allocator keeps what lies between what is still used.

#include <atomic>
#include <cstdint>

#include "runtime/loop.h"

namespace leat::app {

class MemoryReturn {
 public:
  // `loop` must have nothing to do that cannot wait for some milliseconds.
  explicit MemoryReturn(runtime::Loop& loop);

  // So many bytes have been freed. From any thread, before the loop stops.
  void freed(std::uint64_t bytes);

 private:
  void wait();
  void look();

  runtime::Loop& loop_;
  std::atomic<std::uint64_t> freed_{0};  // since memory was given back
  std::atomic<bool> waiting_{false};
  std::uint64_t seen_ = 0;  // of the loop's thread
};

}  // namespace leat::app
