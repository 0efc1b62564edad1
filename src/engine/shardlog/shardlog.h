#pragma once
// A log of numbered records that are kept for a time. DynamoDB Streams and Kinesis Data Streams read it.
//
// A record's bytes begin with its time: u64 milliseconds, then the payload. A record without a payload closes the log:
// it is its last, and readers are told of it instead of being given it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/kv/store.h"

namespace leat::shardlog {

struct Record {
  kv::LogPosition position;
  TimePoint time;
  std::string payload;
};

class Log {
 public:
  // `name` is a key prefix that nothing else writes under.
  Log(kv::Store& store, std::string name) : store_(store), name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  // Adds an append to a commit. A payload is not empty.
  static void append(kv::Batch& batch, std::string_view log, TimePoint now, std::string_view payload);

  // Adds the end of the log to a commit. Nothing may be appended afterwards.
  static void close(kv::Batch& batch, std::string_view log, TimePoint now) { append(batch, log, now, {}); }

  struct Limits {
    std::size_t records = 1000;
    std::size_t bytes = 1U << 20;
  };

  struct Slice {
    std::vector<Record> records;
    kv::LogPosition next;  // where to read on
    bool ended = false;    // the log is closed, and this was the last of it
  };

  // Durable records from `from` on, oldest first; at least one where there is any, whatever its size.
  Slice read(kv::LogPosition from, Limits limits) const;

  // The position of the oldest record that is not older than `horizon`, or end() where there is none.
  kv::LogPosition first(TimePoint horizon) const;

  // The position of the first record not earlier than `time`, or end().
  kv::LogPosition at(TimePoint time) const { return first(time); }

  // The position that the next durable record will have.
  kv::LogPosition end() const { return store_.durable_end(name_); }

  // The same, counting what is committed and not durable yet.
  kv::LogPosition committed_end() const;

  // When the log was closed; nothing where it is open.
  std::optional<TimePoint> closed_at() const;

  // Removes what is older than `horizon`, but never the newest record: the log's end is read from it.
  void trim(TimePoint horizon);

  kv::Subscription subscribe(std::function<void()> changed) { return store_.subscribe(name_, std::move(changed)); }

 private:
  std::optional<kv::LogPosition> oldest() const;
  std::optional<TimePoint> time_of(kv::LogPosition position) const;

  kv::Store& store_;
  std::string name_;
};

}  // namespace leat::shardlog
