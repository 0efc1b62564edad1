#pragma once
// How a stream's shards change: new ones, splits, merges. All under the definition lock, held alone; what is staged is
// one commit, after which Kinesis::changed() follows.

#include <string>
#include <vector>

#include "service/kinesis/kinesis.h"

namespace leat::kinesis {

class ShardChange {
 public:
  ShardChange(Kinesis& kinesis, const Stream& stream);

  // `count` shards of equal ranges, of a new stream.
  void create(std::size_t count);

  // `shard` is open, and `at` lies within it but is not its first.
  void split(const StreamShard& shard, HashKey at);

  // Both are open and adjacent.
  void merge(const StreamShard& left, const StreamShard& right);

  // `count` open shards of equal ranges, by splits and merges.
  void scale(std::size_t count);

  // The open shards as they are after what was staged, by hash key.
  const std::vector<StreamShard>& open() const { return open_; }

  void commit(StreamDescriptionSummary summary);

 private:
  StreamShard& add(HashKey first, HashKey last);
  void close(const StreamShard& shard);

  Kinesis& kinesis_;
  const Stream& stream_;
  kv::Batch batch_;
  TimePoint now_;
  std::uint32_t next_;
  std::vector<StreamShard> open_;
};

}  // namespace leat::kinesis
