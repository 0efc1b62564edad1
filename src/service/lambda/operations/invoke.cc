#include <fmt/format.h>
#include <simdjson.h>

#include "aws/lambda/operations.h"
#include "base/encoding.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kMaxPayload = 6291456;       // bytes, synchronous
constexpr std::size_t kMaxEventPayload = 1048576;  // asynchronous

aws::Result<void> check_payload(const std::string& payload, bool event) {
  const std::size_t limit = event ? kMaxEventPayload : kMaxPayload;
  if (payload.size() > limit)
    return aws::fail(errors::kRequestTooLarge,
                     fmt::format("{} byte payload is too large for the {} invocation type (limit {} bytes)",
                                 payload.size(), event ? "Event" : "RequestResponse", limit));
  simdjson::dom::parser parser;
  if (!parser.parse(payload.data(), payload.size()).error()) return {};
  return aws::fail(errors::kInvalidRequestContent,
                   "Could not parse request body into json: Unexpected end-of-input or invalid token");
}

InvocationResponse response_of(InvocationResult result, const std::string& version, bool tail) {
  InvocationResponse output;
  output.status_code = 200;
  output.executed_version = version;
  if (result.outcome == InvocationResult::Outcome::kFailed) output.function_error = "Unhandled";
  if (tail) output.log_result = base64_encode(result.log_tail);
  output.payload = std::move(result.payload);
  return output;
}

std::unexpected<aws::Error> throttled(const std::string& reason) {
  TooManyRequestsException details;
  details.reason = reason;
  details.type = "User";
  return aws::fail_with(errors::kTooManyRequests, "Rate Exceeded.", std::move(details));
}

// Answered once the event would survive a power cut.
template <class Output>
void accept(Lambda& lambda, const aws::Caller& caller, const Lambda::Target& target, std::string payload,
            std::string client_context, Output output, aws::Reply<Output> reply) {
  const TimePoint now = lambda.parts().clock.now();
  lambda.events().accept({caller.request_id, target.arn, std::move(client_context), std::move(payload), now, now});
  auto& store = lambda.parts().store;
  store.durable(store.last_commit(),
                [reply = std::move(reply), output = std::move(output)]() mutable { reply(std::move(output)); });
}

}  // namespace

void invoke(Lambda& lambda, const aws::Caller& caller, const InvocationRequest& input,
            aws::Reply<InvocationResponse> reply) {
  auto target = lambda.resolve(caller, input.function_name, input.qualifier);
  if (!target) return reply(std::unexpected(std::move(target).error()));
  const std::string type = input.invocation_type.value_or("RequestResponse");
  std::string payload = input.payload.value_or("{}");
  if (payload.empty()) payload = "{}";
  if (auto valid = check_payload(payload, type == "Event"); !valid)
    return reply(std::unexpected(std::move(valid).error()));
  std::string client_context = base64_decode(input.client_context.value_or("")).value_or("");
  if (type != "RequestResponse") {
    InvocationResponse output;
    output.status_code = type == "Event" ? 202 : 204;
    if (type == "DryRun") return reply(std::move(output));
    return accept(lambda, caller, *target, std::move(payload), std::move(client_context), std::move(output),
                  std::move(reply));
  }
  Invocation invocation;
  invocation.function = target->function;
  invocation.arn = std::move(target->arn);
  invocation.payload = std::move(payload);
  invocation.client_context = std::move(client_context);
  invocation.request_id = caller.request_id;
  invocation.done = [reply = std::move(reply), version = target->function->version(),
                     tail = input.log_type == "Tail"](InvocationResult result) mutable {
    if (result.outcome != InvocationResult::Outcome::kThrottled)
      return reply(response_of(std::move(result), version, tail));
    reply(throttled(result.payload));
  };
  lambda.parts().invoker.invoke(std::move(invocation));
}

void invoke_async(Lambda& lambda, const aws::Caller& caller, const InvokeAsyncRequest& input,
                  aws::Reply<InvokeAsyncResponse> reply) {
  auto target = lambda.resolve(caller, input.function_name, std::nullopt);
  if (!target) return reply(std::unexpected(std::move(target).error()));
  std::string payload = input.invoke_args.empty() ? "{}" : input.invoke_args;
  if (auto valid = check_payload(payload, true); !valid) return reply(std::unexpected(std::move(valid).error()));
  InvokeAsyncResponse output;
  output.status = 202;
  accept(lambda, caller, *target, std::move(payload), "", std::move(output), std::move(reply));
}

}  // namespace leat::lambda
