#include "service/kinesis/shard_change.h"

#include <algorithm>

#include "aws/shape_json.h"

namespace leat::kinesis {

ShardChange::ShardChange(Kinesis& kinesis, const Stream& stream)
    : kinesis_(kinesis),
      stream_(stream),
      now_(kinesis.now()),
      next_(stream.shards.empty() ? 0 : stream.shards.back().number + 1) {
  for (const std::size_t i : stream.open) open_.push_back(stream.shards[i]);
}

StreamShard& ShardChange::add(HashKey first, HashKey last) {
  StreamShard shard;
  shard.number = next_++;
  shard.first = first;
  shard.last = last;
  shard.log = log_name(stream_.account, stream_.region, stream_.name(), shard.number);
  shard.shard.shard_id = shard_id(shard.number);
  shard.shard.hash_key_range = {format_hash_key(first), format_hash_key(last)};
  shard.shard.sequence_number_range.starting_sequence_number = first_sequence_number(now_, shard.number);
  const auto place = std::find_if(open_.begin(), open_.end(), [&](const auto& each) { return each.first > first; });
  return *open_.insert(place, std::move(shard));
}

void ShardChange::close(const StreamShard& shard) {
  Shard closed = shard.shard;
  const kv::LogPosition end = kinesis_.log(shard).committed_end();
  closed.sequence_number_range.ending_sequence_number = sequence_number(closed, end);
  shardlog::Log::close(batch_, shard.log, now_);
  batch_.put(shard_row(stream_.account, stream_.region, stream_.name(), shard.number), aws::to_json(closed));
  std::erase_if(open_, [number = shard.number](const StreamShard& each) { return each.number == number; });
}

void ShardChange::create(std::size_t count) {
  for (std::size_t n = 0; n < count; ++n)
    add(range_start(n, count), n + 1 == count ? kLastHashKey : range_start(n + 1, count) - 1);
}

void ShardChange::split(const StreamShard& given, HashKey at) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): add() may move what it refers to
  const StreamShard shard = given;
  close(shard);
  add(shard.first, at - 1).shard.parent_shard_id = shard.shard.shard_id;
  add(at, shard.last).shard.parent_shard_id = shard.shard.shard_id;
}

void ShardChange::merge(const StreamShard& given_left, const StreamShard& given_right) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): as in split()
  const StreamShard left = given_left, right = given_right;
  close(left);
  close(right);
  Shard& merged = add(left.first, right.last).shard;
  merged.parent_shard_id = left.shard.shard_id;
  merged.adjacent_parent_shard_id = right.shard.shard_id;
}

void ShardChange::scale(std::size_t count) {
  std::vector<HashKey> starts;
  for (std::size_t n = 0; n < count; ++n) starts.push_back(range_start(n, count));
  for (const HashKey start : starts) {
    const auto holder = std::find_if(open_.begin(), open_.end(),
                                     [&](const auto& each) { return each.first < start && start <= each.last; });
    if (holder != open_.end()) split(*holder, start);
  }
  for (std::size_t i = 0; i + 1 < open_.size();) {
    if (std::binary_search(starts.begin(), starts.end(), open_[i + 1].first))
      ++i;
    else
      merge(open_[i], open_[i + 1]);
  }
}

void ShardChange::commit(StreamDescriptionSummary summary) {
  for (const StreamShard& shard : open_)
    batch_.put(shard_row(stream_.account, stream_.region, stream_.name(), shard.number), aws::to_json(shard.shard));
  summary.open_shard_count = static_cast<std::int32_t>(open_.size());
  batch_.put(stream_row(stream_.account, stream_.region, stream_.name()), aws::to_json(summary));
  (void)kinesis_.store().commit(batch_);
  kinesis_.changed(stream_.account, stream_.region, stream_.name());
}

}  // namespace leat::kinesis
