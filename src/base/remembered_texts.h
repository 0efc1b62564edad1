#pragma once
// Texts that are costly to find and asked for often, by their names. Also that there is none is remembered.

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace leat {

class RememberedTexts {
 public:
  // The text of that name, found by find() where it is not known. What changes a text calls forget() after its commit.
  template <class Find>
  std::string get(const std::string& name, Find find) {
    std::uint64_t changes = 0;
    {
      std::shared_lock lock(mutex_);
      const auto found = texts_.find(name);
      if (found != texts_.end()) return found->second;
      changes = changes_;
    }
    std::string text = find();
    std::unique_lock lock(mutex_);
    if (texts_.size() >= kMost) texts_.clear();
    if (changes == changes_) texts_[name] = text;
    return text;
  }

  void forget(const std::string& name) {
    std::unique_lock lock(mutex_);
    texts_.erase(name);
    ++changes_;
  }

  void clear() {
    std::unique_lock lock(mutex_);
    texts_.clear();
    ++changes_;
  }

 private:
  static constexpr std::size_t kMost = 10000;

  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::string> texts_;
  std::uint64_t changes_ = 0;
};

}  // namespace leat
