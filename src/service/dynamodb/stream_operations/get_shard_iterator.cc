#include <fmt/format.h>

#include "aws/dynamodbstreams/operations.h"
#include "service/dynamodb/stream/shards.h"
#include "service/dynamodb/stream/streams.h"

namespace leat::dynamodbstreams {
namespace {

aws::Result<kv::LogPosition> position(const Streams& streams, const ShardReader& reader,
                                      const GetShardIteratorInput& input) {
  const std::string& type = input.shard_iterator_type;
  const kv::LogPosition oldest = reader.log.first(streams.horizon());
  const bool named = type.ends_with("SEQUENCE_NUMBER");
  if (!named && input.sequence_number)
    return aws::fail(errors::kValidation,
                     fmt::format("SequenceNumber must not be provided when ShardIteratorType is {}", type));
  if (type == "TRIM_HORIZON") return oldest;
  if (type == "LATEST") return reader.log.end();
  if (!input.sequence_number) {
    return aws::fail(errors::kValidation,
                     fmt::format("SequenceNumber must be provided when ShardIteratorType is {}", type));
  }
  const auto given = dynamodb::parse_sequence_number(reader.shard, *input.sequence_number);
  if (!given || *given == 0 || *given >= std::max<kv::LogPosition>(reader.log.end(), 2)) {
    return aws::fail(errors::kValidation, fmt::format("Invalid SequenceNumber: {}", *input.sequence_number));
  }
  const kv::LogPosition wanted = type == "AFTER_SEQUENCE_NUMBER" ? *given + 1 : *given;
  if (wanted < oldest) {
    return aws::fail(errors::kTrimmedDataAccess,
                     "The operation attempted to read past the oldest stream record in a shard");
  }
  return wanted;
}

}  // namespace

aws::Result<GetShardIteratorOutput> get_shard_iterator(Streams& streams, const aws::Caller&,
                                                       const GetShardIteratorInput& input) {
  const ShardReader reader = TRY(streams.find_shard(input.stream_arn, input.shard_id));
  const kv::LogPosition at = TRY(position(streams, reader, input));
  GetShardIteratorOutput output;
  output.shard_iterator = Iterator{input.stream_arn, input.shard_id, at, streams.clock().now()}.token();
  return output;
}

}  // namespace leat::dynamodbstreams
