#include "service/dynamodb/stream/shards.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "service/dynamodb/stream/stream_record.h"
#include "service/dynamodb/table/key.h"
#include "service/dynamodb/value/item_codec.h"

namespace leat::dynamodb {
namespace {

constexpr std::uint32_t kOnDemandShards = 4;
constexpr std::int64_t kUnitsPerShardWrite = 1000;
constexpr std::int64_t kUnitsPerShardRead = 3000;
constexpr double kMaxShards = 1000;

std::string number_text(std::uint64_t number) { return fmt::format("1{:020}", number); }

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.size() != 21 || text[0] != '1') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint64_t first_number(const Shard& shard) {
  return parse_number(*shard.sequence_number_range->starting_sequence_number).value_or(1);
}

std::string event_id(const Shard& shard, kv::LogPosition position) {
  const std::string source = fmt::format("{}/{}", *shard.shard_id, position);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(source.data(), source.size(), digest, &size, EVP_md5(), nullptr);
  return hex_encode({reinterpret_cast<const char*>(digest), size});
}

std::string_view event_name(ChangeEvent event) {
  switch (event) {
    case ChangeEvent::kInsert: return "INSERT";
    case ChangeEvent::kModify: return "MODIFY";
    case ChangeEvent::kRemove:
    case ChangeEvent::kExpire: return "REMOVE";
  }
  return "";
}

}  // namespace

// A partition holds 1,000 write or 3,000 read units; a stream has a shard for each.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
std::uint32_t wanted_shards(const TableDescription& description) {
  if (description.billing_mode_summary && description.billing_mode_summary->billing_mode == "PAY_PER_REQUEST")
    return kOnDemandShards;
  const auto& throughput = description.provisioned_throughput;
  if (!throughput) return 1;
  const double units = static_cast<double>(throughput->read_capacity_units.value_or(1)) / kUnitsPerShardRead +
                       static_cast<double>(throughput->write_capacity_units.value_or(1)) / kUnitsPerShardWrite;
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::min(units, kMaxShards)));
}

Shard new_shard(Random& random, std::uint32_t place, TimePoint now, const Shard* parent) {
  Shard shard;
  shard.shard_id = fmt::format("shardId-{:020}-{}{:04x}", to_millis(now), hex_encode(random.bytes(2)), place);
  auto& range = shard.sequence_number_range.emplace();
  range.starting_sequence_number = number_text(1);
  if (!parent) return shard;
  shard.parent_shard_id = parent->shard_id;
  const auto ended = parse_number(*parent->sequence_number_range->ending_sequence_number);
  range.starting_sequence_number = number_text(ended.value_or(0) + 1);
  return shard;
}

std::uint32_t place_of(std::string_view shard_id) {
  std::uint32_t place = 0;
  const std::string_view digits = shard_id.substr(shard_id.size() - 4);
  std::from_chars(digits.data(), digits.data() + digits.size(), place, 16);
  return place;
}

bool is_open(const Shard& shard) { return !shard.sequence_number_range->ending_sequence_number; }

std::string log_of(const StreamOwner& owner, const Shard& shard) {
  return log_name(owner.account, owner.region, *owner.stream.table_name, *owner.stream.stream_label, *shard.shard_id);
}

void close_shard(kv::Batch& batch, kv::Store& store, const StreamOwner& owner, Shard& shard, TimePoint now) {
  const std::string name = log_of(owner, shard);
  // A shard that nothing was written to ends where it starts.
  const kv::LogPosition end = std::max<kv::LogPosition>(shardlog::Log(store, name).committed_end(), 2);
  shard.sequence_number_range->ending_sequence_number = sequence_number(shard, end - 1);
  shardlog::Log::close(batch, name, now);
}

std::string sequence_number(const Shard& shard, kv::LogPosition position) {
  return number_text(first_number(shard) + position - 1);
}

std::optional<kv::LogPosition> parse_sequence_number(const Shard& shard, std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number < first_number(shard)) return std::nullopt;
  return *number - first_number(shard) + 1;
}

std::uint32_t key_hash(const shardlog::Record& record) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(decode_record(record.payload).keys));
}

dynamodbstreams::Record present_record(const RecordContext& context, const shardlog::Record& stored) {
  const StreamRecord record = decode_record(stored.payload);
  dynamodbstreams::Record out;
  out.event_id = event_id(context.shard, stored.position);
  out.event_name = event_name(record.event);
  out.event_version = "1.1";
  out.event_source = "aws:dynamodb";
  out.aws_region = context.region;
  if (record.event == ChangeEvent::kExpire) {
    auto& identity = out.user_identity.emplace();
    identity.principal_id = "dynamodb.amazonaws.com";
    identity.type = "Service";
  }
  auto& change = out.dynamodb.emplace();
  // DynamoDB gives whole seconds.
  change.approximate_creation_date_time = std::chrono::floor<std::chrono::seconds>(stored.time);
  change.keys.emplace(record.keys);
  change.size_bytes = static_cast<std::int64_t>(stored_size(record.keys) + stored_size(record.old_image) +
                                                stored_size(record.new_image));
  if (!record.old_image.empty()) change.old_image.emplace(record.old_image);
  if (!record.new_image.empty()) change.new_image.emplace(record.new_image);
  change.sequence_number = sequence_number(context.shard, stored.position);
  change.stream_view_type = context.view_type;
  return out;
}

}  // namespace leat::dynamodb
