#include "aws/kinesis/operations.h"
#include "service/kinesis/consumer.h"
#include "service/kinesis/subscription.h"

namespace leat::kinesis {

aws::Result<SubscribeToShardOutput> subscribe_to_shard(Kinesis& kinesis, const aws::Caller& caller,
                                                       const SubscribeToShardInput& input) {
  const StreamPtr stream = TRY(find_consumer(kinesis, caller, input.consumer_arn)).stream;
  const StreamShard* shard = TRY(find_shard(*stream, input.shard_id));
  const kv::LogPosition from = TRY(position_of(kinesis, *stream, *shard, input.starting_position));
  const auto subscription = std::make_shared<Subscription>(kinesis, input.consumer_arn, *shard, from);
  TRY_VOID(kinesis.subscriptions().add(input.consumer_arn, input.shard_id, subscription));
  SubscribeToShardOutput output;
  output.event_stream = [subscription](aws::EventSinkPtr sink) { subscription->begin(std::move(sink)); };
  return output;
}

}  // namespace leat::kinesis
