#include <fmt/format.h>

#include <shared_mutex>

#include "aws/kinesis/operations.h"
#include "service/kinesis/kinesis.h"

namespace leat::kinesis {
namespace {

constexpr std::size_t kMaxRequest = 10U << 20;  // bytes

std::unexpected<aws::Error> throttled(const Stream& stream, const Shard& shard) {
  return aws::fail(errors::kProvisionedThroughputExceeded,
                   fmt::format("Rate exceeded for shard {} in stream {} under account {}.", shard.shard_id,
                               stream.name(), stream.account));
}

// PutRecordInput or PutRecordsRequestEntry: what is wrong with it.
template <class Entry>
aws::Result<void> check(const Stream& stream, const Entry& entry) {
  const std::size_t most = static_cast<std::size_t>(*stream.summary.max_record_size_in_ki_b) << 10;
  if (entry.data.size() > most) {
    return aws::fail(
        errors::kValidation,
        fmt::format("1 validation error detected: Value at 'data' failed to satisfy constraint: Member must "
                    "have length less than or equal to {}",
                    most));
  }
  if (entry.explicit_hash_key && !parse_hash_key(*entry.explicit_hash_key)) {
    return aws::fail(
        errors::kInvalidArgument,
        fmt::format("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified "
                    "value was {}",
                    *entry.explicit_hash_key));
  }
  return {};
}

// The shard that takes a record, or why none does.
template <class Entry>
aws::Result<const StreamShard*> stage(kv::Batch& batch, Kinesis& kinesis, const Stream& stream, const Entry& entry) {
  const HashKey key =
      entry.explicit_hash_key ? *parse_hash_key(*entry.explicit_hash_key) : hash_of(entry.partition_key);
  const StreamShard& shard = stream.shard_of(key);
  if (!kinesis.throttle().take_write(shard.log, entry.data.size() + entry.partition_key.size()))
    return throttled(stream, shard.shard);
  shardlog::Log::append(batch, shard.log, kinesis.now(), encode_record(entry.partition_key, entry.data));
  return &shard;
}

}  // namespace

aws::Result<PutRecordOutput> put_record(Kinesis& kinesis, const aws::Caller& caller, const PutRecordInput& input) {
  std::shared_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find_shared(caller, input.stream_name, input.stream_arn));
  TRY_VOID(check(*stream, input));
  kv::Batch batch;
  const StreamShard* shard = TRY(stage(batch, kinesis, *stream, input));
  const auto committed = kinesis.store().commit(batch);
  PutRecordOutput output;
  output.shard_id = shard->shard.shard_id;
  output.sequence_number = sequence_number(shard->shard, committed->appended.front());
  output.encryption_type = stream->summary.encryption_type;
  return output;
}

// A record that is refused does not hold up the others.
aws::Result<PutRecordsOutput> put_records(Kinesis& kinesis, const aws::Caller& caller, const PutRecordsInput& input) {
  std::shared_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find_shared(caller, input.stream_name, input.stream_arn));
  std::size_t bytes = 0;
  for (const auto& entry : input.records) {
    TRY_VOID(check(*stream, entry));
    bytes += entry.data.size() + entry.partition_key.size();
  }
  if (bytes > kMaxRequest) return aws::fail(errors::kInvalidArgument, "Records size exceeds 10 MB limit");
  kv::Batch batch;
  std::vector<aws::Result<const StreamShard*>> placed;
  for (const auto& entry : input.records) placed.push_back(stage(batch, kinesis, *stream, entry));
  const auto committed = kinesis.store().commit(batch);
  PutRecordsOutput output;
  output.failed_record_count = 0;
  output.encryption_type = stream->summary.encryption_type;
  auto position = committed->appended.begin();
  for (const auto& each : placed) {
    auto& result = output.records.emplace_back();
    if (each) {
      result.shard_id = (*each)->shard.shard_id;
      result.sequence_number = sequence_number((*each)->shard, *position++);
    } else {
      ++*output.failed_record_count;
      result.error_code = each.error().type->name;
      result.error_message = each.error().message;
    }
  }
  return output;
}

}  // namespace leat::kinesis
