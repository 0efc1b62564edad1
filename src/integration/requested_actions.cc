#include "integration/requested_actions.h"

#include "aws/arn.h"
#include "aws/dynamodbstreams/types.h"
#include "aws/kinesis/types.h"
#include "aws/sqs/types.h"
#include "integration/dynamodb_actions.h"
#include "integration/iam_actions.h"
#include "integration/rights.h"
#include "service/dynamodb/stream/streams.h"
#include "service/kinesis/consumer.h"
#include "service/kinesis/iterator.h"
#include "service/sqs/move_task.h"

namespace leat::integration {
namespace {

using Actions = std::vector<RequestedAction>;

// A resource that the request names in another way than by a member of its own: all rights are asked for on it.
void put(const aws::Authorization& asked, const std::string& resource, Actions& out) {
  bool found = false;
  for (RequestedAction& each : out) {
    if (each.resource != "*") continue;
    each.resource = resource;
    found = true;
  }
  if (!found) out.push_back({own_action(asked), resource});
}

template <class Input>
const Input& input_of(const aws::Authorization& asked) {
  return *static_cast<const Input*>(asked.input);
}

void add_stream_iterator(const aws::Authorization& asked, const NamedResources&, Actions& out) {
  const auto& token = input_of<dynamodbstreams::GetRecordsInput>(asked).shard_iterator;
  if (const auto iterator = dynamodbstreams::Iterator::parse(token)) put(asked, iterator->stream_arn, out);
}

void add_shard_iterator(const aws::Authorization& asked, const NamedResources&, Actions& out) {
  const auto& token = input_of<kinesis::GetRecordsInput>(asked).shard_iterator;
  if (const auto iterator = kinesis::Iterator::parse(token)) put(asked, iterator->stream_arn, out);
}

void add_page_of_shards(const aws::Authorization& asked, const NamedResources&, Actions& out) {
  const auto& token = input_of<kinesis::ListShardsInput>(asked).next_token;
  const auto page = token ? kinesis::ShardsPage::parse(*token) : std::nullopt;
  const auto& caller = asked.caller;
  if (page) put(asked, aws::make_arn("kinesis", caller.region, caller.account, "stream/" + page->stream), out);
}

void add_move_task(const aws::Authorization& asked, const NamedResources&, Actions& out) {
  const auto task = sqs::parse_handle(input_of<sqs::CancelMessageMoveTaskRequest>(asked).task_handle);
  if (task) put(asked, task->source.arn(), out);
}

// Without a destination messages go back to where they came from.
void add_sources(const aws::Authorization& asked, const NamedResources& named, Actions& out) {
  const auto& input = input_of<sqs::StartMessageMoveTaskRequest>(asked);
  const auto queue = input.destination_arn ? std::nullopt : sqs::parse_queue_arn(input.source_arn);
  if (!queue) return;
  for (const auto& source : named.sqs.dead_letter_sources(*queue)) out.push_back({"sqs:SendMessage", source.arn()});
}

void set_owner(const aws::Authorization& asked, const NamedResources&, Actions& out) {
  const auto& input = input_of<sqs::GetQueueUrlRequest>(asked);
  const auto& owner = input.queue_owner_aws_account_id;
  if (owner) out = {{own_action(asked), sqs::QueueId{*owner, asked.caller.region, input.queue_name}.arn()}};
}

// A consumer's ARN ends with a time, which those who call it by its name leave out.
void complete_consumer(const aws::Authorization&, const NamedResources& named, Actions& out) {
  for (RequestedAction& each : out) {
    const auto stream = named.kinesis.find_or_null(kinesis::stream_arn_in(each.resource));
    if (!stream) continue;
    if (auto found = find_consumer(named.kinesis, *stream, kinesis::consumer_name_in(each.resource)))
      each.resource = std::move(found->consumer_arn);
  }
}

struct Entry {
  std::string_view service, operation;
  void (*mend)(const aws::Authorization& asked, const NamedResources& named, Actions& out);
};
constexpr Entry kNamedOtherwise[] = {
    {"kinesis", "GetRecords", add_shard_iterator},
    {"dynamodbstreams", "GetRecords", add_stream_iterator},
    {"kinesis", "ListShards", add_page_of_shards},
    {"kinesis", "DescribeStreamConsumer", complete_consumer},
    {"kinesis", "DeregisterStreamConsumer", complete_consumer},
    {"sqs", "CancelMessageMoveTask", add_move_task},
    {"sqs", "StartMessageMoveTask", add_sources},
    {"sqs", "GetQueueUrl", set_owner},
};

bool names_keys(const aws::Operation& operation) { return operation.resource.find(" @") != std::string_view::npos; }

}  // namespace

std::vector<RequestedAction> requested_actions(const aws::Authorization& asked, const NamedResources& named) {
  if (asked.service.id == "dynamodb") {
    if (auto actions = item_actions(asked, named.tables)) return std::move(*actions);
  }
  std::vector<RequestedAction> out = rights_of(asked);
  for (const Entry& each : kNamedOtherwise) {
    if (each.operation == asked.operation.name && each.service == asked.service.id) each.mend(asked, named, out);
  }
  if (asked.service.id == "iam") return iam_actions(asked, named.iam, std::move(out));
  if (names_keys(asked.operation)) {
    for (auto& each : out) each.conditions = [&asked](auto& keys) { add_named_keys(asked, keys); };
  }
  return out;
}

}  // namespace leat::integration
