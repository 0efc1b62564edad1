#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "aws/kinesis/operations.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/kinesis/iterator.h"
#include "service/kinesis/shard_change.h"

namespace leat::kinesis {
namespace {

std::unexpected<aws::Error> invalid(std::string message) {
  return aws::fail(errors::kInvalidArgument, std::move(message));
}

aws::Result<const StreamShard*> find_open(const Stream& stream, const std::string& shard_id) {
  const StreamShard* found = stream.find_shard(shard_id);
  if (!found) {
    return aws::fail(errors::kResourceNotFound, fmt::format("Could not find shard {} in stream {} under account {}.",
                                                            shard_id, stream.name(), stream.account));
  }
  if (found->is_open()) return found;
  return invalid(
      fmt::format("Shard {} in stream {} under account {} is closed.", shard_id, stream.name(), stream.account));
}

// Whether a shard is shown by a filter.
bool passes(const Kinesis& kinesis, const Stream& stream, const StreamShard& shard,
            const std::optional<ShardFilter>& filter) {
  if (!filter) return true;
  if (filter->type == "AFTER_SHARD_ID") return shard.shard.shard_id > filter->shard_id.value_or("");
  if (filter->type == "AT_LATEST") return shard.is_open();
  const auto closed = kinesis.log(shard).closed_at();
  const TimePoint horizon = kinesis.horizon(stream);
  const TimePoint moment = std::max(horizon, filter->timestamp.value_or(horizon));
  const bool open_then = !closed || *closed > moment;
  if (filter->type == "AT_TRIM_HORIZON" || filter->type == "AT_TIMESTAMP") {
    // Open at that moment: not closed yet, and not a child of one that was open.
    if (!open_then || !shard.shard.parent_shard_id) return open_then;
    const StreamShard* parent = stream.find_shard(*shard.shard.parent_shard_id);
    const auto parent_closed = parent ? kinesis.log(*parent).closed_at() : std::nullopt;
    return !parent_closed || *parent_closed <= moment;
  }
  return open_then;  // FROM_TRIM_HORIZON, FROM_TIMESTAMP
}

}  // namespace

aws::Result<ListShardsOutput> list_shards(Kinesis& kinesis, const aws::Caller& caller, const ListShardsInput& input) {
  constexpr std::int32_t kPage = 1000;
  ShardsPage page{"", input.exclusive_start_shard_id.value_or("")};
  std::optional<std::string> name = input.stream_name;
  if (input.next_token) {
    if (input.stream_name) return invalid("NextToken and StreamName cannot be provided together.");
    const auto parsed = ShardsPage::parse(*input.next_token);
    if (!parsed) return invalid("Invalid NextToken.");
    page = *parsed;
    name = page.stream;
  }
  const StreamPtr stream = TRY(kinesis.find_shared(caller, name, input.stream_arn));
  const auto limit = static_cast<std::size_t>(input.max_results.value_or(kPage));
  ListShardsOutput output;
  auto& shown = output.shards.emplace();
  for (const StreamShard& each : stream->shards) {
    if (each.shard.shard_id <= page.after || !passes(kinesis, *stream, each, input.shard_filter)) continue;
    if (shown.size() == limit) {
      output.next_token = ShardsPage{stream->name(), shown.back().shard_id}.token();
      break;
    }
    shown.push_back(each.shard);
  }
  return output;
}

aws::Result<void> split_shard(Kinesis& kinesis, const aws::Caller& caller, const SplitShardInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  const StreamShard* shard = TRY(find_open(*stream, input.shard_to_split));
  const auto at = parse_hash_key(input.new_starting_hash_key);
  if (!at || *at <= shard->first || *at >= shard->last) {
    return invalid(
        fmt::format("NewStartingHashKey {} used in SplitShard() on shard {} in stream {} under account {} is not "
                    "both greater than one plus the shard's StartingHashKey {} and less than the shard's "
                    "EndingHashKey {}.",
                    input.new_starting_hash_key, input.shard_to_split, stream->name(), stream->account,
                    format_hash_key(shard->first), format_hash_key(shard->last)));
  }
  ShardChange change(kinesis, *stream);
  change.split(*shard, *at);
  change.commit(stream->summary);
  return {};
}

aws::Result<void> merge_shards(Kinesis& kinesis, const aws::Caller& caller, const MergeShardsInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  const StreamShard* left = TRY(find_open(*stream, input.shard_to_merge));
  const StreamShard* right = TRY(find_open(*stream, input.adjacent_shard_to_merge));
  if (left->first > right->first) std::swap(left, right);
  if (left == right || left->last + 1 != right->first) {
    return invalid(
        fmt::format("Shards {} and {} in stream {} under account {} are not an adjacent pair of shards eligible "
                    "for merging",
                    input.shard_to_merge, input.adjacent_shard_to_merge, stream->name(), stream->account));
  }
  ShardChange change(kinesis, *stream);
  change.merge(*left, *right);
  change.commit(stream->summary);
  return {};
}

aws::Result<UpdateShardCountOutput> update_shard_count(Kinesis& kinesis, const aws::Caller& caller,
                                                       const UpdateShardCountInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  const auto current = static_cast<std::int32_t>(stream->open.size()), target = input.target_shard_count;
  if (stream->summary.stream_mode_details->stream_mode == "ON_DEMAND")
    return aws::fail(errors::kValidation, "UpdateShardCount is not supported for streams in ON_DEMAND mode.");
  if (target > 2 * current) {
    return invalid(
        fmt::format("UpdateShardCount cannot scale up over double your current open shard count. Current open "
                    "shard count: {} Target shard count: {}",
                    current, target));
  }
  if (2 * target < current) {
    return invalid(
        fmt::format("UpdateShardCount cannot scale down below half your current open shard count. Current open "
                    "shard count: {} Target shard count: {}",
                    current, target));
  }
  ShardChange change(kinesis, *stream);
  change.scale(static_cast<std::size_t>(target));
  change.commit(stream->summary);
  UpdateShardCountOutput output;
  output.stream_name = stream->name();
  output.stream_arn = stream->arn();
  output.current_shard_count = current;
  output.target_shard_count = target;
  return output;
}

}  // namespace leat::kinesis
