#include "service/kinesis/shard_throttle.h"

#include <algorithm>

namespace leat::kinesis {
namespace {

// A second's share.
constexpr double kRecords = 1000, kBytes = 1 << 20, kCalls = 5, kReadBytes = 2 << 20;

}  // namespace

ShardThrottle::Shard& ShardThrottle::find(const std::string& shard) {
  const TimePoint now = clock_.now();
  auto& out =
      shards_.try_emplace(shard, Shard{{kRecords, now}, {kBytes, now}, {kCalls, now}, {kReadBytes, now}}).first->second;
  refill(out.records, kRecords);
  refill(out.bytes, kBytes);
  refill(out.calls, kCalls);
  refill(out.read_bytes, kReadBytes);
  return out;
}

void ShardThrottle::refill(Bucket& bucket, double rate) {
  const TimePoint now = clock_.now();
  bucket.level = std::min(rate, bucket.level + rate * static_cast<double>((now - bucket.at).count()) / 1000);
  bucket.at = now;
}

bool ShardThrottle::take_write(const std::string& shard, std::size_t bytes) {
  if (!enforced_) return true;
  std::lock_guard lock(mutex_);
  Shard& found = find(shard);
  if (found.records.level < 1 || found.bytes.level < static_cast<double>(bytes)) return false;
  found.records.level -= 1;
  found.bytes.level -= static_cast<double>(bytes);
  return true;
}

bool ShardThrottle::take_read(const std::string& shard) {
  if (!enforced_) return true;
  std::lock_guard lock(mutex_);
  Shard& found = find(shard);
  if (found.calls.level < 1 || found.read_bytes.level < 0) return false;
  found.calls.level -= 1;
  return true;
}

void ShardThrottle::count_read(const std::string& shard, std::size_t bytes) {
  if (!enforced_) return;
  std::lock_guard lock(mutex_);
  find(shard).read_bytes.level -= static_cast<double>(bytes);
}

}  // namespace leat::kinesis
