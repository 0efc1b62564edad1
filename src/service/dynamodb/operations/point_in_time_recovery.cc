#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/care/history.h"
#include "service/dynamodb/care/restore.h"
#include "service/dynamodb/care/table_copy.h"

namespace leat::dynamodb {
namespace {

constexpr std::int32_t kDefaultDays = 35;

aws::Result<TablePtr> find(DynamoDb& db, const aws::Caller& caller, std::string_view name_or_arn) {
  if (TablePtr table = db.tables().find_or_null(caller, table_name_in(caller, name_or_arn))) return table;
  return aws::fail(errors::kTableNotFound, fmt::format("Table not found: {}", table_name_in(caller, name_or_arn)));
}

// From when on the table can be restored.
TimePoint earliest(const DynamoDb& db, const PointInTimeRecoveryDescription& recovery) {
  const auto days = std::chrono::days(recovery.recovery_period_in_days.value_or(kDefaultDays));
  return std::max<TimePoint>(*recovery.earliest_restorable_date_time, db.clock().now() - days);
}

ContinuousBackupsDescription describe(const DynamoDb& db, const Table& table) {
  ContinuousBackupsDescription out;
  out.continuous_backups_status = "ENABLED";
  auto& shown = out.point_in_time_recovery_description.emplace();
  const auto recovery = recovery_of(db.store(), table);
  shown.point_in_time_recovery_status = recovery ? "ENABLED" : "DISABLED";
  if (!recovery) return out;
  shown.recovery_period_in_days = recovery->recovery_period_in_days;
  shown.earliest_restorable_date_time = earliest(db, *recovery);
  shown.latest_restorable_date_time = db.clock().now();
  return out;
}

// The moment that a restore is of.
aws::Result<TimePoint> wanted_time(const DynamoDb& db, const Table& table,
                                   const RestoreTableToPointInTimeInput& input) {
  const auto recovery = recovery_of(db.store(), table);
  if (!recovery) {
    return aws::fail(errors::kPointInTimeRecoveryUnavailable,
                     fmt::format("Point in time recovery is not enabled for table '{}'", table.name()));
  }
  const TimePoint now = db.clock().now();
  if (input.use_latest_restorable_time.value_or(false) || !input.restore_date_time) return now;
  const TimePoint wanted = *input.restore_date_time;
  if (wanted < std::chrono::floor<std::chrono::seconds>(earliest(db, *recovery)) || wanted > now) {
    return aws::fail(errors::kInvalidRestoreTime,
                     "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime");
  }
  return wanted;
}

}  // namespace

aws::Result<DescribeContinuousBackupsOutput> describe_continuous_backups(DynamoDb& db, const aws::Caller& caller,
                                                                         const DescribeContinuousBackupsInput& input) {
  return DescribeContinuousBackupsOutput{describe(db, *TRY(find(db, caller, input.table_name)))};
}

aws::Result<UpdateContinuousBackupsOutput> update_continuous_backups(DynamoDb& db, const aws::Caller& caller,
                                                                     const UpdateContinuousBackupsInput& input) {
  const auto& wanted = input.point_in_time_recovery_specification;
  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(find(db, caller, input.table_name));
  const std::string row = recovery_row(caller.account, caller.region, table->name());
  auto recovery = recovery_of(db.store(), *table);
  const bool begins = wanted.point_in_time_recovery_enabled && !recovery;
  kv::Batch batch;
  if (wanted.point_in_time_recovery_enabled) {
    if (!recovery) recovery.emplace().earliest_restorable_date_time = db.clock().now();
    recovery->recovery_period_in_days = wanted.recovery_period_in_days.value_or(kDefaultDays);
    batch.put(row, aws::to_json(*recovery));
    if (begins) stage_history_trimming(batch, db, *table);
  } else {
    batch.erase(row);
    if (!is_being_copied(db, *table)) batch.erase(kv::prefix_range(history_log(*table)));
  }
  (void)db.store().commit(batch);
  db.tables().published(caller, table->name());
  lock.unlock();
  history_staged(db);
  return UpdateContinuousBackupsOutput{describe(db, *table)};
}

aws::Result<RestoreTableToPointInTimeOutput> restore_table_to_point_in_time(
    DynamoDb& db, const aws::Caller& caller, const RestoreTableToPointInTimeInput& input) {
  const auto& source_name = input.source_table_arn ? input.source_table_arn : input.source_table_name;
  if (!source_name) return aws::fail(errors::kValidation, "SourceTableName or SourceTableArn is required");
  std::unique_lock lock(db.definitions());
  const TablePtr source = TRY(find(db, caller, *source_name));
  const TimePoint time = TRY(wanted_time(db, *source, input));
  RestoreSummary summary;
  summary.source_table_arn = source->description.table_arn;
  summary.restore_date_time = time;
  summary.restore_in_progress = true;
  const auto description = TRY(describe_restored(db, caller, source->description, input, summary));
  kv::Batch batch;
  db.tables().stage(batch, caller, description);
  const shardlog::Log history(db.store(), history_log(*source));
  TableCopy copy{caller.account,
                 caller.region,
                 source->name(),
                 source->id(),
                 "",
                 *description.table_name,
                 *description.table_id,
                 0};
  copy.first_undone = history.first(time + Duration(1));
  stage_copy(batch, db, copy);
  (void)db.store().commit(batch);
  db.tables().published(caller, source->name());
  db.tables().published(caller, *description.table_name);
  lock.unlock();
  copies_staged(db);
  return RestoreTableToPointInTimeOutput{description};
}

}  // namespace leat::dynamodb
