#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/dynamodb/care/history.h"
#include "service/dynamodb/care/restore.h"
#include "service/dynamodb/care/table_copy.h"

namespace leat::dynamodb {
namespace {

std::string_view id_in(std::string_view arn) { return arn.substr(arn.rfind('/') + 1); }

std::unexpected<aws::Error> not_found(std::string_view arn) {
  return aws::fail(errors::kBackupNotFound, fmt::format("Backup not found: {}", arn));
}

aws::Result<BackupDescription> load(DynamoDb& db, const aws::Caller& caller, const std::string& arn) {
  const auto found = db.store().get(backup_row(caller.account, caller.region, id_in(arn)));
  if (!found.value) return not_found(arn);
  auto backup = aws::from_json<BackupDescription>(*found.value);
  if (backup.backup_details->backup_arn != arn) return not_found(arn);
  return backup;
}

SourceTableDetails source_of(const TableDescription& table) {
  SourceTableDetails out;
  out.table_name = *table.table_name;
  out.table_id = *table.table_id;
  out.table_arn = table.table_arn;
  out.table_size_bytes = table.table_size_bytes;
  out.key_schema = *table.key_schema;
  out.table_creation_date_time = *table.creation_date_time;
  out.provisioned_throughput = {table.provisioned_throughput->read_capacity_units.value_or(0),
                                table.provisioned_throughput->write_capacity_units.value_or(0)};
  out.on_demand_throughput = table.on_demand_throughput;
  out.item_count = table.item_count;
  out.billing_mode = billing_mode(table);
  return out;
}

SourceTableFeatureDetails features_of(const TableDescription& table, const Table& definition) {
  SourceTableFeatureDetails out;
  for (const auto& each : table.local_secondary_indexes.value_or(std::vector<LocalSecondaryIndexDescription>())) {
    if (!out.local_secondary_indexes) out.local_secondary_indexes.emplace();
    out.local_secondary_indexes->push_back({each.index_name, each.key_schema, each.projection});
  }
  for (const auto& each : table.global_secondary_indexes.value_or(std::vector<GlobalSecondaryIndexDescription>())) {
    if (!out.global_secondary_indexes) out.global_secondary_indexes.emplace();
    const ProvisionedThroughput units{each.provisioned_throughput->read_capacity_units.value_or(0),
                                      each.provisioned_throughput->write_capacity_units.value_or(0)};
    out.global_secondary_indexes->push_back(
        {each.index_name, each.key_schema, each.projection, units, each.on_demand_throughput});
  }
  out.stream_description = table.stream_specification;
  auto& life = out.time_to_live_description.emplace();
  life.time_to_live_status = definition.expiry_attribute ? "ENABLED" : "DISABLED";
  life.attribute_name = definition.expiry_attribute;
  out.sse_description = table.sse_description;
  return out;
}

BackupSummary summary_of(const BackupDescription& backup) {
  const auto& details = *backup.backup_details;
  const auto& table = *backup.source_table_details;
  BackupSummary out;
  out.table_name = table.table_name;
  out.table_id = table.table_id;
  out.table_arn = table.table_arn;
  out.backup_arn = details.backup_arn;
  out.backup_name = details.backup_name;
  out.backup_creation_date_time = details.backup_creation_date_time;
  out.backup_status = details.backup_status;
  out.backup_type = details.backup_type;
  out.backup_size_bytes = details.backup_size_bytes;
  return out;
}

bool is_listed(const aws::Caller& caller, const BackupDescription& backup, const ListBackupsInput& input) {
  const auto& details = *backup.backup_details;
  if (input.table_name && backup.source_table_details->table_name != table_name_in(caller, *input.table_name))
    return false;
  if (input.backup_type && *input.backup_type != "ALL" && *input.backup_type != details.backup_type) return false;
  if (input.time_range_lower_bound && details.backup_creation_date_time < *input.time_range_lower_bound) return false;
  return !input.time_range_upper_bound || details.backup_creation_date_time < *input.time_range_upper_bound;
}

}  // namespace

aws::Result<CreateBackupOutput> create_backup(DynamoDb& db, const aws::Caller& caller, const CreateBackupInput& input) {
  std::unique_lock lock(db.definitions());
  const TablePtr table = db.tables().find_or_null(caller, table_name_in(caller, input.table_name));
  if (!table) return aws::fail(errors::kTableNotFound, fmt::format("Table not found: {}", input.table_name));
  const TableDescription described = present(db, *table);
  const TimePoint now = db.clock().now();
  const std::string id = fmt::format("{:014}-{}", to_millis(now), hex_encode(db.random().bytes(4)));
  BackupDescription backup;
  auto& details = backup.backup_details.emplace();
  details.backup_arn = fmt::format("{}/backup/{}", *described.table_arn, id);
  details.backup_name = input.backup_name;
  details.backup_size_bytes = described.table_size_bytes;
  details.backup_status = "CREATING";
  details.backup_type = "USER";
  details.backup_creation_date_time = now;
  backup.source_table_details = source_of(described);
  backup.source_table_feature_details = features_of(described, *table);
  kv::Batch batch;
  batch.put(backup_row(caller.account, caller.region, id), aws::to_json(backup));
  batch.put(backup_table_row(caller.account, caller.region, id), aws::to_json(table->description));
  TableCopy copy{caller.account, caller.region, table->name(), table->id(), id, "", "", 0};
  copy.first_undone = shardlog::Log(db.store(), history_log(*table)).committed_end();
  stage_copy(batch, db, copy);
  (void)db.store().commit(batch);
  db.tables().published(caller, table->name());
  lock.unlock();
  copies_staged(db);
  return CreateBackupOutput{std::move(details)};
}

aws::Result<DescribeBackupOutput> describe_backup(DynamoDb& db, const aws::Caller& caller,
                                                  const DescribeBackupInput& input) {
  return DescribeBackupOutput{TRY(load(db, caller, input.backup_arn))};
}

aws::Result<ListBackupsOutput> list_backups(DynamoDb& db, const aws::Caller& caller, const ListBackupsInput& input) {
  constexpr std::int32_t kPage = 100;
  kv::Range range = kv::prefix_range(home_key(caller.account, caller.region, 'b'));
  if (input.exclusive_start_backup_arn)
    range.begin = backup_row(caller.account, caller.region, id_in(*input.exclusive_start_backup_arn)) + '\0';
  ListBackupsOutput output;
  auto& found = output.backup_summaries.emplace();
  const auto cursor = db.store().scan(range, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    const auto backup = kv::read_sound(*cursor, &aws::from_json<BackupDescription>);
    if (!backup || !is_listed(caller, *backup, input)) continue;
    if (found.size() == static_cast<std::size_t>(input.limit.value_or(kPage))) {
      output.last_evaluated_backup_arn = found.back().backup_arn;
      break;
    }
    found.push_back(summary_of(*backup));
  }
  return output;
}

aws::Result<DeleteBackupOutput> delete_backup(DynamoDb& db, const aws::Caller& caller, const DeleteBackupInput& input) {
  std::unique_lock lock(db.definitions());
  BackupDescription backup = TRY(load(db, caller, input.backup_arn));
  if (backup.backup_details->backup_status == "CREATING")
    return aws::fail(errors::kBackupInUse, "Backup is being created");
  const std::string_view id = id_in(input.backup_arn);
  kv::Batch batch;
  batch.erase(backup_row(caller.account, caller.region, id));
  batch.erase(backup_table_row(caller.account, caller.region, id));
  batch.erase(kv::prefix_range(backup_items_prefix(caller.account, caller.region, id)));
  (void)db.store().commit(batch);
  backup.backup_details->backup_status = "DELETED";
  return DeleteBackupOutput{std::move(backup)};
}

aws::Result<RestoreTableFromBackupOutput> restore_table_from_backup(DynamoDb& db, const aws::Caller& caller,
                                                                    const RestoreTableFromBackupInput& input) {
  std::unique_lock lock(db.definitions());
  const BackupDescription backup = TRY(load(db, caller, input.backup_arn));
  if (backup.backup_details->backup_status != "AVAILABLE")
    return aws::fail(errors::kBackupInUse, "Backup is being created");
  const std::string id(id_in(input.backup_arn));
  const auto source = aws::from_json<TableDescription>(
      db.store().get(backup_table_row(caller.account, caller.region, id)).value.value());
  RestoreSummary summary;
  summary.source_backup_arn = input.backup_arn;
  summary.source_table_arn = source.table_arn;
  summary.restore_date_time = backup.backup_details->backup_creation_date_time;
  summary.restore_in_progress = true;
  const auto description = TRY(describe_restored(db, caller, source, input, summary));
  kv::Batch batch;
  db.tables().stage(batch, caller, description);
  stage_copy(batch, db, {caller.account, caller.region, "", "", id, *description.table_name, *description.table_id, 0});
  (void)db.store().commit(batch);
  db.tables().published(caller, *description.table_name);
  lock.unlock();
  copies_staged(db);
  return RestoreTableFromBackupOutput{description};
}

}  // namespace leat::dynamodb
