#include <fmt/format.h>
#include <simdjson.h>

#include "aws/lambda/operations.h"
#include "base/encoding.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kMaxPayload = 6291456;       // bytes, synchronous
constexpr std::size_t kMaxEventPayload = 1048576;  // asynchronous
constexpr int kEventRetries = 2;

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

// An asynchronous invocation: tried three times in all, a minute and two minutes apart, as Lambda does.
void run_event(Lambda& lambda, FunctionPtr function, std::shared_ptr<const InvocationRequest> request,
               const std::string& request_id, int tries) {
  Invocation invocation;
  invocation.function = function;
  invocation.payload = request->payload.value_or("{}");
  invocation.client_context = base64_decode(request->client_context.value_or("")).value_or("");
  invocation.request_id = request_id;
  invocation.done = [&lambda, function, request, request_id, tries](const InvocationResult& result) {
    if (result.outcome == InvocationResult::Outcome::kSucceeded || tries >= kEventRetries) return;
    lambda.parts().loop.after(std::chrono::minutes(tries + 1), [&lambda, function, request, request_id, tries] {
      run_event(lambda, function, request, request_id, tries + 1);
    });
  };
  lambda.parts().invoker.invoke(std::move(invocation));
}

InvocationResponse response_of(InvocationResult result, bool tail) {
  InvocationResponse output;
  output.status_code = 200;
  output.executed_version = "$LATEST";
  if (result.outcome == InvocationResult::Outcome::kFailed) output.function_error = "Unhandled";
  if (tail) output.log_result = base64_encode(result.log_tail);
  output.payload = std::move(result.payload);
  return output;
}

}  // namespace

void invoke(Lambda& lambda, const aws::Caller& caller, const InvocationRequest& input,
            aws::Reply<InvocationResponse> reply) {
  auto function = lambda.find(caller, input.function_name);
  if (!function) return reply(std::unexpected(std::move(function).error()));
  const std::string type = input.invocation_type.value_or("RequestResponse");
  std::string payload = input.payload.value_or("{}");
  if (payload.empty()) payload = "{}";
  if (auto valid = check_payload(payload, type == "Event"); !valid)
    return reply(std::unexpected(std::move(valid).error()));
  if (type != "RequestResponse") {
    InvocationResponse output;
    output.status_code = type == "Event" ? 202 : 204;
    if (type == "Event")
      run_event(lambda, *function, std::make_shared<const InvocationRequest>(input), caller.request_id, 0);
    return reply(std::move(output));
  }
  Invocation invocation;
  invocation.function = std::move(*function);
  invocation.payload = std::move(payload);
  invocation.client_context = base64_decode(input.client_context.value_or("")).value_or("");
  invocation.request_id = caller.request_id;
  invocation.done = [reply = std::move(reply), tail = input.log_type == "Tail"](InvocationResult result) mutable {
    if (result.outcome != InvocationResult::Outcome::kThrottled) return reply(response_of(std::move(result), tail));
    TooManyRequestsException details;
    details.reason = "ConcurrentInvocationLimitExceeded";
    reply(aws::fail_with(errors::kTooManyRequests, "Rate Exceeded.", std::move(details)));
  };
  lambda.parts().invoker.invoke(std::move(invocation));
}

}  // namespace leat::lambda
