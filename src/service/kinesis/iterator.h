#pragma once
// Tokens that are opaque to clients: shard iterators, good for five minutes, and pages of ListShards.

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

struct ShardsPage {
  std::string stream;
  std::string after;  // the last shard of the page before

  std::string token() const;
  static std::optional<ShardsPage> parse(std::string_view token);
};

}  // namespace leat::kinesis
