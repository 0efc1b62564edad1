#include "service/dynamodb/stream/stream_roll.h"

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/dynamodb/stream/shards.h"

namespace leat::dynamodb {
namespace {

using dynamodbstreams::StreamDescription;

constexpr const char* kKind = "dynamodb-stream-roll";
constexpr Duration kShardLife = std::chrono::hours(4);

// text(account) text(region) text(table) text(label)
std::string payload(const aws::Caller& caller, std::string_view table, std::string_view label) {
  return kv::make_key(caller.account, caller.region, table, label);
}

// Closes a shard and opens `children` in its place.
void replace(kv::Batch& batch, DynamoDb& db, const StreamOwner& owner, StreamDescription& stream, std::size_t shard,
             std::uint32_t children) {
  const TimePoint now = db.clock().now();
  Shard parent = (*stream.shards)[shard];
  close_shard(batch, db.store(), owner, parent, now);
  const std::uint32_t place = place_of(*parent.shard_id);
  for (std::uint32_t child = 0; child < children; ++child)
    stream.shards->push_back(new_shard(db.random(), place * children + child, now, &parent));
  (*stream.shards)[shard] = std::move(parent);
}

// A shard that nothing was written to need not be rolled.
void roll_written(kv::Batch& batch, DynamoDb& db, const StreamOwner& owner, StreamDescription& stream) {
  const std::size_t count = stream.shards->size();
  for (std::size_t i = 0; i < count; ++i) {
    const Shard& shard = (*stream.shards)[i];
    if (is_open(shard) && shardlog::Log(db.store(), log_of(owner, shard)).committed_end() > 1)
      replace(batch, db, owner, stream, i, 1);
  }
}

void roll(DynamoDb& db, std::string_view what) {
  aws::Caller caller;
  caller.account = kv::take_text(what);
  caller.region = kv::take_text(what);
  const std::string table = kv::take_text(what), label = kv::take_text(what);
  std::unique_lock lock(db.definitions());
  const std::string row = stream_row(caller.account, caller.region, table, label);
  const auto found = db.store().get(row);
  if (!found.value) return;
  auto stream = aws::from_json<StreamDescription>(*found.value);
  if (stream.stream_status != "ENABLED") return;
  kv::Batch batch;
  const StreamDescription before = stream;
  roll_written(batch, db, {caller.account, caller.region, before}, stream);
  batch.put(row, aws::to_json(stream));
  db.schedule().add(batch, kKind, db.clock().now() + kShardLife, payload(caller, table, label));
  (void)db.store().commit(batch);
  db.tables().published(caller, table);
}

}  // namespace

void keep_rolling(DynamoDb& db) {
  db.schedule().handle(kKind, [&db](const std::string& what) { roll(db, what); });
}

void stage_roll(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description) {
  db.schedule().add(batch, kKind, db.clock().now() + kShardLife,
                    payload(caller, *description.table_name, *description.latest_stream_label));
}

void rolls_staged(DynamoDb& db) { db.schedule().armed(kKind); }

void grow_stream(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description) {
  const std::string row =
      stream_row(caller.account, caller.region, *description.table_name, *description.latest_stream_label);
  const auto found = db.store().get(row);
  if (!found.value) return;
  const auto before = aws::from_json<StreamDescription>(*found.value);
  const auto open = std::count_if(before.shards->begin(), before.shards->end(), is_open);
  if (open >= wanted_shards(description)) return;
  std::uint32_t factor = 2;
  while (open * factor < wanted_shards(description)) factor *= 2;
  auto stream = before;
  for (std::size_t i = 0; i < before.shards->size(); ++i) {
    if (is_open((*before.shards)[i])) replace(batch, db, {caller.account, caller.region, before}, stream, i, factor);
  }
  batch.put(row, aws::to_json(stream));
}

}  // namespace leat::dynamodb
