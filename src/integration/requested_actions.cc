#include "integration/requested_actions.h"

#include <algorithm>

#include "aws/arn.h"
#include "aws/dynamodbstreams/types.h"
#include "aws/kinesis/types.h"
#include "aws/sqs/types.h"
#include "integration/dynamodb_actions.h"
#include "integration/iam_actions.h"
#include "integration/rights.h"
#include "service/dynamodb/stream/streams.h"
#include "service/kinesis/iterator.h"
#include "service/sqs/move_task.h"

namespace leat::integration {
namespace {

// Whose resource stands in a token that leat gave out: its ARN, or nothing where there is no such token.
using Reading = std::string (*)(const aws::Authorization& asked);

std::string of_stream_iterator(const aws::Authorization& asked) {
  const auto& input = *static_cast<const dynamodbstreams::GetRecordsInput*>(asked.input);
  const auto iterator = dynamodbstreams::Iterator::parse(input.shard_iterator);
  return iterator ? iterator->stream_arn : std::string();
}

std::string of_shard_iterator(const aws::Authorization& asked) {
  const auto iterator = kinesis::Iterator::parse(static_cast<const kinesis::GetRecordsInput*>(asked.input)->shard_iterator);
  return iterator ? iterator->stream_arn : std::string();
}

std::string of_page_of_shards(const aws::Authorization& asked) {
  const auto& token = static_cast<const kinesis::ListShardsInput*>(asked.input)->next_token;
  const auto page = token ? kinesis::ShardsPage::parse(*token) : std::nullopt;
  return page ? aws::make_arn("kinesis", asked.caller.region, asked.caller.account, "stream/" + page->stream) : std::string();
}

std::string of_move_task(const aws::Authorization& asked) {
  const auto& input = *static_cast<const sqs::CancelMessageMoveTaskRequest*>(asked.input);
  const auto task = sqs::parse_handle(input.task_handle);
  return task ? task->source.arn() : std::string();
}

struct Entry {
  std::string_view service, operation;
  Reading read;
};
constexpr Entry kReadings[] = {
    {"kinesis", "GetRecords", of_shard_iterator},
    {"dynamodbstreams", "GetRecords", of_stream_iterator},
    {"kinesis", "ListShards", of_page_of_shards},
    {"sqs", "CancelMessageMoveTask", of_move_task},
};

std::string resource_in_token(const aws::Authorization& asked) {
  const auto* found = std::find_if(std::begin(kReadings), std::end(kReadings), [&](const Entry& each) {
    return each.operation == asked.operation.name && each.service == asked.service.id;
  });
  return found == std::end(kReadings) ? std::string() : found->read(asked);
}

bool names_keys(const aws::Operation& operation) { return operation.resource.find(" @") != std::string_view::npos; }

}  // namespace

std::vector<RequestedAction> requested_actions(const aws::Authorization& asked, dynamodb::Tables& tables,
                                               const iam::Iam& iam) {
  if (asked.service.id == "dynamodb") {
    if (auto actions = item_actions(asked, tables)) return std::move(*actions);
  }
  if (std::string resource = resource_in_token(asked); !resource.empty()) return {{own_action(asked), std::move(resource)}};
  std::vector<RequestedAction> out = rights_of(asked);
  if (asked.service.id == "iam") return iam_actions(asked, iam, std::move(out));
  if (names_keys(asked.operation)) {
    for (auto& each : out) each.conditions = [&asked](auto& keys) { add_named_keys(asked, keys); };
  }
  return out;
}

}  // namespace leat::integration
