#include "integration/dynamodb_stream_to_lambda.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/lambda/types.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/stream/shards.h"

namespace leat::integration {

bool DynamoDbStreamSource::owns(std::string_view source_arn) const {
  const auto arn = aws::parse_arn(source_arn);
  return arn && arn->service == "dynamodb" && arn->resource.find("/stream/") != std::string_view::npos;
}

aws::Result<std::vector<lambda::SourceShard>> DynamoDbStreamSource::shards(std::string_view source_arn) {
  const auto stream = streams_.find(source_arn);
  if (!stream)
    return aws::fail(lambda::errors::kInvalidParameterValue, fmt::format("Stream not found: {}", source_arn));
  std::vector<lambda::SourceShard> out;
  for (const auto& shard : *stream->shards) out.push_back({*shard.shard_id, shard.parent_shard_id.value_or("")});
  return out;
}

std::uint64_t DynamoDbStreamSource::start(std::string_view source_arn, const lambda::SourceShard& shard,
                                          const Start& from) {
  const auto reader = streams_.find_shard(source_arn, shard.id);
  if (!reader) return 1;
  return from.position == "LATEST" ? reader->log.end() : reader->log.first(streams_.horizon());
}

lambda::SourceBatch DynamoDbStreamSource::read(std::string_view source_arn, const lambda::SourceShard& shard,
                                               std::uint64_t from, const Limits& limits) {
  lambda::SourceBatch batch;
  batch.next = from;
  const auto reader = streams_.find_shard(source_arn, shard.id);
  if (!reader) return batch;
  auto slice = reader->log.read(from, {limits.records, limits.bytes});
  batch.next = slice.next;
  batch.ended = slice.ended;
  // What retention no longer shows is passed over, also by a mapping that was away for a day.
  const TimePoint horizon = streams_.horizon();
  std::erase_if(slice.records, [&](const shardlog::Record& each) { return each.time < horizon; });
  const auto arn = aws::parse_arn(source_arn);
  const dynamodb::RecordContext context{arn->region, *reader->stream.stream_view_type, reader->shard};
  batch.records.reserve(slice.records.size());
  for (const auto& record : slice.records) {
    const std::size_t begin = batch.json.size();
    const bool read = kv::sound([&] { return kv::log_key(reader->log.name(), record.position); }, [&] {
      const auto shown = dynamodb::present_record(context, record);
      aws::append_json(dynamodbstreams::Record::kShape, &shown, batch.json);
      batch.json.back() = ',';  // one member more
      batch.json += "\"eventSourceARN\":";
      append_json_string(batch.json, source_arn);
      batch.json += '}';
      batch.records.push_back({begin, batch.json.size() - begin, record.position, record.time,
                               *shown.dynamodb->sequence_number, dynamodb::key_hash(record)});
    });
    if (!read) batch.json.resize(begin);
  }
  return batch;
}

std::shared_ptr<void> DynamoDbStreamSource::subscribe(std::string_view source_arn, const lambda::SourceShard& shard,
                                                      std::function<void()> changed) {
  auto reader = streams_.find_shard(source_arn, shard.id);
  return reader ? reader->log.subscribe(std::move(changed)) : nullptr;
}

}  // namespace leat::integration
