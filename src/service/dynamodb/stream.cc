#include "service/dynamodb/stream.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>

#include "aws/arn.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "service/dynamodb/item_codec.h"

namespace leat::dynamodb {
namespace {

using dynamodbstreams::Shard;
using dynamodbstreams::StreamDescription;

constexpr std::uint32_t kOnDemandShards = 4;
constexpr std::int64_t kUnitsPerShardWrite = 1000;
constexpr std::int64_t kUnitsPerShardRead = 3000;

// A partition holds 1,000 write or 3,000 read units; a stream has a shard for each.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
std::uint32_t shard_count(const TableDescription& description) {
  if (description.billing_mode_summary && description.billing_mode_summary->billing_mode == "PAY_PER_REQUEST")
    return kOnDemandShards;
  const auto& throughput = description.provisioned_throughput;
  if (!throughput) return 1;
  const double units = static_cast<double>(throughput->read_capacity_units.value_or(1)) / kUnitsPerShardRead +
                       static_cast<double>(throughput->write_capacity_units.value_or(1)) / kUnitsPerShardWrite;
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::min(units, 1000.0)));
}

std::string event_id(const RecordContext& context, kv::LogPosition position) {
  const std::string source = fmt::format("{}{}", context.log, position);
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

void begin_stream(kv::Batch& batch, Random& random, const aws::Caller& caller, TableDescription& description,
                  const NewStream& stream) {
  const std::string& table = *description.table_name;
  description.stream_specification = StreamSpecification{.stream_enabled = true, .stream_view_type = stream.view_type};
  description.latest_stream_label = stream.label;
  description.latest_stream_arn = fmt::format("{}/stream/{}", table_arn(caller, table), stream.label);
  StreamDescription row;
  row.stream_arn = description.latest_stream_arn;
  row.stream_label = stream.label;
  row.stream_status = "ENABLED";
  row.stream_view_type = stream.view_type;
  row.creation_request_date_time = stream.now;
  row.table_name = table;
  row.key_schema.emplace();
  for (const auto& element : *description.key_schema)
    row.key_schema->push_back({element.attribute_name, element.key_type});
  row.shards.emplace();
  for (std::uint32_t i = 0; i < shard_count(description); ++i) {
    Shard shard;
    shard.shard_id = fmt::format("shardId-{:020}-{}", to_millis(stream.now) + i, hex_encode(random.bytes(4)));
    shard.sequence_number_range.emplace().starting_sequence_number = sequence_number(1);
    row.shards->push_back(std::move(shard));
  }
  batch.put(stream_row(caller.account, caller.region, table, stream.label), aws::to_json(row));
}

void end_stream(kv::Batch& batch, kv::Store& store, const aws::Caller& caller, const TableDescription& description) {
  const std::string row_key =
      stream_row(caller.account, caller.region, *description.table_name, *description.latest_stream_label);
  const auto found = store.get(row_key);
  if (!found.value) return;
  auto row = aws::from_json<StreamDescription>(*found.value);
  row.stream_status = "DISABLED";
  for (std::uint32_t i = 0; i < row.shards->size(); ++i) {
    const shardlog::Log log(store,
                            log_name(caller.account, caller.region, *description.table_name, *row.stream_label, i));
    // A shard that nothing was written to ends where it starts.
    (*row.shards)[i].sequence_number_range->ending_sequence_number =
        sequence_number(std::max<kv::LogPosition>(log.end(), 2) - 1);
  }
  batch.put(row_key, aws::to_json(row));
}

TableStream enabled_stream(const Table& table, const StreamDescription& description) {
  TableStream stream{*description.stream_arn, *description.stream_view_type, {}};
  for (std::uint32_t i = 0; i < description.shards->size(); ++i) {
    stream.logs.push_back(log_name(table.account, table.region, table.name(), *description.stream_label, i));
  }
  return stream;
}

void stage_record(kv::Batch& batch, const Table& table, const ItemChange& change, TimePoint now) {
  if (!table.stream || change.old_image == change.new_image) return;
  const TableStream& stream = *table.stream;
  const std::string keys = encode_item(change.key.attributes);
  const bool keeps_old = stream.view_type == "OLD_IMAGE" || stream.view_type == "NEW_AND_OLD_IMAGES";
  const bool keeps_new = stream.view_type == "NEW_IMAGE" || stream.view_type == "NEW_AND_OLD_IMAGES";
  const ChangeEvent event = change.by_time_to_live     ? ChangeEvent::kExpire
                            : change.old_image.empty() ? ChangeEvent::kInsert
                            : change.new_image.empty() ? ChangeEvent::kRemove
                                                       : ChangeEvent::kModify;
  const StreamRecord record{event, keys, keeps_old ? change.old_image : std::string_view(),
                            keeps_new ? change.new_image : std::string_view()};
  shardlog::Log::append(batch, stream.logs[change.key.hash % stream.logs.size()], now, encode_record(record));
}

std::string sequence_number(kv::LogPosition position) { return fmt::format("1{:020}", position); }

std::optional<kv::LogPosition> parse_sequence_number(std::string_view text) {
  if (text.size() != 21 || text[0] != '1') return std::nullopt;
  kv::LogPosition position = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), position);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return position;
}

dynamodbstreams::Record present_record(const RecordContext& context, const shardlog::Record& stored) {
  const StreamRecord record = decode_record(stored.payload);
  dynamodbstreams::Record out;
  out.event_id = event_id(context, stored.position);
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
  change.keys = decode_item(record.keys);
  std::size_t size = size_of(*change.keys);
  if (!record.old_image.empty()) size += size_of(change.old_image.emplace(decode_item(record.old_image)));
  if (!record.new_image.empty()) size += size_of(change.new_image.emplace(decode_item(record.new_image)));
  change.sequence_number = sequence_number(stored.position);
  change.size_bytes = static_cast<std::int64_t>(size);
  change.stream_view_type = context.view_type;
  return out;
}

}  // namespace leat::dynamodb
