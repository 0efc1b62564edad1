#pragma once
// The shards of a stream.
//
// A shard's id is AWS's form, "shardId-" time "-" eight hexadecimal digits; the last four of them are its place among
// the open shards, which share the partition hashes evenly. Its sequence numbers go on where its parent's ended.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/dynamodb/types.h"
#include "aws/dynamodbstreams/types.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/kv/store.h"
#include "engine/shardlog/shardlog.h"

namespace leat::dynamodb {

using dynamodbstreams::Shard;

// How many open shards a table's stream has: for its capacity, or 4 on demand.
std::uint32_t wanted_shards(const TableDescription& description);

// `parent` is null for the first of a stream.
Shard new_shard(Random& random, std::uint32_t place, TimePoint now, const Shard* parent);

std::uint32_t place_of(std::string_view shard_id);
bool is_open(const Shard& shard);

struct StreamOwner {
  std::string_view account;
  std::string_view region;
  const dynamodbstreams::StreamDescription& stream;
};
std::string log_of(const StreamOwner& owner, const Shard& shard);

// Ends the shard where its last record stands, and adds the end to the commit.
void close_shard(kv::Batch& batch, kv::Store& store, const StreamOwner& owner, Shard& shard, TimePoint now);

// "1" and twenty digits: ordered as text and as a number.
std::string sequence_number(const Shard& shard, kv::LogPosition position);
// Nothing where it is no sequence number that the shard could have.
std::optional<kv::LogPosition> parse_sequence_number(const Shard& shard, std::string_view text);

// A stored record as GetRecords and Lambda events show it.
struct RecordContext {
  std::string_view region;
  std::string_view view_type;
  const Shard& shard;
};
// The same for all records of one item.
std::uint32_t key_hash(const shardlog::Record& record);

dynamodbstreams::Record present_record(const RecordContext& context, const shardlog::Record& record);

}  // namespace leat::dynamodb
