#pragma once
// A data stream, and where it lies in the key space.
//
//   home     := text(account) text(region) 'n'
//   stream   := home 's' text(name)              StreamDescriptionSummary, JSON
//   tags     := home 't' text(ARN)               ListTagsForResourceOutput, JSON
//   policy   := home 'p' text(ARN)               text: a resource's policy
//   settings := home 'a'                         DescribeAccountSettingsOutput, JSON
//   consumer := home 'c' text(name) text(consumer)  ConsumerDescription, JSON
//   room     := home 'r' text(name)
//     shard  := room 's' u32(number)             Shard, JSON
//     log    := room 'l' u32(number)             a log (engine/shardlog); a record: text(partition key) data
//
// A sequence number is 56 digits: 49, the shard's creation in milliseconds (14), its number (8), the record's position
// in its log (32). So it grows along a shard, and a child's are greater than its parents'.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/caller.h"
#include "aws/kinesis/types.h"
#include "engine/kv/store.h"
#include "service/kinesis/hash_key.h"

namespace leat::kinesis {

struct StreamShard {
  Shard shard;
  std::uint32_t number;
  std::string log;
  HashKey first, last;

  bool is_open() const { return !shard.sequence_number_range.ending_sequence_number; }
};

// Immutable: a change makes a new one.
struct Stream {
  std::string account;
  std::string region;
  StreamDescriptionSummary summary;
  std::vector<StreamShard> shards;  // by number
  std::vector<std::size_t> open;    // places in `shards`, by hash key

  const std::string& name() const { return summary.stream_name; }
  const std::string& arn() const { return summary.stream_arn; }

  const StreamShard& shard_of(HashKey key) const;
  const StreamShard* find_shard(std::string_view shard_id) const;
};
using StreamPtr = std::shared_ptr<const Stream>;

std::string home_key(std::string_view account, std::string_view region, char room);
std::string stream_row(std::string_view account, std::string_view region, std::string_view name);
std::string room_key(std::string_view account, std::string_view region, std::string_view name, char kind);
std::string shard_row(std::string_view account, std::string_view region, std::string_view name, std::uint32_t number);
std::string log_name(std::string_view account, std::string_view region, std::string_view name, std::uint32_t number);
std::string consumers_prefix(std::string_view account, std::string_view region, std::string_view name);

// What is kept of a stream or a consumer by its ARN: tags and policy.
void stage_erase_kept(kv::Batch& batch, const aws::Caller& owner, std::string_view arn);

std::string shard_id(std::uint32_t number);
std::string first_sequence_number(TimePoint created, std::uint32_t number);
std::string sequence_number(const Shard& shard, kv::LogPosition position);
// The position of a sequence number in that shard; nothing where it is of another one.
std::optional<kv::LogPosition> position_in(const Shard& shard, std::string_view sequence_number);

// What is stored. Null where there is no such stream.
StreamPtr load_stream(const kv::Store& store, std::string_view account, std::string_view region, std::string_view name);

// A record's bytes in its log.
std::string encode_record(std::string_view partition_key, std::string_view data);
struct DecodedRecord {
  std::string partition_key;
  std::string data;
};
DecodedRecord decode_record(std::string_view payload);

}  // namespace leat::kinesis
