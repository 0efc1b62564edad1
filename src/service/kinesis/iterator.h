#pragma once
// Shard iterators: opaque to clients, good for five minutes.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/kv/store.h"

namespace leat::kinesis {

struct Iterator {
  std::string stream_arn;
  std::string shard_id;
  kv::LogPosition position;
  TimePoint created;

  std::string token() const;
  static std::optional<Iterator> parse(std::string_view token);
};

}  // namespace leat::kinesis
