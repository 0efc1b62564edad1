#pragma once
// Whose function stands behind a door: a worker's own network, as its requests name it.

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace leat::lambda {

// Safe to use from any thread.
class Doors {
 public:
  // From now on a function, with its role's access key. A spare has none before.
  void assign(std::uint32_t door, std::string access_key) {
    std::lock_guard lock(mutex_);
    keys_[door] = std::move(access_key);
  }
  void close(std::uint32_t door) {
    std::lock_guard lock(mutex_);
    keys_.erase(door);
  }
  std::optional<std::string> access_key(std::uint32_t door) const {
    std::lock_guard lock(mutex_);
    const auto found = keys_.find(door);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::string> keys_;
};

}  // namespace leat::lambda
