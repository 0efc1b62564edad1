#include "service/lambda/failure_record.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/encoding.h"

namespace leat::lambda {
namespace {

// What a function answers need not be JSON: raw, it could end the record and write another.
std::string json_of(std::string_view given) {
  const std::string payload(given);
  simdjson::dom::parser parser;
  simdjson::dom::element ignored;
  return parser.parse(payload).get(ignored) == simdjson::SUCCESS ? payload : json_string(made_utf8(payload));
}

std::string request_context(const FailureRecord& record, std::string_view condition) {
  return fmt::format(R"({{"requestId":{},"functionArn":{},"condition":"{}","approximateInvokeCount":{}}})",
                     json_string(record.request_id), json_string(record.function_arn), condition, record.invocations);
}

std::string response_context(const FailureRecord& record, std::string_view version) {
  const bool failed = record.condition != FailureRecord::Condition::kSuccess;
  return fmt::format(R"({{"statusCode":200,"executedVersion":{}{}}})", json_string(version),
                     failed ? R"(,"functionError":"Unhandled")" : "");
}

}  // namespace

std::string FailureRecord::with_batch(const Batch& batch) const {
  return fmt::format(
      R"({{"requestContext":{},"responseContext":{},"version":"1.0","timestamp":"{}",)"
      R"("{}":{{"shardId":{},"startSequenceNumber":{},"endSequenceNumber":{},"approximateArrivalOfFirstRecord":"{}",)"
      R"("approximateArrivalOfLastRecord":"{}","batchSize":{},"streamArn":{}}}}})",
      request_context(*this, condition == Condition::kTooOld ? "RecordAgeExceeded" : "RetryAttemptsExhausted"),
      response_context(*this, "$LATEST"), format_iso8601(now), batch.name, json_string(batch.shard),
      json_string(batch.first), json_string(batch.last), format_iso8601(batch.first_time),
      format_iso8601(batch.last_time), batch.size, json_string(batch.source_arn));
}

std::string FailureRecord::with_answer(const Answer& answer) const {
  static constexpr std::string_view kConditions[] = {"Success", "RetriesExhausted", "EventAgeExceeded"};
  std::string out = fmt::format(R"({{"version":"1.0","timestamp":"{}","requestContext":{},"requestPayload":{})",
                                format_iso8601(now), request_context(*this, kConditions[static_cast<int>(condition)]),
                                answer.request_payload.empty() ? "null" : answer.request_payload);
  if (!answer.response_payload.empty()) {
    out += fmt::format(R"(,"responseContext":{},"responsePayload":{})",
                       response_context(*this, answer.executed_version), json_of(answer.response_payload));
  }
  return out + '}';
}

}  // namespace leat::lambda
