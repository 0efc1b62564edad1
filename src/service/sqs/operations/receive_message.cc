#include <fmt/format.h>

#include "aws/sqs/operations.h"
#include "service/sqs/sqs.h"

namespace leat::sqs {
namespace {

constexpr std::int32_t kMaxWait = 20;           // seconds
constexpr std::int32_t kMaxVisibility = 43200;  // seconds
constexpr std::int32_t kMaxMessages = 10;

std::unexpected<aws::Error> invalid(std::int32_t value, std::string_view parameter, std::string_view reason) {
  return aws::fail(errors::kInvalidParameterValue,
                   fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason));
}

aws::Result<void> check(const ReceiveMessageRequest& input) {
  const std::int32_t count = input.max_number_of_messages.value_or(1);
  if (count < 1 || count > kMaxMessages)
    return invalid(count, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.");
  const std::int32_t wait = input.wait_time_seconds.value_or(0);
  if (wait < 0 || wait > kMaxWait) return invalid(wait, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.");
  const std::int32_t visibility = input.visibility_timeout.value_or(0);
  if (visibility < 0 || visibility > kMaxVisibility)
    return invalid(visibility, "VisibilityTimeout", "Must be between 0 and 43200, if provided.");
  if (input.receive_request_attempt_id)
    TRY_VOID(check_id("ReceiveRequestAttemptId", *input.receive_request_attempt_id));
  return {};
}

Wanted wanted_of(const ReceiveMessageRequest& input) {
  Wanted out;
  using Names = std::vector<std::string>;
  for (const auto& names :
       {input.attribute_names.value_or(Names()), input.message_system_attribute_names.value_or(Names())})
    out.system.insert(out.system.end(), names.begin(), names.end());
  out.user = input.message_attribute_names.value_or(Names());
  return out;
}

}  // namespace

void receive_message(Sqs& sqs, const aws::Caller& caller, const ReceiveMessageRequest& input,
                     aws::Reply<ReceiveMessageResult> reply) {
  if (auto valid = check(input); !valid) return reply(std::unexpected(std::move(valid).error()));
  auto queue = sqs.find(caller, input.queue_url);
  if (!queue) return reply(std::unexpected(std::move(queue).error()));
  const QueueSettings& settings = (*queue)->definition()->settings;
  const auto seconds = [](const std::optional<std::int32_t>& given, Duration otherwise) {
    return given ? Duration(std::chrono::seconds(*given)) : otherwise;
  };
  const Queue::Reception reception{static_cast<std::size_t>(input.max_number_of_messages.value_or(1)),
                                   seconds(input.visibility_timeout, settings.visibility_timeout),
                                   input.receive_request_attempt_id.value_or("")};
  const TimePoint until = sqs.parts().clock.now() + seconds(input.wait_time_seconds, settings.receive_wait);
  (*queue)->receive_or_wait(
      reception, until, caller.departure,
      [&store = sqs.parts().store, wanted = wanted_of(input),
       reply = std::move(reply)](aws::Result<std::vector<Message>> found) mutable {
        if (!found) return reply(std::unexpected(std::move(found).error()));
        ReceiveMessageResult output;
        if (found->empty()) return reply(std::move(output));
        for (Message& message : *found) keep_wanted(message, wanted);
        output.messages = std::move(*found);
        // Who holds a message must find it in flight after a power cut too.
        store.durable(store.last_commit(),
                      [reply = std::move(reply), output = std::move(output)]() mutable { reply(std::move(output)); });
      });
}

}  // namespace leat::sqs
