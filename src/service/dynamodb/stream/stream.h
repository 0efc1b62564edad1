#pragma once
// Streams of tables: how they begin, end, and are written.

#include <string>
#include <string_view>
#include <vector>

#include "aws/dynamodbstreams/types.h"
#include "base/random.h"
#include "engine/shardlog/shardlog.h"
#include "service/dynamodb/stream/stream_record.h"
#include "service/dynamodb/table/table.h"

namespace leat::dynamodb {

// Records are kept for 24 hours.
inline constexpr Duration kStreamRetention = std::chrono::hours(24);

struct NewStream {
  std::string label;
  std::string view_type;
  TimePoint now;
};

// Describes a new stream in `description` and adds its row to the commit.
void begin_stream(kv::Batch& batch, Random& random, const aws::Caller& caller, TableDescription& description,
                  const NewStream& stream);

// Marks the table's stream as disabled and closes its shards. It stays readable.
void end_stream(kv::Batch& batch, kv::Store& store, const aws::Caller& caller, const TableDescription& description,
                TimePoint now);

TableStream enabled_stream(const Table& table, const dynamodbstreams::StreamDescription& description);

// Adds the record of a change to the commit that makes it. `old_image` and `new_image` are stored items, empty where
// there is none; nothing is added where they are equal.
struct ItemChange {
  const PrimaryKey& key;
  std::string_view old_image;
  std::string_view new_image;
  bool by_time_to_live = false;
};
void stage_record(kv::Batch& batch, const Table& table, const ItemChange& change, TimePoint now);

}  // namespace leat::dynamodb
