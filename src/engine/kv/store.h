#pragma once
// The ordered key space that everything is kept in.
//
// Keys are bytes in memcmp order. A commit is all or nothing and is visible at once; it is durable when durable() says
// so. Logs live inside the key space: a record's position is assigned inside the commit that appends it, under the
// same lock as the write, so a reader never sees position 6 before position 5.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat::kv {

// What a key's value was read at. A commit may expect it unchanged. Conservative: it may have moved without a change.
using Version = std::uint64_t;

// The order of commits, from 1. Zero is before the first.
using Position = std::uint64_t;

// The place of a record in its log, from 1, without holes.
using LogPosition = std::uint64_t;

struct Versioned {
  std::optional<std::string> value;  // nullopt: no such key
  Version version;
};

// Keys from `begin` up to, but not including, `end`.
struct Range {
  std::string begin;
  std::string end;
};

// All keys that start with `prefix`.
Range prefix_range(std::string_view prefix);

// A commit in the making.
class Batch {
 public:
  void put(std::string_view key, std::string_view value) { puts_.push_back({std::string(key), std::string(value)}); }
  void erase(std::string_view key) { puts_.push_back({std::string(key), std::nullopt}); }
  void erase(Range range) { erased_ranges_.push_back(std::move(range)); }

  // Appends `record` to `log`, a key prefix that nothing else writes under.
  void append(std::string_view log, std::string_view record) {
    appends_.push_back({std::string(log), std::string(record)});
  }

  // Adds to the numbers kept under `key`, which nothing else writes: read them with numbers_in().
  void add(std::string_view key, const std::vector<std::int64_t>& deltas);

  bool changes_nothing() const {
    return puts_.empty() && erased_ranges_.empty() && appends_.empty() && additions_.empty();
  }

  // The commit fails with Conflict where `key` changed after it was read at `version`.
  void expect(std::string_view key, Version version) { expectations_.push_back({std::string(key), version}); }

  struct Put {
    std::string key;
    std::optional<std::string> value;
  };
  struct Append {
    std::string log;
    std::string record;
  };
  struct Addition {
    std::string key;
    std::vector<std::int64_t> deltas;
  };
  struct Expectation {
    std::string key;
    Version version;
  };

  const std::vector<Put>& puts() const { return puts_; }
  const std::vector<Range>& erased_ranges() const { return erased_ranges_; }
  const std::vector<Append>& appends() const { return appends_; }
  const std::vector<Addition>& additions() const { return additions_; }
  const std::vector<Expectation>& expectations() const { return expectations_; }

 private:
  std::vector<Put> puts_;
  std::vector<Range> erased_ranges_;
  std::vector<Append> appends_;
  std::vector<Addition> additions_;
  std::vector<Expectation> expectations_;
};

struct Committed {
  Position position;
  std::vector<LogPosition> appended;  // where its appends were put, in their order
};

// Another writer came first: read again and decide again.
struct Conflict {};

enum class Direction : std::uint8_t { kForward, kBackward };

// A consistent view of a range, as of its creation. Views are valid until next().
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void next() = 0;
};

// What nobody can repair: the disk failed, or a file is damaged.
class StoreFailure : public std::exception {
 public:
  explicit StoreFailure(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

// Ends with the object: the callback is not called afterwards.
using Subscription = std::shared_ptr<void>;

// Thread-safe. Every function may throw StoreFailure.
class Store {
 public:
  virtual ~Store() = default;

  virtual Versioned get(std::string_view key) const = 0;
  virtual std::unique_ptr<Cursor> scan(const Range& range, Direction direction) const = 0;
  virtual Result<Committed, Conflict> commit(const Batch& batch) = 0;

  // The newest commit.
  virtual Position last_commit() const = 0;

  // Calls `done` once every commit up to `position` would survive a power cut: here and now where it already would,
  // else from the syncing thread.
  virtual void durable(Position position, std::move_only_function<void()> done) = 0;

  // The end of a log's durable part: the position that its next durable record will have at the earliest.
  virtual LogPosition durable_end(std::string_view log) const = 0;

  // Calls `changed` (from the syncing thread, shortly) after records of `log` became durable. A hint: read the log.
  virtual Subscription subscribe(std::string_view log, std::function<void()> changed) = 0;
};

// What Batch::add() has summed up, from the value of its key; numbers that were never added to are zero.
std::vector<std::int64_t> numbers_in(const std::optional<std::string>& value, std::size_t count);

// The key of a log's record, and the way back.
std::string log_key(std::string_view log, LogPosition position);
LogPosition log_position(std::string_view key);

}  // namespace leat::kv
