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

// Of an invocation that did not happen.
std::unexpected<aws::Error> refused(const InvocationResult& result) {
  if (result.outcome == InvocationResult::Outcome::kRecursive)
    return aws::fail(errors::kRecursiveInvocation, result.payload);
  TooManyRequestsException details;
  details.reason = result.payload;
  details.type = "User";
  return aws::fail_with(errors::kTooManyRequests, "Rate Exceeded.", std::move(details));
}

// Answered once the event would survive a power cut.
template <class Output>
void accept(Lambda& lambda, const aws::Caller& caller, const Lambda::Target& target, std::string payload,
            std::string client_context, Output output, aws::Reply<Output> reply) {
  const TimePoint now = lambda.parts().clock.now();
  lambda.events().accept(
      {caller.request_id, target.arn, std::move(client_context), caller.trace, std::move(payload), now, now});
  auto& store = lambda.parts().store;
  store.durable(store.last_commit(),
                [reply = std::move(reply), output = std::move(output)]() mutable { reply(std::move(output)); });
}

}  // namespace

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: up to 3,583 bytes of base64-encoded data
static aws::Result<std::string> client_context_of(const InvocationRequest& input) {
  std::string context = base64_decode(input.client_context.value_or("")).value_or("");
  if (is_valid_utf8(context)) return context;
  return aws::fail(errors::kInvalidRequestContent, "Client context must be a valid Base64-encoded JSON object.");
}

void invoke(Lambda& lambda, const aws::Caller& caller, const InvocationRequest& input,
            aws::Reply<InvocationResponse> reply) {
  auto target = lambda.resolve(caller, input.function_name, input.qualifier);
  if (!target) return reply(std::unexpected(std::move(target).error()));
  const std::string type = input.invocation_type.value_or("RequestResponse");
  std::string payload = input.payload.value_or("{}");
  if (payload.empty()) payload = "{}";
  if (auto valid = check_payload(payload, type == "Event"); !valid)
    return reply(std::unexpected(std::move(valid).error()));
  auto context = client_context_of(input);
  if (!context) return reply(std::unexpected(std::move(context).error()));
  std::string client_context = std::move(*context);
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
  invocation.trace = caller.trace;
  invocation.done = [reply = std::move(reply), version = target->function->version(),
                     tail = input.log_type == "Tail"](InvocationResult result) mutable {
    if (happened(result)) return reply(response_of(std::move(result), version, tail));
    reply(refused(result));
  };
  lambda.parts().invoker.invoke(std::move(invocation));
}

namespace {

// The reply begins with the first piece, or with the result of what does not stream.
class StreamedReply {
 public:
  StreamedReply(aws::Reply<InvokeWithResponseStreamResponse> reply, std::string version, bool tail)
      : reply_(std::move(reply)), version_(std::move(version)), tail_(tail) {}

  void piece(std::string_view content_type, std::string_view bytes) {
    begin(content_type);
    InvokeResponseStreamUpdate update;
    update.payload = bytes;
    sink_->send("PayloadChunk", update);
  }

  bool full(std::function<void()> room) { return sink_ && sink_->full(std::move(room)); }

  void done(InvocationResult result) {
    if (!happened(result)) return reply_(refused(result));
    const bool failed = result.outcome == InvocationResult::Outcome::kFailed;
    if (!failed && !sink_)
      piece("application/octet-stream", result.payload);
    else
      begin("application/octet-stream");
    InvokeWithResponseStreamCompleteEvent complete;
    if (failed) {
      complete.error_code = "Unhandled";
      complete.error_details = std::move(result.payload);
    }
    if (tail_) complete.log_result = base64_encode(result.log_tail);
    sink_->send("InvokeComplete", complete);
    sink_->end();
  }

 private:
  void begin(std::string_view content_type) {
    if (sink_) return;
    InvokeWithResponseStreamResponse output;
    output.status_code = 200;
    output.executed_version = version_;
    output.response_stream_content_type = content_type;
    output.event_stream = [this](aws::EventSinkPtr sink) { sink_ = std::move(sink); };
    reply_(std::move(output));
  }

  aws::Reply<InvokeWithResponseStreamResponse> reply_;
  const std::string version_;
  const bool tail_;
  aws::EventSinkPtr sink_;  // while the invocation runs, whether or not anybody still listens
};

}  // namespace

void invoke_with_response_stream(Lambda& lambda, const aws::Caller& caller,
                                 const InvokeWithResponseStreamRequest& input,
                                 aws::Reply<InvokeWithResponseStreamResponse> reply) {
  auto target = lambda.resolve(caller, input.function_name, input.qualifier);
  if (!target) return reply(std::unexpected(std::move(target).error()));
  std::string payload = input.payload.value_or("{}");
  if (payload.empty()) payload = "{}";
  if (auto valid = check_payload(payload, false); !valid) return reply(std::unexpected(std::move(valid).error()));
  if (input.invocation_type == "DryRun") {
    InvokeWithResponseStreamResponse output;
    output.status_code = 204;
    return reply(std::move(output));
  }
  const auto streamed =
      std::make_shared<StreamedReply>(std::move(reply), target->function->version(), input.log_type == "Tail");
  Invocation invocation;
  invocation.function = target->function;
  invocation.arn = std::move(target->arn);
  invocation.payload = std::move(payload);
  invocation.client_context = base64_decode(input.client_context.value_or("")).value_or("");
  invocation.request_id = caller.request_id;
  invocation.trace = caller.trace;
  invocation.streamed = [streamed](std::string_view type, std::string_view piece) { streamed->piece(type, piece); };
  invocation.full = [streamed](std::function<void()> room) { return streamed->full(std::move(room)); };
  invocation.done = [streamed](InvocationResult result) { streamed->done(std::move(result)); };
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
  accept(lambda, caller, *target, std::move(payload), "", output, std::move(reply));
}

}  // namespace leat::lambda
