#include <fmt/format.h>

#include "aws/sqs/operations.h"
#include "service/sqs/batch.h"
#include "service/sqs/sqs.h"

namespace leat::sqs {
namespace {

constexpr std::size_t kMaxBatchBytes = 1048576;

// SendMessageResult or SendMessageBatchResultEntry, of a draft and what became of it.
template <class Output>
void describe(Output& output, const Draft& draft, const Queue::Sent& sent) {
  output.message_id = sent.message_id;
  output.md5_of_message_body = *draft.message.md5_of_body;
  output.md5_of_message_attributes = draft.message.md5_of_message_attributes;
  if (!draft.md5_of_system_attributes.empty()) output.md5_of_message_system_attributes = draft.md5_of_system_attributes;
  output.sequence_number = sent.sequence_number;
}

}  // namespace

aws::Result<SendMessageResult> send_message(Sqs& sqs, const aws::Caller& caller, const SendMessageRequest& input) {
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  auto& parts = sqs.parts();
  std::vector<Draft> drafts;
  drafts.push_back(
      TRY(make_draft(input, queue->definition()->settings, caller, parts.clock.now(), parts.random.uuid())));
  SendMessageResult output;
  const Draft shown = drafts.front();
  const auto sent = TRY(queue->send(std::move(drafts)));
  describe(output, shown, sent.front());
  return output;
}

aws::Result<SendMessageBatchResult> send_message_batch(Sqs& sqs, const aws::Caller& caller,
                                                       const SendMessageBatchRequest& input) {
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  TRY_VOID(check_batch(input.entries, "SendMessageBatchRequestEntry"));
  std::size_t bytes = 0;
  for (const auto& entry : input.entries) bytes += size_of(entry.message_body, entry.message_attributes);
  if (bytes > kMaxBatchBytes) {
    return aws::fail(
        errors::kBatchRequestTooLong,
        fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.", kMaxBatchBytes, bytes));
  }
  auto& parts = sqs.parts();
  SendMessageBatchResult output;
  std::vector<Draft> drafts;
  for (const auto& entry : input.entries) {
    auto draft = make_draft(entry, queue->definition()->settings, caller, parts.clock.now(), parts.random.uuid());
    if (!draft) {
      output.failed.push_back(refused(entry.id, draft.error()));
      continue;
    }
    output.successful.emplace_back().id = entry.id;
    drafts.push_back(std::move(*draft));
  }
  const std::vector<Draft> shown = drafts;
  const auto sent = TRY(queue->send(std::move(drafts)));
  for (std::size_t i = 0; i < sent.size(); ++i) describe(output.successful[i], shown[i], sent[i]);
  return output;
}

}  // namespace leat::sqs
