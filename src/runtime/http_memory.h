#pragma once
// What waits in memory for all connections of a server together: bodies on their way in, answers on their way out.

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace leat::runtime {

// Thread-safe.
class HttpMemory {
 public:
  // Bytes that somebody holds, given back at its end.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)), size_(other.size_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(size_, other.size_);
      return *this;
    }
    ~Share() { release(); }
    void release() {
      if (auto* memory = std::exchange(memory_, nullptr)) memory->give(size_);
    }
    explicit operator bool() const { return memory_ != nullptr; }

   private:
    friend class HttpMemory;
    Share(HttpMemory* memory, std::uint64_t size) : memory_(memory), size_(size) {}
    HttpMemory* memory_ = nullptr;
    std::uint64_t size_ = 0;
  };

  // `freed` is told of what is given back.
  using Freed = std::function<void(std::uint64_t bytes)>;
  HttpMemory(std::uint64_t limit, Freed freed) : limit_(limit), freed_(std::move(freed)) {}

  // Of what is there already.
  Share take(std::uint64_t size);

  // Calls `granted` as soon as there is room, in the order of asking: at once, or later from any thread.
  void ask(std::uint64_t size, std::move_only_function<void(Share)> granted);

  // Nobody asks any longer.
  void abandon();

  bool overdrawn() const;

 private:
  struct Asking {
    std::uint64_t size;
    std::move_only_function<void(Share)> granted;
  };

  void give(std::uint64_t size);
  // Something larger than everything comes alone.
  bool has_room(std::uint64_t size) const { return used_ == 0 || used_ + size <= limit_; }

  const std::uint64_t limit_;
  const Freed freed_;
  mutable std::mutex mutex_;
  std::uint64_t used_ = 0;
  std::deque<Asking> asking_;
};

}  // namespace leat::runtime
