#include "service/dynamodb/care/history.h"

#include "aws/shape_json.h"
#include "base/varint.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::dynamodb {
namespace {

constexpr const char* kKind = "dynamodb-history";
constexpr Duration kPause = std::chrono::hours(24);
constexpr std::int32_t kDefaultDays = 35;

void trim(DynamoDb& db, std::string_view what) {
  aws::Caller caller;
  caller.account = kv::take_text(what);
  caller.region = kv::take_text(what);
  const TablePtr table = db.tables().find_or_null(caller, kv::take_text(what));
  if (!table || table->id() != kv::take_text(what)) return;
  const auto recovery = recovery_of(db.store(), *table);
  if (!recovery) return;
  const auto days = std::chrono::days(recovery->recovery_period_in_days.value_or(kDefaultDays));
  shardlog::Log(db.store(), history_log(*table)).trim(db.clock().now() - days);
  kv::Batch batch;
  stage_history_trimming(batch, db, *table);
  (void)db.store().commit(batch);
}

}  // namespace

std::string history_log(const Table& table) {
  return home_key(table.account, table.region, 'h') + kv::make_key(table.id());
}

std::string recovery_row(std::string_view account, std::string_view region, std::string_view name) {
  return home_key(account, region, 'p') + kv::make_key(name);
}

std::string jobs_prefix(std::string_view account, std::string_view region, std::string_view table_id) {
  return home_key(account, region, 'j') + kv::make_key(table_id);
}

void stage_history(kv::Batch& batch, const Table& table, std::string_view place, std::string_view old_image,
                   TimePoint now) {
  std::string payload;
  append_varint(payload, place.size());
  payload += place;
  payload += old_image;
  shardlog::Log::append(batch, history_log(table), now, payload);
}

std::optional<HistoryRecord> history_record(const kv::Store& store, const std::string& log, kv::LogPosition position) {
  const auto found = store.get(kv::log_key(log, position));
  if (!found.value) return std::nullopt;
  std::string_view bytes = std::string_view(*found.value).substr(sizeof(std::uint64_t));  // behind the time
  const auto size = take_varint(bytes);
  if (!size || *size > bytes.size()) throw kv::DamagedRow("damaged history record");
  return HistoryRecord{std::string(bytes.substr(0, *size)), std::string(bytes.substr(*size))};
}

std::optional<PointInTimeRecoveryDescription> recovery_of(const kv::Store& store, const Table& table) {
  const auto found = store.get(recovery_row(table.account, table.region, table.name()));
  if (!found.value) return std::nullopt;
  return aws::from_json<PointInTimeRecoveryDescription>(*found.value);
}

void keep_history(DynamoDb& db) {
  db.schedule().handle(kKind, [&db](const std::string& what) { trim(db, what); });
}

void stage_history_trimming(kv::Batch& batch, DynamoDb& db, const Table& table) {
  db.schedule().add(batch, kKind, db.clock().now() + kPause,
                    kv::make_key(table.account, table.region, table.name(), table.id()));
}

void history_staged(DynamoDb& db) { db.schedule().armed(kKind); }

}  // namespace leat::dynamodb
