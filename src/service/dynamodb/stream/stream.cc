#include "service/dynamodb/stream/stream.h"

#include <fmt/format.h>

#include "aws/shape_json.h"
#include "service/dynamodb/stream/shards.h"
#include "service/dynamodb/value/item_codec.h"

namespace leat::dynamodb {

using dynamodbstreams::StreamDescription;

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
  for (std::uint32_t place = 0; place < wanted_shards(description); ++place)
    row.shards->push_back(new_shard(random, place, stream.now, nullptr));
  batch.put(stream_row(caller.account, caller.region, table, stream.label), aws::to_json(row));
}

void end_stream(kv::Batch& batch, kv::Store& store, const aws::Caller& caller, const TableDescription& description,
                TimePoint now) {
  const std::string row_key =
      stream_row(caller.account, caller.region, *description.table_name, *description.latest_stream_label);
  const auto found = store.get(row_key);
  if (!found.value) return;
  auto row = aws::from_json<StreamDescription>(*found.value);
  row.stream_status = "DISABLED";
  for (auto& shard : *row.shards) {
    if (is_open(shard)) close_shard(batch, store, {caller.account, caller.region, row}, shard, now);
  }
  batch.put(row_key, aws::to_json(row));
}

TableStream enabled_stream(const Table& table, const StreamDescription& description) {
  TableStream stream{*description.stream_arn, *description.stream_view_type, {}};
  for (const auto& shard : *description.shards) {
    if (!is_open(shard)) continue;
    const std::size_t place = place_of(*shard.shard_id);
    stream.logs.resize(std::max(stream.logs.size(), place + 1));
    stream.logs[place] =
        log_name(table.account, table.region, table.name(), *description.stream_label, *shard.shard_id);
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
  // Each shard has an equal share of the partition hashes, so that doubling their number splits each in two.
  const std::size_t place = static_cast<std::uint64_t>(change.key.hash) * stream.logs.size() >> 32;
  shardlog::Log::append(batch, stream.logs[place], now, encode_record(record));
}

}  // namespace leat::dynamodb
