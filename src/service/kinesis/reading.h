#pragma once
// What GetRecords and SubscribeToShard share: where to begin, and how records are shown.

#include <string>
#include <vector>

#include "service/kinesis/kinesis.h"

namespace leat::kinesis {

inline constexpr std::int32_t kMaxRecords = 10000;  // of one reply, or one event

// ResourceNotFoundException.
aws::Result<const StreamShard*> find_shard(const Stream& stream, const std::string& shard_id);

// InvalidArgumentException where the position lacks what its type needs, or is of another shard.
aws::Result<kv::LogPosition> position_of(const Kinesis& kinesis, const Stream& stream, const StreamShard& shard,
                                         const StartingPosition& start);

std::vector<Record> shown(const Stream& stream, const StreamShard& shard, const shardlog::Log::Slice& slice);

// How far the slice lies behind the tip of the shard.
std::int64_t millis_behind(const Kinesis& kinesis, const shardlog::Log& log, const shardlog::Log::Slice& slice);

// The log may tell of the shard's end before the stream's definition is read again: here it is.
std::vector<ChildShard> children_of(Kinesis& kinesis, const Stream& stream, const std::string& shard_id);

}  // namespace leat::kinesis
