#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "aws/kinesis/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/kinesis/consumer.h"
#include "service/kinesis/shard_change.h"
#include "service/kinesis/tags.h"

namespace leat::kinesis {
namespace {

constexpr std::int32_t kMaxShards = 10000;
constexpr std::int32_t kOnDemandShards = 4;
constexpr std::int32_t kDefaultRetention = 24;     // hours
constexpr std::int32_t kDefaultRecordSize = 1024;  // KiB
constexpr std::int32_t kPage = 100;

StreamDescriptionSummary describe_new(Kinesis& kinesis, const aws::Caller& caller, const CreateStreamInput& input) {
  StreamDescriptionSummary out;
  out.stream_name = input.stream_name;
  out.stream_arn = aws::make_arn("kinesis", caller.region, caller.account, "stream/" + input.stream_name);
  out.stream_id = fmt::format("{}-{}", input.stream_name, to_millis(kinesis.now()));
  out.stream_status = "ACTIVE";
  out.stream_mode_details.emplace().stream_mode =
      input.stream_mode_details ? input.stream_mode_details->stream_mode : "PROVISIONED";
  out.retention_period_hours = kDefaultRetention;
  out.stream_creation_timestamp = kinesis.now();
  out.enhanced_monitoring.emplace_back().shard_level_metrics.emplace();
  out.encryption_type = "NONE";
  out.consumer_count = 0;
  if (input.warm_throughput_mi_bps)
    out.warm_throughput = {.target_mi_bps = input.warm_throughput_mi_bps,
                           .current_mi_bps = input.warm_throughput_mi_bps};
  out.max_record_size_in_ki_b = input.max_record_size_in_ki_b.value_or(kDefaultRecordSize);
  return out;
}

StreamDescription description_of(const Stream& stream) {
  const auto& summary = stream.summary;
  StreamDescription out;
  out.stream_name = summary.stream_name;
  out.stream_arn = summary.stream_arn;
  out.stream_status = summary.stream_status;
  out.stream_mode_details = summary.stream_mode_details;
  out.retention_period_hours = summary.retention_period_hours;
  out.stream_creation_timestamp = summary.stream_creation_timestamp;
  out.enhanced_monitoring = summary.enhanced_monitoring;
  out.encryption_type = summary.encryption_type;
  out.key_id = summary.key_id;
  return out;
}

}  // namespace

aws::Result<void> create_stream(Kinesis& kinesis, const aws::Caller& caller, const CreateStreamInput& input) {
  const StreamDescriptionSummary summary = describe_new(kinesis, caller, input);
  const bool provisioned = summary.stream_mode_details->stream_mode == "PROVISIONED";
  if (provisioned && !input.shard_count)
    return aws::fail(errors::kInvalidArgument, "ShardCount is required for streams in PROVISIONED mode.");
  const std::int32_t count = provisioned ? *input.shard_count : kOnDemandShards;
  if (count > kMaxShards) {
    return aws::fail(errors::kLimitExceeded,
                     fmt::format("This request would exceed the shard limit for the account {} in {}. Limit: {}.",
                                 caller.account, caller.region, kMaxShards));
  }
  std::unique_lock lock(kinesis.definitions());
  if (kinesis.find_or_null(caller.account, caller.region, input.stream_name)) {
    return aws::fail(errors::kResourceInUse,
                     fmt::format("Stream {} under account {} already exists.", input.stream_name, caller.account));
  }
  kv::Batch batch;
  if (input.tags) stage_tags(batch, caller, summary.stream_arn, *input.tags);
  stage_retention(batch, kinesis, caller, summary);
  (void)kinesis.store().commit(batch);
  Stream stream;
  stream.account = caller.account;
  stream.region = caller.region;
  stream.summary = summary;
  ShardChange change(kinesis, stream);
  change.create(static_cast<std::size_t>(count));
  change.commit(summary);
  retention_staged(kinesis);
  return {};
}

aws::Result<void> delete_stream(Kinesis& kinesis, const aws::Caller& caller, const DeleteStreamInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  const auto consumers = consumers_of(kinesis, *stream);
  if (!consumers.empty() && !input.enforce_consumer_deletion.value_or(false)) {
    return aws::fail(errors::kResourceInUse,
                     fmt::format("Stream {} under account {} has consumers registered. Deregister them or set "
                                 "EnforceConsumerDeletion.",
                                 stream->name(), caller.account));
  }
  kv::Batch batch;
  batch.erase(stream_row(caller.account, caller.region, stream->name()));
  for (const char kind : {'s', 'l'})
    batch.erase(kv::prefix_range(room_key(caller.account, caller.region, stream->name(), kind)));
  batch.erase(kv::prefix_range(consumers_prefix(caller.account, caller.region, stream->name())));
  stage_erase_kept(batch, caller, stream->arn());
  for (const auto& consumer : consumers) stage_erase_kept(batch, caller, consumer.consumer_arn);
  (void)kinesis.store().commit(batch);
  kinesis.changed(caller.account, caller.region, stream->name());
  return {};
}

aws::Result<DescribeStreamOutput> describe_stream(Kinesis& kinesis, const aws::Caller& caller,
                                                  const DescribeStreamInput& input) {
  const StreamPtr stream = TRY(kinesis.find_shared(caller, input.stream_name, input.stream_arn));
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kPage));
  DescribeStreamOutput output;
  output.stream_description = description_of(*stream);
  for (const StreamShard& each : stream->shards) {
    if (input.exclusive_start_shard_id && each.shard.shard_id <= *input.exclusive_start_shard_id) continue;
    if (output.stream_description.shards.size() == limit) {
      output.stream_description.has_more_shards = true;
      break;
    }
    output.stream_description.shards.push_back(each.shard);
  }
  return output;
}

aws::Result<DescribeStreamSummaryOutput> describe_stream_summary(Kinesis& kinesis, const aws::Caller& caller,
                                                                 const DescribeStreamSummaryInput& input) {
  const StreamPtr stream = TRY(kinesis.find_shared(caller, input.stream_name, input.stream_arn));
  DescribeStreamSummaryOutput output;
  output.stream_description_summary = stream->summary;
  output.stream_description_summary.consumer_count = static_cast<std::int32_t>(consumers_of(kinesis, *stream).size());
  return output;
}

aws::Result<ListStreamsOutput> list_streams(Kinesis& kinesis, const aws::Caller& caller,
                                            const ListStreamsInput& input) {
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kPage));
  std::string after = input.exclusive_start_stream_name.value_or("");
  if (input.next_token) after = base64_decode(*input.next_token).value_or("");
  kv::Range range = kv::prefix_range(home_key(caller.account, caller.region, 's'));
  if (!after.empty()) range.begin = stream_row(caller.account, caller.region, after) + '\0';
  ListStreamsOutput output;
  auto& summaries = output.stream_summaries.emplace();
  const auto cursor = kinesis.store().scan(range, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    if (output.stream_names.size() == limit) {
      output.has_more_streams = true;
      output.next_token = base64_encode(output.stream_names.back());
      break;
    }
    const auto stream = kv::read_sound(*cursor, &aws::from_json<StreamDescriptionSummary>);
    if (!stream) continue;
    output.stream_names.push_back(stream->stream_name);
    auto& summary = summaries.emplace_back();
    summary.stream_name = stream->stream_name;
    summary.stream_arn = stream->stream_arn;
    summary.stream_status = stream->stream_status;
    summary.stream_mode_details = stream->stream_mode_details;
    summary.stream_creation_timestamp = stream->stream_creation_timestamp;
  }
  return output;
}

aws::Result<DescribeLimitsOutput> describe_limits(Kinesis& kinesis, const aws::Caller& caller,
                                                  const DescribeLimitsInput&) {
  DescribeLimitsOutput output;
  output.shard_limit = kMaxShards;
  output.open_shard_count = 0;
  output.on_demand_stream_count = 0;
  output.on_demand_stream_count_limit = 50;
  const auto cursor =
      kinesis.store().scan(kv::prefix_range(home_key(caller.account, caller.region, 's')), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    const auto stream = kv::read_sound(*cursor, &aws::from_json<StreamDescriptionSummary>);
    if (!stream) continue;
    output.open_shard_count += stream->open_shard_count;
    if (stream->stream_mode_details->stream_mode == "ON_DEMAND") ++output.on_demand_stream_count;
  }
  return output;
}

}  // namespace leat::kinesis
