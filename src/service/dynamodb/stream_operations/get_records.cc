#include <fmt/format.h>

#include "aws/dynamodbstreams/operations.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/stream/shards.h"
#include "service/dynamodb/stream/streams.h"

namespace leat::dynamodbstreams {

aws::Result<GetRecordsOutput> get_records(Streams& streams, const aws::Caller& caller, const GetRecordsInput& input) {
  constexpr Duration kIteratorLife = std::chrono::minutes(15);
  constexpr std::int32_t kMaxRecords = 1000;
  if (input.limit.value_or(1) > kMaxRecords)
    return aws::fail(errors::kValidation,
                     fmt::format("1 validation error detected: Value '{}' at 'limit' failed to satisfy constraint: Member "
                                 "must have value less than or equal to {}",
                                 *input.limit, kMaxRecords));
  const auto iterator = Iterator::parse(input.shard_iterator);
  if (!iterator) return aws::fail(errors::kValidation, "Invalid ShardIterator");
  if (streams.clock().now() > iterator->created + kIteratorLife)
    return aws::fail(errors::kExpiredIterator, "Iterator expired");
  ShardReader reader = TRY(streams.find_shard(iterator->stream_arn, iterator->shard_id));
  const kv::LogPosition oldest = reader.log.first(streams.horizon());
  if (iterator->position < oldest) {
    return aws::fail(errors::kTrimmedDataAccess,
                     "The operation attempted to read past the oldest stream record in a shard");
  }
  const auto slice = reader.log.read(iterator->position, {static_cast<std::size_t>(input.limit.value_or(kMaxRecords))});
  GetRecordsOutput output;
  output.records.emplace();
  const dynamodb::RecordContext context{caller.region, *reader.stream.stream_view_type, reader.shard};
  for (const auto& record : slice.records) {
    kv::sound([&] { return kv::log_key(reader.log.name(), record.position); },
              [&] { output.records->push_back(dynamodb::present_record(context, record)); });
  }
  // A closed shard that was read to its end has no next iterator.
  if (!slice.ended) {
    output.next_shard_iterator =
        Iterator{iterator->stream_arn, iterator->shard_id, slice.next, streams.clock().now()}.token();
  }
  return output;
}

}  // namespace leat::dynamodbstreams
