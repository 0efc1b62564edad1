#include "integration/kinesis_to_lambda.h"

#include <fmt/format.h>

#include "aws/lambda/types.h"
#include "base/encoding.h"

namespace leat::integration {
namespace {

// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
void append_event(std::string& out, const kinesis::Stream& stream, const kinesis::Shard& shard,
                  const shardlog::Record& record, std::string_view role_arn) {
  const auto decoded = kinesis::decode_record(record.payload);
  const std::string number = kinesis::sequence_number(shard, record.position);
  out += "{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":";
  append_json_string(out, decoded.partition_key);
  out += fmt::format(",\"sequenceNumber\":\"{}\",\"data\":\"", number);
  append_base64(out, decoded.data);
  const std::int64_t millis = to_millis(record.time);
  out += fmt::format(
      "\",\"approximateArrivalTimestamp\":{}.{:03}}},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\","
      "\"eventID\":"
      "\"{}:{}\",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":",
      millis / 1000, millis % 1000, shard.shard_id, number);
  append_json_string(out, role_arn);
  out += fmt::format(",\"awsRegion\":\"{}\",\"eventSourceARN\":", stream.region);
  append_json_string(out, stream.arn());
  out += '}';
}

// A stream that was deleted and made again has shards of the same ids.
const kinesis::StreamShard* find(const kinesis::StreamPtr& stream, const lambda::SourceShard& wanted) {
  const auto* shard = stream ? stream->find_shard(wanted.id) : nullptr;
  if (!shard || shard->shard.sequence_number_range.starting_sequence_number != wanted.made) return nullptr;
  return shard;
}

}  // namespace

bool KinesisSource::owns(std::string_view source_arn) const { return !kinesis::stream_name_in(source_arn).empty(); }

aws::Result<std::vector<lambda::SourceShard>> KinesisSource::shards(std::string_view source_arn) {
  const auto stream = kinesis_.find_or_null(source_arn);
  if (!stream)
    return aws::fail(lambda::errors::kInvalidParameterValue, fmt::format("Stream not found: {}", source_arn));
  std::vector<lambda::SourceShard> out;
  for (const auto& each : stream->shards) {
    const auto& shard = each.shard;
    out.push_back({shard.shard_id, shard.parent_shard_id.value_or(""), shard.adjacent_parent_shard_id.value_or(""),
                   shard.sequence_number_range.starting_sequence_number});
  }
  return out;
}

std::uint64_t KinesisSource::start(std::string_view source_arn, const lambda::SourceShard& wanted, const Start& from) {
  const auto stream = kinesis_.find_or_null(source_arn);
  const auto* shard = find(stream, wanted);
  if (!shard) return 1;
  shardlog::Log log = kinesis_.log(*shard);
  if (from.position == "LATEST") return log.end();
  const auto oldest = log.first(kinesis_.horizon(*stream));
  return from.position == "AT_TIMESTAMP" ? std::max(oldest, log.at(from.time)) : oldest;
}

lambda::SourceBatch KinesisSource::read(std::string_view source_arn, const lambda::SourceShard& wanted,
                                        std::uint64_t from, const Limits& limits) {
  lambda::SourceBatch batch;
  batch.next = from;
  const auto stream = kinesis_.find_or_null(source_arn);
  const auto* shard = find(stream, wanted);
  batch.gone = !shard && stream && stream->find_shard(wanted.id);
  if (!shard) return batch;
  shardlog::Log log = kinesis_.log(*shard);
  auto slice = log.read(from, {limits.records, limits.bytes});
  batch.next = slice.next;
  batch.ended = slice.ended;
  const TimePoint horizon = kinesis_.horizon(*stream);
  std::erase_if(slice.records, [&](const shardlog::Record& each) { return each.time < horizon; });
  batch.records.reserve(slice.records.size());
  for (const auto& record : slice.records) {
    const std::size_t begin = batch.json.size();
    append_event(batch.json, *stream, shard->shard, record, limits.role_arn);
    const auto hash = kinesis::hash_of(kinesis::decode_record(record.payload).partition_key);
    batch.records.push_back({begin, batch.json.size() - begin, record.position, record.time,
                             kinesis::sequence_number(shard->shard, record.position),
                             static_cast<std::uint32_t>(hash)});
  }
  return batch;
}

std::shared_ptr<void> KinesisSource::subscribe(std::string_view source_arn, const lambda::SourceShard& wanted,
                                               std::function<void()> changed) {
  const auto stream = kinesis_.find_or_null(source_arn);
  const auto* shard = find(stream, wanted);
  return shard ? kinesis_.log(*shard).subscribe(std::move(changed)) : nullptr;
}

}  // namespace leat::integration
