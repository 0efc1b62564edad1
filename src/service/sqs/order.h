#pragma once
// Which of a queue's messages comes next: kept in rows ordered by the time from which they can be received.
//
// A row that has been taken is passed over by moving the front of the scan, so that a long queue costs no more than a
// short one. Guarded by the queue's lock; after a failed commit, load() brings memory back to what the store has.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/kv/store.h"
#include "service/sqs/rows.h"

namespace leat::sqs {

// A message at its place.
struct Placed {
  std::uint64_t number;
  std::int64_t visible_at;
  std::string group;  // FIFO
};

// Calls for each message that cannot be received yet.
using VisitHidden = std::function<void(std::uint64_t number, std::int64_t visible_at)>;

class Order {
 public:
  Order(kv::Store& store, const Rows& rows) : store_(store), rows_(rows) {}
  virtual ~Order() = default;

  virtual void load(std::int64_t now, const VisitHidden& hidden) = 0;

  // Messages that can be received now, in order. Those of a FIFO queue may still be delayed, each by itself.
  virtual std::vector<Placed> next(std::int64_t now, std::size_t count) = 0;

  virtual void add(kv::Batch& batch, const Placed& message) = 0;
  virtual void move(kv::Batch& batch, const Placed& from, std::int64_t visible_at) = 0;
  virtual void remove(kv::Batch& batch, const Placed& message) = 0;

  // Ends a batch of the three above.
  virtual void settle(kv::Batch&) {}

  virtual void purge() { front_ = 0; }

  // When the next message that is hidden at `now` can be received.
  std::optional<std::int64_t> next_time(std::int64_t now) const;

 protected:
  std::unique_ptr<kv::Cursor> from_front(std::int64_t until) const;
  void put_visible(kv::Batch& batch, std::int64_t time, std::uint64_t number, std::string_view value);
  // Everything before `time` has been taken.
  void pass(std::int64_t time) { front_ = time; }

  kv::Store& store_;
  const Rows& rows_;

 private:
  std::int64_t front_ = 0;  // no row of an earlier time
};

std::unique_ptr<Order> make_standard_order(kv::Store& store, const Rows& rows);
std::unique_ptr<Order> make_fifo_order(kv::Store& store, const Rows& rows);

}  // namespace leat::sqs
