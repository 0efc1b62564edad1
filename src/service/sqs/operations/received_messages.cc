// What a receiver does with what it has received: delete it, or hide it for longer or shorter.

#include <fmt/format.h>

#include "aws/sqs/operations.h"
#include "service/sqs/batch.h"
#include "service/sqs/sqs.h"

namespace leat::sqs {
namespace {

constexpr std::int32_t kMaxVisibility = 43200;  // seconds

aws::Result<void> change(Queue& queue, const std::string& handle, std::int32_t seconds) {
  if (seconds < 0 || seconds > kMaxVisibility) {
    return aws::fail(
        errors::kInvalidParameterValue,
        fmt::format("Value {} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be "
                    "an integer between 0 and 43200.",
                    seconds));
  }
  return queue.change_visibility(handle, seconds);
}

// Runs `act` for each entry and tells of each what became of it.
template <class Output, class Entry, class Act>
Output each_of(const std::vector<Entry>& entries, Act act) {
  Output output;
  for (const Entry& entry : entries) {
    if (auto done = act(entry); !done)
      output.failed.push_back(refused(entry.id, done.error()));
    else
      output.successful.emplace_back().id = entry.id;
  }
  return output;
}

}  // namespace

aws::Result<void> delete_message(Sqs& sqs, const aws::Caller& caller, const DeleteMessageRequest& input) {
  return TRY(sqs.find(caller, input.queue_url))->remove({input.receipt_handle}).front();
}

aws::Result<DeleteMessageBatchResult> delete_message_batch(Sqs& sqs, const aws::Caller& caller,
                                                           const DeleteMessageBatchRequest& input) {
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  TRY_VOID(check_batch(input.entries, "DeleteMessageBatchRequestEntry"));
  std::vector<std::string> handles;
  for (const auto& entry : input.entries) handles.push_back(entry.receipt_handle);
  const auto done = queue->remove(handles);
  return each_of<DeleteMessageBatchResult>(input.entries,
                                           [&](const auto& entry) { return done[&entry - input.entries.data()]; });
}

aws::Result<void> change_message_visibility(Sqs& sqs, const aws::Caller& caller,
                                            const ChangeMessageVisibilityRequest& input) {
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  return change(*queue, input.receipt_handle, input.visibility_timeout);
}

aws::Result<ChangeMessageVisibilityBatchResult> change_message_visibility_batch(
    Sqs& sqs, const aws::Caller& caller, const ChangeMessageVisibilityBatchRequest& input) {
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  TRY_VOID(check_batch(input.entries, "ChangeMessageVisibilityBatchRequestEntry"));
  return each_of<ChangeMessageVisibilityBatchResult>(input.entries, [&](const auto& entry) {
    return change(*queue, entry.receipt_handle, entry.visibility_timeout.value_or(0));
  });
}

}  // namespace leat::sqs
