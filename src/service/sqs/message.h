#pragma once
// Messages as they are sent and as they are shown: checks, digests, the attributes that a receiver asks for.

#include <optional>
#include <string>
#include <vector>

#include "aws/caller.h"
#include "aws/error.h"
#include "aws/sqs/types.h"
#include "base/clock.h"
#include "service/sqs/queue_settings.h"

namespace leat::sqs {

// Errors of SQS that its model does not name.
namespace errors {
inline constexpr std::string_view kNamespace = "com.amazonaws.sqs";
inline constexpr aws::ErrorType kInvalidParameterValue{
    "InvalidParameterValueException", "InvalidParameterValue", 400, true, nullptr, kNamespace};
inline constexpr aws::ErrorType kMissingParameter{
    "MissingRequiredParameterException", "MissingParameter", 400, true, nullptr, kNamespace};
}  // namespace errors

using MessageAttributes = aws::Map<MessageAttributeValue>;

// A message that may be sent.
struct Draft {
  Message message;  // whole, but for its sequence number
  Duration delay;
  std::string group;             // FIFO
  std::string deduplication_id;  // FIFO
  std::string md5_of_system_attributes;
};

// `Entry` is SendMessageRequest or SendMessageBatchRequestEntry. The errors of SendMessage.
// 1 to 128 letters, digits and signs. InvalidParameterValue.
aws::Result<void> check_id(std::string_view parameter, const std::string& value);

template <class Entry>
aws::Result<Draft> make_draft(const Entry& entry, const QueueSettings& settings, const aws::Caller& caller,
                              TimePoint now, std::string message_id);

std::string md5_hex(std::string_view bytes);

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
std::string md5_of_attributes(const MessageAttributes& attributes);

// What counts towards the maximum size: the body, and the names, types and values of attributes.
std::size_t size_of(const std::string& body, const std::optional<MessageAttributes>& attributes);

// Leaves of a message's attributes what a receiver asked for.
struct Wanted {
  std::vector<std::string> system;  // names, or All
  std::vector<std::string> user;    // names, All, .* or prefix.*
};
void keep_wanted(Message& message, const Wanted& wanted);

}  // namespace leat::sqs
