#include <fmt/format.h>

#include <mutex>

#include "aws/kinesis/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/kinesis/consumer.h"
#include "service/kinesis/tags.h"

namespace leat::kinesis {
namespace {

constexpr std::size_t kMaxConsumers = 20;

std::string consumer_row(const Stream& stream, std::string_view consumer) {
  return consumers_prefix(stream.account, stream.region, stream.name()) + kv::make_key(consumer);
}

template <class Input>
aws::Result<Registered> find(Kinesis& kinesis, const aws::Caller& caller, const Input& input) {
  if (!input.consumer_arn) {
    const std::string name = input.consumer_name.value_or("");
    const StreamPtr stream = TRY(kinesis.find_shared(caller, std::nullopt, input.stream_arn));
    if (auto consumer = find_consumer(kinesis, *stream, name)) return Registered{stream, std::move(*consumer)};
    return consumer_not_found(caller, name);
  }
  Registered found = TRY(find_consumer(kinesis, caller, *input.consumer_arn));
  if (input.stream_arn.value_or(found.stream->arn()) != found.stream->arn() ||
      input.consumer_name.value_or(found.consumer.consumer_name) != found.consumer.consumer_name)
    return aws::fail(errors::kInvalidArgument, "ConsumerARN, StreamARN and ConsumerName must be of the same consumer.");
  return found;
}

Consumer summary_of(const ConsumerDescription& consumer) {
  Consumer out;
  out.consumer_name = consumer.consumer_name;
  out.consumer_arn = consumer.consumer_arn;
  out.consumer_status = consumer.consumer_status;
  out.consumer_creation_timestamp = consumer.consumer_creation_timestamp;
  return out;
}

}  // namespace

aws::Result<RegisterStreamConsumerOutput> register_stream_consumer(Kinesis& kinesis, const aws::Caller& caller,
                                                                   const RegisterStreamConsumerInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, std::nullopt, input.stream_arn));
  const auto others = consumers_of(kinesis, *stream);
  for (const auto& other : others) {
    if (other.consumer_name == input.consumer_name) {
      return aws::fail(errors::kResourceInUse,
                       fmt::format("Consumer {} for stream {} already exists.", input.consumer_name, stream->name()));
    }
  }
  if (others.size() >= kMaxConsumers)
    return aws::fail(errors::kLimitExceeded, fmt::format("Consumer count exceeds the limit of {}.", kMaxConsumers));
  ConsumerDescription made;
  made.consumer_name = input.consumer_name;
  made.consumer_arn =
      fmt::format("{}/consumer/{}:{}", stream->arn(), input.consumer_name, to_millis(kinesis.now()) / 1000);
  made.consumer_status = "ACTIVE";
  made.consumer_creation_timestamp = kinesis.now();
  made.stream_arn = stream->arn();
  kv::Batch batch;
  batch.put(consumer_row(*stream, input.consumer_name), aws::to_json(made));
  if (input.tags) stage_tags(batch, caller, made.consumer_arn, *input.tags);
  (void)kinesis.store().commit(batch);
  RegisterStreamConsumerOutput output;
  output.consumer = summary_of(made);
  output.consumer.consumer_status = "CREATING";
  return output;
}

aws::Result<void> deregister_stream_consumer(Kinesis& kinesis, const aws::Caller& caller,
                                             const DeregisterStreamConsumerInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const Registered found = TRY(find(kinesis, caller, input));
  if (found.stream->account != caller.account) return consumer_not_found(caller, found.consumer.consumer_arn);
  kv::Batch batch;
  stage_erase_kept(batch, caller, found.consumer.consumer_arn);
  batch.erase(consumer_row(*found.stream, found.consumer.consumer_name));
  (void)kinesis.store().commit(batch);
  return {};
}

aws::Result<DescribeStreamConsumerOutput> describe_stream_consumer(Kinesis& kinesis, const aws::Caller& caller,
                                                                   const DescribeStreamConsumerInput& input) {
  DescribeStreamConsumerOutput output;
  output.consumer_description = TRY(find(kinesis, caller, input)).consumer;
  return output;
}

aws::Result<ListStreamConsumersOutput> list_stream_consumers(Kinesis& kinesis, const aws::Caller& caller,
                                                             const ListStreamConsumersInput& input) {
  constexpr std::int32_t kPage = 100;
  const StreamPtr stream = TRY(kinesis.find(caller, std::nullopt, input.stream_arn));
  const std::string after = input.next_token ? base64_decode(*input.next_token).value_or("") : "";
  ListStreamConsumersOutput output;
  auto& shown = output.consumers.emplace();
  for (const auto& consumer : consumers_of(kinesis, *stream)) {
    if (consumer.consumer_name <= after) continue;
    if (shown.size() == static_cast<std::size_t>(input.max_results.value_or(kPage))) {
      output.next_token = base64_encode(shown.back().consumer_name);
      break;
    }
    shown.push_back(summary_of(consumer));
  }
  return output;
}

}  // namespace leat::kinesis
