#include "service/dynamodb/stream/stream_retention.h"

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/dynamodb/stream/shards.h"
#include "service/dynamodb/stream/stream.h"

namespace leat::dynamodb {
namespace {

using dynamodbstreams::StreamDescription;

constexpr const char* kKind = "dynamodb-stream-retention";
// A busy stream is trimmed by the hour, not record by record.
constexpr Duration kLeastPause = std::chrono::hours(1);

// text(account) text(region) text(table) text(label)
std::string payload(std::string_view account, std::string_view region, std::string_view table, std::string_view label) {
  return kv::make_key(account, region, table, label);
}

// Trims the logs. A shard that was closed a day ago goes with its last record.
bool trim_shards(kv::Batch& batch, DynamoDb& db, const StreamOwner& owner, StreamDescription& stream) {
  const TimePoint horizon = db.clock().now() - kStreamRetention;
  bool any_left = false;
  std::erase_if(*stream.shards, [&](const Shard& shard) {
    shardlog::Log log(db.store(), log_of(owner, shard));
    const auto closed = log.closed_at();
    if (closed && *closed < horizon) {
      batch.erase(kv::prefix_range(log.name()));
      return true;
    }
    log.trim(horizon);
    any_left = any_left || closed || log.first(horizon) < log.end();
    return false;
  });
  return any_left;
}

void trim(DynamoDb& db, std::string_view what) {
  const std::string account = kv::take_text(what), region = kv::take_text(what), table = kv::take_text(what),
                    label = kv::take_text(what);
  std::unique_lock lock(db.definitions());
  const std::string row = stream_row(account, region, table, label);
  const auto found = db.store().get(row);
  if (!found.value) return;
  const auto before = aws::from_json<StreamDescription>(*found.value);
  auto stream = before;
  kv::Batch batch;
  const bool any_left = trim_shards(batch, db, {account, region, before}, stream);
  if (stream.shards->empty()) {
    batch.erase(row);
  } else {
    batch.put(row, aws::to_json(stream));
    db.schedule().add(batch, kKind, db.clock().now() + (any_left ? kLeastPause : kStreamRetention),
                      payload(account, region, table, label));
  }
  (void)db.store().commit(batch);
}

}  // namespace

void keep_retention(DynamoDb& db) {
  db.schedule().handle(kKind, [&db](const std::string& what) { trim(db, what); });
}

void stage_retention(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller, const TableDescription& description) {
  db.schedule().add(batch, kKind, db.clock().now() + kStreamRetention,
                    payload(caller.account, caller.region, *description.table_name, *description.latest_stream_label));
}

void retention_staged(DynamoDb& db) { db.schedule().armed(kKind); }

}  // namespace leat::dynamodb
