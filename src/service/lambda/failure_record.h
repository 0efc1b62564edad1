#pragma once
// What a destination is told of an invocation.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (asynchronous invocations) and
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html (batches of a stream).

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace leat::lambda {

struct FailureRecord {
  enum class Condition : std::uint8_t { kSuccess, kRetriesExhausted, kTooOld };

  Condition condition;
  std::string request_id;
  std::string function_arn;
  int invocations;
  TimePoint now = {};

  struct Batch {
    std::string_view name;  // DDBStreamBatchInfo
    std::string_view shard, first, last;
    TimePoint first_time, last_time;
    std::size_t size;
    std::string_view source_arn;
  };
  std::string with_batch(const Batch& batch) const;

  // Of an asynchronous invocation; JSON, as it was sent and as it was answered.
  struct Answer {
    std::string_view request_payload;
    std::string_view response_payload;  // empty: it was never invoked
    std::string_view executed_version;
  };
  std::string with_answer(const Answer& answer) const;
};

}  // namespace leat::lambda
