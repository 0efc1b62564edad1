#pragma once
// The numbers that Batch::add() sums up, as they stand after the newest commit. Guarded by the store's commit lock.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/kv/key.h"
#include "engine/kv/store.h"

namespace leat::kv {

class Sums {
 public:
  // `load` reads a key's value from the store; called once for each key.
  explicit Sums(std::function<std::optional<std::string>(std::string_view key)> load) : load_(std::move(load)) {}

  // The value that the key has once the addition is committed.
  std::string after(const Batch::Addition& addition) {
    auto& numbers = find(addition);
    std::string value;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i < addition.deltas.size()) numbers[i] += addition.deltas[i];
      append_u64(value, static_cast<std::uint64_t>(numbers[i]));
    }
    return value;
  }

  // Keeps what is remembered small. Called between commits: what was committed can be read again.
  void limit() {
    constexpr std::size_t kMost = 10'000;
    if (numbers_.size() > kMost) numbers_.clear();
  }

  // Undoes after(): its commit failed.
  void take_back(const Batch::Addition& addition) {
    auto& numbers = find(addition);
    for (std::size_t i = 0; i < addition.deltas.size(); ++i) numbers[i] -= addition.deltas[i];
  }

  // What a commit erased begins at zero again.
  void forget(const Range& range) {
    const auto end = range.end.empty() ? numbers_.end() : numbers_.lower_bound(range.end);
    numbers_.erase(numbers_.lower_bound(range.begin), end);
  }
  void forget(const std::string& key) { numbers_.erase(key); }

 private:
  std::vector<std::int64_t>& find(const Batch::Addition& addition) {
    const auto found = numbers_.find(addition.key);
    auto& numbers = found != numbers_.end() ? found->second : load(addition.key);
    if (numbers.size() < addition.deltas.size()) numbers.resize(addition.deltas.size());
    return numbers;
  }
  std::vector<std::int64_t>& load(const std::string& key) {
    const auto value = load_(key);
    return numbers_.emplace(key, numbers_in(value, value ? value->size() / 8 : 0)).first->second;
  }

  std::function<std::optional<std::string>(std::string_view)> load_;
  std::map<std::string, std::vector<std::int64_t>> numbers_;
};

}  // namespace leat::kv
