// What a stream can be told later: retention, encryption, monitoring, mode, the size of its records, its policy.

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "aws/kinesis/operations.h"
#include "aws/policy/policy.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/kinesis/kinesis.h"

namespace leat::kinesis {
namespace {

constexpr std::int32_t kLeastRetention = 24, kMostRetention = 8760;  // hours

// Under the definition lock, held alone.
void save(Kinesis& kinesis, const Stream& stream, const StreamDescriptionSummary& summary) {
  kv::Batch batch;
  batch.put(stream_row(stream.account, stream.region, stream.name()), aws::to_json(summary));
  (void)kinesis.store().commit(batch);
  kinesis.changed(stream.account, stream.region, stream.name());
}

enum class Way : std::uint8_t { kUp, kDown };

template <class Input>
aws::Result<void> change_retention(Kinesis& kinesis, const aws::Caller& caller, const Input& input, Way way) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  StreamDescriptionSummary summary = stream->summary;
  const std::int32_t wanted = input.retention_period_hours, current = summary.retention_period_hours;
  const auto refuse = [&](std::string_view reason) {
    return aws::fail(errors::kInvalidArgument, fmt::format("{} {} hours. {}",
                                                           way == Way::kUp ? "Maximum allowed retention period is"
                                                                           : "Minimum allowed retention period is",
                                                           way == Way::kUp ? kMostRetention : kLeastRetention, reason));
  };
  if (wanted < kLeastRetention || wanted > kMostRetention)
    return refuse(fmt::format("Requested retention period ({} hours) is out of bounds.", wanted));
  if (way == Way::kUp && wanted < current) {
    return aws::fail(errors::kInvalidArgument,
                     fmt::format("Requested retention period ({} hours) for stream {} can not be shorter than existing "
                                 "retention period ({} hours). Use DecreaseRetentionPeriod API.",
                                 wanted, stream->name(), current));
  }
  if (way == Way::kDown && wanted > current) {
    return aws::fail(errors::kInvalidArgument,
                     fmt::format("Requested retention period ({} hours) for stream {} can not be longer than existing "
                                 "retention period ({} hours). Use IncreaseRetentionPeriod API.",
                                 wanted, stream->name(), current));
  }
  summary.retention_period_hours = wanted;
  save(kinesis, *stream, summary);
  return {};
}

using Metrics = std::vector<std::string>;

const Metrics kAllMetrics{"IncomingBytes",
                          "OutgoingRecords",
                          "IteratorAgeMilliseconds",
                          "IncomingRecords",
                          "ReadProvisionedThroughputExceeded",
                          "WriteProvisionedThroughputExceeded",
                          "OutgoingBytes"};

// Calls change(metrics, named): what is monitored, and what the request names.
template <class Input, class Change>
aws::Result<EnhancedMonitoringOutput> change_monitoring(Kinesis& kinesis, const aws::Caller& caller, const Input& input,
                                                        Change change) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  StreamDescriptionSummary summary = stream->summary;
  const auto& given = input.shard_level_metrics;
  const bool all = std::find(given.begin(), given.end(), "ALL") != given.end();
  auto& metrics = *summary.enhanced_monitoring.front().shard_level_metrics;
  EnhancedMonitoringOutput output;
  output.stream_name = stream->name();
  output.stream_arn = stream->arn();
  output.current_shard_level_metrics = metrics;
  change(metrics, all ? kAllMetrics : given);
  output.desired_shard_level_metrics = metrics;
  save(kinesis, *stream, summary);
  return output;
}

std::string policy_row(std::string_view arn) {
  const auto parsed = aws::parse_arn(arn);
  return home_key(parsed->account, parsed->region, 'p') + kv::make_key(arn);
}

}  // namespace

std::string Kinesis::resource_policy(std::string_view arn) {
  if (stream_name_in(arn).empty()) return {};
  return store().get(policy_row(arn)).value.value_or("");
}

aws::Result<void> increase_stream_retention_period(Kinesis& kinesis, const aws::Caller& caller,
                                                   const IncreaseStreamRetentionPeriodInput& input) {
  return change_retention(kinesis, caller, input, Way::kUp);
}
aws::Result<void> decrease_stream_retention_period(Kinesis& kinesis, const aws::Caller& caller,
                                                   const DecreaseStreamRetentionPeriodInput& input) {
  return change_retention(kinesis, caller, input, Way::kDown);
}

aws::Result<void> start_stream_encryption(Kinesis& kinesis, const aws::Caller& caller,
                                          const StartStreamEncryptionInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  StreamDescriptionSummary summary = stream->summary;
  summary.encryption_type = input.encryption_type;
  summary.key_id = input.key_id;
  save(kinesis, *stream, summary);
  return {};
}

aws::Result<void> stop_stream_encryption(Kinesis& kinesis, const aws::Caller& caller,
                                         const StopStreamEncryptionInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  StreamDescriptionSummary summary = stream->summary;
  summary.encryption_type = "NONE";
  summary.key_id.reset();
  save(kinesis, *stream, summary);
  return {};
}

aws::Result<EnhancedMonitoringOutput> enable_enhanced_monitoring(Kinesis& kinesis, const aws::Caller& caller,
                                                                 const EnableEnhancedMonitoringInput& input) {
  return change_monitoring(kinesis, caller, input, [](Metrics& metrics, const Metrics& named) {
    for (const auto& each : named) {
      if (std::find(metrics.begin(), metrics.end(), each) == metrics.end()) metrics.push_back(each);
    }
  });
}

aws::Result<EnhancedMonitoringOutput> disable_enhanced_monitoring(Kinesis& kinesis, const aws::Caller& caller,
                                                                  const DisableEnhancedMonitoringInput& input) {
  return change_monitoring(kinesis, caller, input, [](Metrics& metrics, const Metrics& named) {
    std::erase_if(metrics,
                  [&](const std::string& each) { return std::find(named.begin(), named.end(), each) != named.end(); });
  });
}

aws::Result<void> update_stream_mode(Kinesis& kinesis, const aws::Caller& caller, const UpdateStreamModeInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, std::nullopt, input.stream_arn));
  StreamDescriptionSummary summary = stream->summary;
  summary.stream_mode_details = input.stream_mode_details;
  save(kinesis, *stream, summary);
  return {};
}

aws::Result<void> update_max_record_size(Kinesis& kinesis, const aws::Caller& caller,
                                         const UpdateMaxRecordSizeInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, std::nullopt, input.stream_arn));
  StreamDescriptionSummary summary = stream->summary;
  summary.max_record_size_in_ki_b = input.max_record_size_in_ki_b;
  save(kinesis, *stream, summary);
  return {};
}

aws::Result<void> put_resource_policy(Kinesis& kinesis, const aws::Caller& caller,
                                      const PutResourcePolicyInput& input) {
  TRY(kinesis.find_bearer(caller, input.resource_arn));
  if (const auto problem = aws::policy_problem(input.policy, aws::PolicyKind::kResource))
    return aws::fail(errors::kInvalidArgument, fmt::format("Policy is not valid: {}", *problem));
  kv::Batch batch;
  batch.put(policy_row(input.resource_arn), input.policy);
  (void)kinesis.store().commit(batch);
  return {};
}

aws::Result<GetResourcePolicyOutput> get_resource_policy(Kinesis& kinesis, const aws::Caller& caller,
                                                         const GetResourcePolicyInput& input) {
  TRY(kinesis.find_bearer(caller, input.resource_arn));
  const auto row = kinesis.store().get(policy_row(input.resource_arn));
  if (!row.value)
    return aws::fail(errors::kResourceNotFound, fmt::format("Resource policy of {} not found.", input.resource_arn));
  GetResourcePolicyOutput output;
  output.policy = *row.value;
  return output;
}

aws::Result<void> delete_resource_policy(Kinesis& kinesis, const aws::Caller& caller,
                                         const DeleteResourcePolicyInput& input) {
  TRY(kinesis.find_bearer(caller, input.resource_arn));
  kv::Batch batch;
  batch.erase(policy_row(input.resource_arn));
  (void)kinesis.store().commit(batch);
  return {};
}

}  // namespace leat::kinesis
