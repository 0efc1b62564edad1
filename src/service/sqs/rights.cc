// Which of its queues a request is on, and what they say of themselves.
#include "aws/rights.h"
#include "aws/sqs/operations.h"
#include "service/sqs/move_task.h"
#include "service/sqs/sqs.h"

namespace leat::sqs {
namespace {

using Actions = aws::RequestedActions;

void add_move_task(const aws::Authorization& asked, Sqs&, Actions& out) {
  const auto task = parse_handle(aws::input_of<CancelMessageMoveTaskRequest>(asked).task_handle);
  if (task) aws::put_resource(asked, task->source.arn(), out);
}

// Without a destination messages go back to where they came from.
void add_sources(const aws::Authorization& asked, Sqs& sqs, Actions& out) {
  const auto& input = aws::input_of<StartMessageMoveTaskRequest>(asked);
  const auto queue = input.destination_arn ? std::nullopt : parse_queue_arn(input.source_arn);
  if (!queue) return;
  for (const auto& source : sqs.dead_letter_sources(*queue)) out.push_back({"sqs:SendMessage", source.arn()});
}

void set_owner(const aws::Authorization& asked, Sqs&, Actions& out) {
  const auto& input = aws::input_of<GetQueueUrlRequest>(asked);
  const auto& owner = input.queue_owner_aws_account_id;
  if (owner)
    out = {{std::string(asked.operation.action), QueueId{*owner, asked.caller.region, input.queue_name}.arn()}};
}

struct NamedOtherwise {
  std::string_view operation;
  void (*mend)(const aws::Authorization& asked, Sqs& sqs, Actions& out);
};
constexpr NamedOtherwise kNamedOtherwise[] = {
    {"CancelMessageMoveTask", add_move_task},
    {"StartMessageMoveTask", add_sources},
    {"GetQueueUrl", set_owner},
};

}  // namespace

Actions Sqs::requested_actions(const aws::Authorization& asked) {
  Actions out = Service::requested_actions(asked);
  for (const auto& each : kNamedOtherwise) {
    if (each.operation == asked.operation.name) each.mend(asked, *this, out);
  }
  return out;
}

// Queues are named by their URLs.
std::vector<std::string> Sqs::resources(const aws::Authorization& asked, std::string_view pattern) const {
  std::vector<std::string> out = aws::filled(asked, pattern);
  for (std::string& each : out) {
    const auto queue = aws::is_whole(each) ? std::nullopt : parse_queue_url(asked.caller, each);
    if (queue) each = queue->arn();
  }
  return out;
}

std::string Sqs::resource_policy(std::string_view arn) {
  const auto queue = find_or_null(arn);
  if (!queue) return {};
  const auto definition = queue->definition();
  const auto policy = definition->stored.attributes->find("Policy");
  return policy == definition->stored.attributes->end() ? std::string() : policy->second;
}

aws::Map<std::string> Sqs::resource_tags(std::string_view arn) {
  const auto queue = find_or_null(arn);
  return queue ? queue->definition()->stored.tags.value_or(aws::Map<std::string>()) : aws::Map<std::string>();
}

}  // namespace leat::sqs
