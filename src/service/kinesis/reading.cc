#include "service/kinesis/reading.h"

#include <fmt/format.h>

namespace leat::kinesis {
namespace {

std::unexpected<aws::Error> invalid(std::string message) {
  return aws::fail(errors::kInvalidArgument, std::move(message));
}

}  // namespace

aws::Result<const StreamShard*> find_shard(const Stream& stream, const std::string& shard_id) {
  if (const StreamShard* found = stream.find_shard(shard_id)) return found;
  return aws::fail(errors::kResourceNotFound, fmt::format("Shard {} in stream {} under account {} does not exist",
                                                          shard_id, stream.name(), stream.account));
}

aws::Result<kv::LogPosition> position_of(const Kinesis& kinesis, const Stream& stream, const StreamShard& shard,
                                         const StartingPosition& start) {
  const std::string& type = start.type;
  shardlog::Log log = kinesis.log(shard);
  const kv::LogPosition oldest = log.first(kinesis.horizon(stream));
  if (type == "TRIM_HORIZON") return oldest;
  if (type == "LATEST") return log.end();
  if (type == "AT_TIMESTAMP") {
    if (!start.timestamp) return invalid("Must specify timestamp parameter for iterator of type AT_TIMESTAMP");
    if (*start.timestamp > kinesis.now())
      return invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.");
    return std::max(oldest, log.at(*start.timestamp));
  }
  if (!start.sequence_number)
    return invalid(
        fmt::format("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
                    "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
                    "Request specified {} and no StartingSequenceNumber.",
                    type));
  const auto position = position_in(shard.shard, *start.sequence_number);
  if (!position) {
    return invalid(
        fmt::format("StartingSequenceNumber {} used in GetShardIterator on shard {} in stream {} under account "
                    "{} is invalid because it did not come from this stream.",
                    *start.sequence_number, shard.shard.shard_id, stream.name(), stream.account));
  }
  return std::max(oldest, type == "AFTER_SEQUENCE_NUMBER" ? *position + 1 : *position);
}

std::vector<Record> shown(const Stream& stream, const StreamShard& shard, const shardlog::Log::Slice& slice) {
  std::vector<Record> out;
  out.reserve(slice.records.size());
  for (const auto& each : slice.records) {
    DecodedRecord record = decode_record(each.payload);
    Record& shown = out.emplace_back();
    shown.sequence_number = sequence_number(shard.shard, each.position);
    shown.approximate_arrival_timestamp = each.time;
    shown.data = std::move(record.data);
    shown.partition_key = std::move(record.partition_key);
    if (stream.summary.encryption_type != "NONE") shown.encryption_type = stream.summary.encryption_type;
  }
  return out;
}

std::int64_t millis_behind(const Kinesis& kinesis, const shardlog::Log& log, const shardlog::Log::Slice& slice) {
  const bool behind = !slice.ended && slice.next < log.end() && !slice.records.empty();
  return behind ? (kinesis.now() - slice.records.back().time).count() : 0;
}

std::vector<ChildShard> children_of(Kinesis& kinesis, const Stream& stream, const std::string& shard_id) {
  std::vector<ChildShard> out;
  kinesis.changed(stream.account, stream.region, stream.name());
  const StreamPtr now = kinesis.find_or_null(stream.account, stream.region, stream.name());
  if (!now) return out;
  for (const StreamShard& each : now->shards) {
    const Shard& shard = each.shard;
    if (shard.parent_shard_id != shard_id && shard.adjacent_parent_shard_id != shard_id) continue;
    ChildShard& child = out.emplace_back();
    child.shard_id = shard.shard_id;
    child.parent_shards.push_back(*shard.parent_shard_id);
    if (shard.adjacent_parent_shard_id) child.parent_shards.push_back(*shard.adjacent_parent_shard_id);
    child.hash_key_range = shard.hash_key_range;
  }
  return out;
}

}  // namespace leat::kinesis
