#pragma once
// A store whose nth commit fails, and what is left of it.

#include <atomic>
#include <limits>
#include <memory>

#include "engine/kv/store.h"

namespace leat::testing {

class FaultyStore final : public kv::Store {
 public:
  explicit FaultyStore(std::unique_ptr<kv::Store> below) : owned_(std::move(below)), below_(*owned_) {}

  // The nth commit from now fails, counted from 1; those after it work again.
  void fail_commit(int nth) { commits_left_ = nth; }

  kv::Versioned get(std::string_view key) const override { return below_.get(key); }
  std::unique_ptr<kv::Cursor> scan(const kv::Range& range, kv::Direction direction) const override {
    return below_.scan(range, direction);
  }
  Result<kv::Committed, kv::Conflict> commit(const kv::Batch& batch) override {
    if (commits_left_.fetch_sub(1) == 1) throw kv::StoreFailure("commit: a fault that a test asked for");
    return below_.commit(batch);
  }
  kv::Position last_commit() const override { return below_.last_commit(); }
  void durable(kv::Position position, std::move_only_function<void()> done) override {
    below_.durable(position, std::move(done));
  }
  kv::LogPosition durable_end(std::string_view log) const override { return below_.durable_end(log); }
  kv::Subscription subscribe(std::string_view log, std::function<void()> changed) override {
    return below_.subscribe(log, std::move(changed));
  }

 private:
  std::unique_ptr<kv::Store> owned_;
  kv::Store& below_;
  std::atomic<int> commits_left_{std::numeric_limits<int>::max()};
};

}  // namespace leat::testing
