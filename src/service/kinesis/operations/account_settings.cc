// What is set for a whole account, and the throughput that on-demand streams are kept ready for. Neither changes how
// fast leat is: both are kept and shown.

#include <mutex>

#include "aws/kinesis/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/kinesis/kinesis.h"

namespace leat::kinesis {
namespace {

constexpr std::int32_t kMaxWarmThroughput = 10240;  // MiB a second

std::string settings_row(const aws::Caller& caller) { return home_key(caller.account, caller.region, 'a'); }

DescribeAccountSettingsOutput load(const Kinesis& kinesis, const aws::Caller& caller) {
  const auto stored = kinesis.store().get(settings_row(caller));
  if (stored.value) return aws::from_json<DescribeAccountSettingsOutput>(*stored.value);
  DescribeAccountSettingsOutput out;
  out.minimum_throughput_billing_commitment.emplace().status = "DISABLED";
  return out;
}

}  // namespace

aws::Result<DescribeAccountSettingsOutput> describe_account_settings(Kinesis& kinesis, const aws::Caller& caller,
                                                                     const DescribeAccountSettingsInput&) {
  return load(kinesis, caller);
}

aws::Result<UpdateAccountSettingsOutput> update_account_settings(Kinesis& kinesis, const aws::Caller& caller,
                                                                 const UpdateAccountSettingsInput& input) {
  constexpr Duration kCommitment = std::chrono::hours(24);
  std::unique_lock lock(kinesis.definitions());
  DescribeAccountSettingsOutput settings = load(kinesis, caller);
  auto& commitment = *settings.minimum_throughput_billing_commitment;
  const bool enabled = commitment.status != "DISABLED";
  const bool wanted = input.minimum_throughput_billing_commitment.status == "ENABLED";
  if (wanted && !enabled) {
    commitment.started_at = kinesis.now();
    commitment.earliest_allowed_end_at = kinesis.now() + kCommitment;
    commitment.ended_at.reset();
  }
  if (!wanted && enabled && kinesis.now() >= *commitment.earliest_allowed_end_at) commitment.ended_at = kinesis.now();
  const bool held = !wanted && enabled && kinesis.now() < *commitment.earliest_allowed_end_at;
  commitment.status = wanted ? "ENABLED" : held ? "ENABLED_UNTIL_EARLIEST_ALLOWED_END" : "DISABLED";
  kv::Batch batch;
  batch.put(settings_row(caller), aws::to_json(settings));
  (void)kinesis.store().commit(batch);
  UpdateAccountSettingsOutput output;
  output.minimum_throughput_billing_commitment = commitment;
  return output;
}

aws::Result<UpdateStreamWarmThroughputOutput> update_stream_warm_throughput(
    Kinesis& kinesis, const aws::Caller& caller, const UpdateStreamWarmThroughputInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  const auto refuse = [](const char* message) { return aws::fail(errors::kValidation, message); };
  if (stream->summary.stream_mode_details->stream_mode != "ON_DEMAND")
    return refuse("Warm throughput is only supported for streams in the ON_DEMAND capacity mode.");
  if (load(kinesis, caller).minimum_throughput_billing_commitment->status == "DISABLED")
    return refuse("Warm throughput is only supported in accounts with MinimumThroughputBillingCommitment enabled.");
  if (input.warm_throughput_mi_bps > kMaxWarmThroughput)
    return aws::fail(errors::kLimitExceeded, "A stream can not be scaled to more than 10 GiBps.");
  StreamDescriptionSummary summary = stream->summary;
  summary.warm_throughput = {.target_mi_bps = input.warm_throughput_mi_bps,
                             .current_mi_bps = input.warm_throughput_mi_bps};
  kv::Batch batch;
  batch.put(stream_row(stream->account, stream->region, stream->name()), aws::to_json(summary));
  (void)kinesis.store().commit(batch);
  kinesis.changed(stream->account, stream->region, stream->name());
  UpdateStreamWarmThroughputOutput output;
  output.stream_arn = stream->arn();
  output.stream_name = stream->name();
  output.warm_throughput = summary.warm_throughput;
  return output;
}

}  // namespace leat::kinesis
