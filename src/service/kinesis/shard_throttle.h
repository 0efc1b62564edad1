#pragma once
// What a shard takes and gives in a second: 1 MB or 1,000 records in; 2 MB or 5 calls out.
//
// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace leat::kinesis {

class ShardThrottle {
 public:
  ShardThrottle(const Clock& clock, bool enforced) : clock_(clock), enforced_(enforced) {}

  // False where the shard has taken its second's share. `shard` is unique among all: its log's name.
  bool take_write(const std::string& shard, std::size_t bytes);

  // A call is counted before it reads; bytes afterwards, and a shard that gave too much pauses.
  bool take_read(const std::string& shard);
  void count_read(const std::string& shard, std::size_t bytes);

 private:
  // Refills evenly and holds at most one second's share.
  struct Bucket {
    double level;
    TimePoint at;
  };
  struct Shard {
    Bucket records, bytes, calls, read_bytes;
  };
  Shard& find(const std::string& shard);
  void refill(Bucket& bucket, double rate);

  const Clock& clock_;
  const bool enforced_;
  std::mutex mutex_;
  std::unordered_map<std::string, Shard> shards_;
};

}  // namespace leat::kinesis
