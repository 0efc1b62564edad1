#include <algorithm>

#include "aws/dynamodbstreams/operations.h"
#include "service/dynamodb/stream/streams.h"

namespace leat::dynamodbstreams {

aws::Result<DescribeStreamOutput> describe_stream(Streams& streams, const aws::Caller&,
                                                  const DescribeStreamInput& input) {
  constexpr std::int32_t kPage = 100;
  DescribeStreamOutput output;
  auto& description = output.stream_description.emplace(TRY(streams.find(input.stream_arn)));
  auto& shards = *description.shards;
  std::sort(shards.begin(), shards.end(), [](const Shard& a, const Shard& b) { return a.shard_id < b.shard_id; });
  if (input.shard_filter && !input.shard_filter->type)
    return aws::fail(errors::kValidation,
                     "1 validation error detected: Value null at 'shardFilter.type' failed to satisfy constraint: Member "
                     "must not be null");
  if (input.shard_filter && input.shard_filter->type == "CHILD_SHARDS") {
    if (!input.shard_filter->shard_id)
      return aws::fail(errors::kValidation, "ShardId must be provided when ShardFilter type is CHILD_SHARDS");
    std::erase_if(shards, [&](const Shard& each) { return each.parent_shard_id != input.shard_filter->shard_id; });
  }
  if (input.exclusive_start_shard_id) {
    std::erase_if(shards, [&](const Shard& each) { return each.shard_id <= input.exclusive_start_shard_id; });
  }
  const auto limit = static_cast<std::size_t>(input.limit.value_or(kPage));
  if (shards.size() > limit) {
    shards.resize(limit);
    description.last_evaluated_shard_id = shards.back().shard_id;
  }
  return output;
}

}  // namespace leat::dynamodbstreams
