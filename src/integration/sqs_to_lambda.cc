#include "integration/sqs_to_lambda.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "aws/lambda/types.h"
#include "base/encoding.h"

namespace leat::integration {
namespace {

std::string attributes_json(const sqs::Message& message) {
  std::string out = "{";
  for (const auto& [name, value] : *message.attributes) append_json_member(out, name, value);
  return out + '}';
}

std::string message_attributes_json(const sqs::Message& message) {
  std::string out = "{";
  if (!message.message_attributes) return out + '}';
  for (const auto& [name, value] : *message.message_attributes) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    std::string inner = "{";
    if (value.string_value) append_json_member(inner, "stringValue", *value.string_value);
    if (value.binary_value) append_json_member(inner, "binaryValue", base64_encode(*value.binary_value));
    inner += inner.size() > 1 ? "," : "";
    inner += "\"stringListValues\":[],\"binaryListValues\":[]";
    append_json_member(inner, "dataType", value.data_type);
    out += ':' + inner + '}';
  }
  return out + '}';
}

// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
lambda::QueuedMessage present(const sqs::QueueId& id, std::string_view queue_arn, const sqs::Message& message) {
  std::string json = "{";
  append_json_member(json, "messageId", *message.message_id);
  append_json_member(json, "receiptHandle", *message.receipt_handle);
  append_json_member(json, "body", *message.body);
  json += ",\"attributes\":" + attributes_json(message);
  json += ",\"messageAttributes\":" + message_attributes_json(message);
  if (message.md5_of_message_attributes)
    append_json_member(json, "md5OfMessageAttributes", *message.md5_of_message_attributes);
  append_json_member(json, "md5OfBody", *message.md5_of_body);
  append_json_member(json, "eventSource", "aws:sqs");
  append_json_member(json, "eventSourceARN", queue_arn);
  append_json_member(json, "awsRegion", id.region);
  const auto trace = message.attributes->find("AWSTraceHeader");
  return {*message.message_id, *message.receipt_handle, json + '}',
          trace == message.attributes->end() ? std::string() : trace->second};
}

}  // namespace

bool SqsQueueSource::owns(std::string_view queue_arn) const { return sqs::parse_queue_arn(queue_arn).has_value(); }

aws::Result<lambda::QueueSource::Facts> SqsQueueSource::find(std::string_view queue_arn) {
  const auto queue = sqs_.find_or_null(queue_arn);
  if (!queue) {
    return aws::fail(
        lambda::errors::kInvalidParameterValue,
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS "
        "Error Message: The specified queue does not exist.");
  }
  const auto& settings = queue->definition()->settings;
  return Facts{settings.fifo, settings.visibility_timeout};
}

std::vector<lambda::QueuedMessage> SqsQueueSource::receive(std::string_view queue_arn, std::size_t count) {
  std::vector<lambda::QueuedMessage> out;
  const auto queue = sqs_.find_or_null(queue_arn);
  if (!queue) return out;
  try {
    const auto found = queue->receive({count, queue->definition()->settings.visibility_timeout});
    if (!found) return out;
    for (const sqs::Message& message : *found) out.push_back(present(queue->id(), queue_arn, message));
  } catch (const kv::StoreFailure& failure) {  // lint: catch (what was not received can be received later)
    spdlog::error("{}: {}", queue_arn, failure.what());
  }
  return out;
}

void SqsQueueSource::remove(std::string_view queue_arn, const std::vector<std::string>& receipt_handles) {
  const auto queue = sqs_.find_or_null(queue_arn);
  if (!queue) return;
  try {
    (void)queue->remove(receipt_handles);
  } catch (const kv::StoreFailure& failure) {  // lint: catch (they are received once more)
    spdlog::error("{}: {}", queue_arn, failure.what());
  }
}

std::shared_ptr<void> SqsQueueSource::subscribe(std::string_view queue_arn, std::function<void()> changed) {
  const auto id = sqs::parse_queue_arn(queue_arn);
  return id ? sqs_.subscribe(*id, std::move(changed)) : nullptr;
}

aws::Result<void> SqsDestinations::check(std::string_view arn) {
  if (!sqs::parse_queue_arn(arn))
    return aws::fail(lambda::errors::kNotOffered, fmt::format("leat sends to queues only, as yet: {}", arn));
  if (sqs_.find_or_null(arn)) return {};
  return aws::fail(lambda::errors::kInvalidParameterValue, fmt::format("The destination ARN {} is invalid.", arn));
}

aws::Result<void> SqsDestinations::send(std::string_view arn, const Letter& letter) {
  const auto queue = sqs_.find_or_null(arn);
  if (!queue) return aws::fail(sqs::errors::kQueueDoesNotExist, "The specified queue does not exist.");
  TRY_VOID(authorizer_.authorize(letter.role, {"sqs:SendMessage", std::string(arn)}));
  sqs::SendMessageRequest request;
  request.message_body = letter.body;
  for (const auto& [name, value] : letter.attributes) {
    if (value.empty()) continue;  // no message has an empty attribute; an exception may have no text
    auto& attribute =
        (request.message_attributes ? *request.message_attributes : request.message_attributes.emplace())[name];
    attribute.data_type = "String";
    attribute.string_value = value;
  }
  auto& parts = sqs_.parts();
  aws::Caller lambda;
  lambda.account = queue->id().account;
  lambda.region = queue->id().region;
  lambda.principal_id = queue->id().account;
  lambda.trace = letter.trace;
  std::vector<sqs::Draft> drafts;
  drafts.push_back(
      TRY(sqs::make_draft(request, queue->definition()->settings, lambda, parts.clock.now(), parts.random.uuid())));
  try {
    TRY(queue->send(std::move(drafts)));
  } catch (const kv::StoreFailure& failure) {  // lint: catch (the caller tells what could not be sent)
    return aws::fail(aws::errors::kInternalFailure, failure.what());
  }
  return {};
}

}  // namespace leat::integration
