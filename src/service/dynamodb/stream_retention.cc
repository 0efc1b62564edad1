#include "service/dynamodb/stream_retention.h"

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "service/dynamodb/stream.h"

namespace leat::dynamodb {
namespace {

constexpr const char* kKind = "dynamodb-stream-retention";
// A busy stream is trimmed by the hour, not record by record.
constexpr Duration kLeastPause = std::chrono::hours(1);

// text(account) text(region) text(table) text(label)
std::string payload(std::string_view account, std::string_view region, std::string_view table, std::string_view label) {
  return kv::make_key(account, region, table, label);
}

void trim(DynamoDb& db, std::string_view what) {
  const std::string account = kv::take_text(what), region = kv::take_text(what), table = kv::take_text(what),
                    label = kv::take_text(what);
  const std::string row = stream_row(account, region, table, label);
  const auto found = db.store().get(row);
  if (!found.value) return;
  const auto stream = aws::from_json<dynamodbstreams::StreamDescription>(*found.value);
  const TimePoint horizon = db.clock().now() - kStreamRetention;
  bool any = false;
  kv::Batch batch;
  for (std::uint32_t i = 0; i < stream.shards->size(); ++i) {
    shardlog::Log log(db.store(), log_name(account, region, table, label, i));
    log.trim(horizon);
    any = any || log.first(horizon) < log.end();
  }
  if (!any && stream.stream_status == "DISABLED") {
    batch.erase(row);
    for (std::uint32_t i = 0; i < stream.shards->size(); ++i)
      batch.erase(kv::prefix_range(log_name(account, region, table, label, i)));
  } else {
    db.schedule().add(batch, kKind, db.clock().now() + (any ? kLeastPause : kStreamRetention),
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
