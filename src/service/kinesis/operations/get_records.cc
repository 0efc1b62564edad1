#include <fmt/format.h>

#include "aws/kinesis/operations.h"
#include "base/encoding.h"
#include "service/kinesis/iterator.h"
#include "service/kinesis/reading.h"

namespace leat::kinesis {
namespace {

constexpr Duration kIteratorLife = std::chrono::minutes(5);
constexpr std::size_t kMaxBytes = 10U << 20;

std::unexpected<aws::Error> invalid(std::string message) {
  return aws::fail(errors::kInvalidArgument, std::move(message));
}

}  // namespace

aws::Result<GetShardIteratorOutput> get_shard_iterator(Kinesis& kinesis, const aws::Caller& caller,
                                                       const GetShardIteratorInput& input) {
  const StreamPtr stream = TRY(kinesis.find_shared(caller, input.stream_name, input.stream_arn));
  const StreamShard* shard = TRY(find_shard(*stream, input.shard_id));
  const StartingPosition start{input.shard_iterator_type, input.starting_sequence_number, input.timestamp};
  const kv::LogPosition position = TRY(position_of(kinesis, *stream, *shard, start));
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
  const StreamPtr stream = TRY(kinesis.find_shared(caller, std::nullopt, iterator->stream_arn));
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
  output.records = shown(*stream, *shard, slice);
  std::size_t bytes = 0;
  for (const Record& record : output.records) bytes += record.data.size();
  kinesis.throttle().count_read(shard->log, bytes);
  output.millis_behind_latest = millis_behind(kinesis, log, slice);
  if (slice.ended)
    output.child_shards = children_of(kinesis, *stream, shard->shard.shard_id);
  else
    output.next_shard_iterator = Iterator{stream->arn(), shard->shard.shard_id, slice.next, now}.token();
  return output;
}

}  // namespace leat::kinesis
