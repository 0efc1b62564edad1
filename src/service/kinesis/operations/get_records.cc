#include <fmt/format.h>

#include "aws/kinesis/operations.h"
#include "base/encoding.h"
#include "service/kinesis/iterator.h"
#include "service/kinesis/kinesis.h"

namespace leat::kinesis {
namespace {

constexpr Duration kIteratorLife = std::chrono::minutes(5);
constexpr std::size_t kMaxBytes = 10U << 20;
constexpr std::int32_t kMaxRecords = 10000;

std::unexpected<aws::Error> invalid(std::string message) {
  return aws::fail(errors::kInvalidArgument, std::move(message));
}

aws::Result<const StreamShard*> find_shard(const Stream& stream, const std::string& shard_id) {
  if (const StreamShard* found = stream.find_shard(shard_id)) return found;
  return aws::fail(errors::kResourceNotFound, fmt::format("Shard {} in stream {} under account {} does not exist",
                                                          shard_id, stream.name(), stream.account));
}

aws::Result<kv::LogPosition> position_of(const Kinesis& kinesis, const Stream& stream, const StreamShard& shard,
                                         const GetShardIteratorInput& input) {
  const std::string& type = input.shard_iterator_type;
  shardlog::Log log = kinesis.log(shard);
  const kv::LogPosition oldest = log.first(kinesis.horizon(stream));
  if (type == "TRIM_HORIZON") return oldest;
  if (type == "LATEST") return log.end();
  if (type == "AT_TIMESTAMP") {
    if (!input.timestamp) return invalid("Must specify timestamp parameter for iterator of type AT_TIMESTAMP");
    if (*input.timestamp > kinesis.now())
      return invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.");
    return std::max(oldest, log.at(*input.timestamp));
  }
  if (!input.starting_sequence_number)
    return invalid(
        fmt::format("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
                    "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
                    "Request specified {} and no StartingSequenceNumber.",
                    type));
  const auto position = position_in(shard.shard, *input.starting_sequence_number);
  if (!position) {
    return invalid(
        fmt::format("StartingSequenceNumber {} used in GetShardIterator on shard {} in stream {} under account "
                    "{} is invalid because it did not come from this stream.",
                    *input.starting_sequence_number, shard.shard.shard_id, stream.name(), stream.account));
  }
  return std::max(oldest, type == "AFTER_SEQUENCE_NUMBER" ? *position + 1 : *position);
}

std::vector<ChildShard> children_of(const Stream& stream, const std::string& shard_id) {
  std::vector<ChildShard> out;
  for (const StreamShard& each : stream.shards) {
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

}  // namespace

aws::Result<GetShardIteratorOutput> get_shard_iterator(Kinesis& kinesis, const aws::Caller& caller,
                                                       const GetShardIteratorInput& input) {
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  const StreamShard* shard = TRY(find_shard(*stream, input.shard_id));
  const kv::LogPosition position = TRY(position_of(kinesis, *stream, *shard, input));
  GetShardIteratorOutput output;
  output.shard_iterator = Iterator{stream->arn(), input.shard_id, position, kinesis.now()}.token();
  return output;
}

aws::Result<GetRecordsOutput> get_records(Kinesis& kinesis, const aws::Caller& caller, const GetRecordsInput& input) {
  const auto iterator = Iterator::parse(input.shard_iterator);
  if (!iterator) return invalid("Invalid ShardIterator.");
  const TimePoint now = kinesis.now();
  if (iterator->created + kIteratorLife < now) {
    return aws::fail(
        errors::kExpiredIterator,
        fmt::format("Iterator expired. The iterator was created at time {} while right now it is {} which is "
                    "further in the future than the tolerated delay of 300000 milliseconds.",
                    format_iso8601(iterator->created), format_iso8601(now)));
  }
  const StreamPtr stream = TRY(kinesis.find(caller, std::nullopt, iterator->stream_arn));
  const StreamShard* shard = TRY(find_shard(*stream, iterator->shard_id));
  if (!kinesis.throttle().take_read(shard->log)) {
    return aws::fail(errors::kProvisionedThroughputExceeded,
                     fmt::format("Rate exceeded for shard {} in stream {} under account {}.", shard->shard.shard_id,
                                 stream->name(), stream->account));
  }
  shardlog::Log log = kinesis.log(*shard);
  const kv::LogPosition from = std::max(iterator->position, log.first(kinesis.horizon(*stream)));
  const auto slice = log.read(from, {static_cast<std::size_t>(input.limit.value_or(kMaxRecords)), kMaxBytes});
  GetRecordsOutput output;
  std::size_t bytes = 0;
  for (const auto& each : slice.records) {
    DecodedRecord record = decode_record(each.payload);
    bytes += record.data.size();
    Record& shown = output.records.emplace_back();
    shown.sequence_number = sequence_number(shard->shard, each.position);
    shown.approximate_arrival_timestamp = each.time;
    shown.data = std::move(record.data);
    shown.partition_key = std::move(record.partition_key);
    if (stream->summary.encryption_type != "NONE") shown.encryption_type = stream->summary.encryption_type;
  }
  kinesis.throttle().count_read(shard->log, bytes);
  const bool behind = !slice.ended && slice.next < log.end() && !slice.records.empty();
  output.millis_behind_latest = behind ? (now - slice.records.back().time).count() : 0;
  if (slice.ended)
    output.child_shards = children_of(*stream, shard->shard.shard_id);
  else
    output.next_shard_iterator = Iterator{stream->arn(), shard->shard.shard_id, slice.next, now}.token();
  return output;
}

}  // namespace leat::kinesis
