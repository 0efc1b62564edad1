#include "gateway/body_limit.h"

#include <fmt/format.h>

#include <array>

namespace leat::gateway {
namespace {

struct Limit {
  std::string_view signing_name;
  std::string_view operation;  // empty: all others of the service
  std::uint64_t bytes;
  std::string_view called = {};  // the operation, in the refusal
};

constexpr std::uint64_t kMiB = 1U << 20;
constexpr std::uint64_t kPackage = 70167211, kPayload = 6291456;

// Where AWS says how large the contents may be, a body has room for them in JSON or a form: six times as much for text.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html (16 MB)
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html (10 MiB)
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html (1 MB)
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html (1 MiB)
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html (1 MiB)
constexpr auto kLimits = std::to_array<Limit>({
    {"lambda", "CreateFunction", kPackage},
    {"lambda", "UpdateFunctionCode", kPackage},
    {"lambda", "PublishLayerVersion", kPackage},
    {"lambda", "Invoke", kPayload, "InvokeFunction"},
    {"lambda", "", kPayload},
    {"dynamodb", "", 16 * kMiB},
    {"kinesis", "", 16 * kMiB},
    {"logs", "", 8 * kMiB},
    {"sqs", "", 8 * kMiB},
    {"", "", kMiB},
});

const Limit& limit_of(const Route& route) {
  const std::string_view service = route.binding ? route.binding->model->signing_name : std::string_view();
  const std::string_view operation = route.operation ? route.operation->name : std::string_view();
  for (const Limit& each : kLimits) {
    if (each.signing_name == service && (each.operation.empty() || each.operation == operation)) return each;
  }
  return kLimits.back();
}

}  // namespace

runtime::HttpBodyLimit body_limit(const Route& route, std::string_view request_id) {
  const Limit& limit = limit_of(route);
  std::string message = fmt::format("Request must be smaller than {} bytes", limit.bytes);
  if (route.operation)
    message += fmt::format(" for the {} operation", limit.called.empty() ? route.operation->name : limit.called);
  return {limit.bytes, wire::encode_error(context_of(route, request_id), {&aws::errors::kRequestTooLarge, message})};
}

}  // namespace leat::gateway
