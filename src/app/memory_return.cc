#include "app/memory_return.h"

#include <malloc.h>

namespace leat::app {
namespace {

constexpr std::uint64_t kWorthIt = 8U << 20;
constexpr auto kRest = std::chrono::seconds(1);  // with less than that freed, for the load to be over

// What is larger is given back as soon as it is freed. Else the allocator moves this limit up with each large body, until
// they lie among what stays.
constexpr int kMappedAlone = 4 << 20;

}  // namespace

MemoryReturn::MemoryReturn(runtime::Loop& loop) : loop_(loop) { mallopt(M_MMAP_THRESHOLD, kMappedAlone); }

void MemoryReturn::freed(std::uint64_t bytes) {
  if (freed_ += bytes; freed_ >= kWorthIt && !waiting_.exchange(true)) wait();
}

void MemoryReturn::wait() {
  loop_.after(kRest, [this] { look(); });
}

void MemoryReturn::look() {
  const std::uint64_t now = freed_;
  if (now - seen_ >= kWorthIt) {
    seen_ = now;
    return wait();
  }
  freed_ -= now;
  seen_ = 0;
  waiting_ = false;
  malloc_trim(0);
}

}  // namespace leat::app
