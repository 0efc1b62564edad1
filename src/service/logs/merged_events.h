#pragma once
// The events of several streams as one sequence, oldest first.

#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "service/logs/logs.h"

namespace leat::logs {

class MergedEvents {
 public:
  explicit MergedEvents(const kv::Store& store) : store_(store) {}

  // None of the stream's events in `range` is older than `since`: it is not looked at before its turn.
  void add(std::string stream, kv::Range range, std::int64_t since);

  std::optional<StoredEvent> next();

 private:
  struct Source {
    std::string stream;
    kv::Range range;
    std::unique_ptr<kv::Cursor> cursor = nullptr;  // once it was looked at
  };
  struct Head {
    EventPosition position;
    std::shared_ptr<Source> source;
    bool operator<(const Head& other) const { return position > other.position; }
  };
  void push(std::shared_ptr<Source> source);

  const kv::Store& store_;
  std::priority_queue<Head> heads_;
};

}  // namespace leat::logs
