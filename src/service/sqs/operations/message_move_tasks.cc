#include <fmt/format.h>

#include "aws/sqs/operations.h"
#include "base/encoding.h"
#include "service/sqs/move_task.h"

namespace leat::sqs {
namespace {

constexpr std::int32_t kMaxRate = 500;  // messages a second
constexpr std::int32_t kMaxShown = 10;

// Move tasks stay in an account.
aws::Result<QueuePtr> find_by_arn(Sqs& sqs, const aws::Caller& caller, const std::string& arn,
                                  std::string_view parameter) {
  const auto id = parse_queue_arn(arn);
  QueuePtr found = id && id->account == caller.account ? sqs.find_or_null(*id) : nullptr;
  if (found) return found;
  return aws::fail(errors::kResourceNotFound,
                   fmt::format("The resource that you specified for the {} parameter doesn't exist.", parameter));
}

}  // namespace

aws::Result<StartMessageMoveTaskResult> start_message_move_task(Sqs& sqs, const aws::Caller& caller,
                                                                const StartMessageMoveTaskRequest& input) {
  std::lock_guard lock(sqs.definition_mutex());
  const QueuePtr source = TRY(find_by_arn(sqs, caller, input.source_arn, "SourceArn"));
  if (sqs.dead_letter_sources(source->id()).empty())
    return aws::fail(errors::kInvalidParameterValue, "Source queue must be configured as a Dead Letter Queue.");
  if (input.destination_arn) TRY(find_by_arn(sqs, caller, *input.destination_arn, "DestinationArn"));
  const std::int32_t rate = input.max_number_of_messages_per_second.value_or(kMaxRate);
  if (rate < 1 || rate > kMaxRate) {
    return aws::fail(errors::kInvalidParameterValue,
                     fmt::format("Value {} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: "
                                 "MaxNumberOfMessagesPerSecond must be an integer between 1 and 500.",
                                 rate));
  }
  for (const MoveTask& each : move_tasks(sqs, source->id())) {
    if (each.status == "RUNNING")
      return aws::fail(errors::kUnsupportedOperation,
                       "There is already a task running. Only one active task is allowed "
                       "for a source queue arn at a given time.");
  }
  MoveTask task;
  task.source_arn = input.source_arn;
  task.destination_arn = input.destination_arn;
  task.max_number_of_messages_per_second = input.max_number_of_messages_per_second;
  task.started_timestamp = to_millis(sqs.parts().clock.now());
  task.status = "RUNNING";
  task.approximate_number_of_messages_moved = 0;
  task.approximate_number_of_messages_to_move = source->counts().visible;
  task.task_handle = handle_of({source->id(), *task.started_timestamp});
  kv::Batch batch;
  save_move_task(batch, source->id(), task);
  stage_move(batch, sqs, source->id(), task, sqs.parts().clock.now());
  (void)sqs.parts().store.commit(batch);
  sqs.parts().schedule.armed(kMoveKind);
  StartMessageMoveTaskResult output;
  output.task_handle = task.task_handle;
  return output;
}

aws::Result<CancelMessageMoveTaskResult> cancel_message_move_task(Sqs& sqs, const aws::Caller& caller,
                                                                  const CancelMessageMoveTaskRequest& input) {
  const auto not_found = [] { return aws::fail(errors::kResourceNotFound, "Task does not exist."); };
  const auto given = parse_handle(input.task_handle);
  if (!given || given->source.account != caller.account) return not_found();
  const QueueId& id = given->source;
  std::lock_guard lock(sqs.definition_mutex());
  auto task = find_move_task(sqs, id, given->started);
  if (!task) return not_found();
  if (task->status != "RUNNING") return aws::fail(errors::kUnsupportedOperation, "Only active tasks can be cancelled.");
  task->status = "CANCELLED";
  kv::Batch batch;
  save_move_task(batch, id, *task);
  (void)sqs.parts().store.commit(batch);
  CancelMessageMoveTaskResult output;
  output.approximate_number_of_messages_moved = task->approximate_number_of_messages_moved;
  return output;
}

aws::Result<ListMessageMoveTasksResult> list_message_move_tasks(Sqs& sqs, const aws::Caller& caller,
                                                                const ListMessageMoveTasksRequest& input) {
  const QueuePtr source = TRY(find_by_arn(sqs, caller, input.source_arn, "SourceArn"));
  const std::int32_t limit = input.max_results.value_or(1);
  if (limit < 1 || limit > kMaxShown) {
    return aws::fail(errors::kInvalidParameterValue,
                     fmt::format("Value {} for parameter MaxResults is invalid. Reason: MaxResults must be an integer "
                                 "between 1 and 10.",
                                 limit));
  }
  ListMessageMoveTasksResult output;
  auto& shown = output.results.emplace();
  for (MoveTask& task : move_tasks(sqs, source->id())) {
    if (shown.size() == static_cast<std::size_t>(limit)) break;
    if (task.status != "RUNNING") task.task_handle.reset();  // only what can be cancelled has one
    shown.push_back(std::move(task));
  }
  return output;
}

}  // namespace leat::sqs
