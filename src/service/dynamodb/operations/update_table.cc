#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream.h"
#include "service/dynamodb/stream_retention.h"
#include "service/dynamodb/table_change.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

std::string billing_mode(const TableDescription& description) {
  return description.billing_mode_summary ? *description.billing_mode_summary->billing_mode : "PROVISIONED";
}

aws::Result<void> change_billing(TableDescription& description, const UpdateTableInput& input, TimePoint now) {
  if (!input.billing_mode && !input.provisioned_throughput) return {};
  const std::string mode = input.billing_mode.value_or(billing_mode(description));
  TRY_VOID(check_billing(mode, input.provisioned_throughput));
  const auto& current = *description.provisioned_throughput;
  const bool same = mode == billing_mode(description) && mode == "PROVISIONED" &&
                    current.read_capacity_units == input.provisioned_throughput->read_capacity_units &&
                    current.write_capacity_units == input.provisioned_throughput->write_capacity_units;
  if (same) {
    return refuse(fmt::format(
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: {}. Requested ReadCapacityUnits: {}. "
        "Current WriteCapacityUnits provisioned for the table: {}. Requested WriteCapacityUnits: {}. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
        *current.read_capacity_units, *current.read_capacity_units, *current.write_capacity_units,
        *current.write_capacity_units));
  }
  set_billing(description, mode, input.provisioned_throughput, now);
  return {};
}

aws::Result<void> change_stream(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller,
                                TableDescription& description, const StreamSpecification& wanted) {
  TRY_VOID(check_stream_specification(wanted));
  const bool enabled = description.stream_specification && description.stream_specification->stream_enabled;
  if (wanted.stream_enabled && enabled)
    return aws::fail(errors::kValidation,
                     fmt::format("Table already has an enabled stream: TableName: {}", *description.table_name));
  if (!wanted.stream_enabled && !enabled)
    return aws::fail(errors::kValidation,
                     fmt::format("Table does not have a stream to disable: TableName: {}", *description.table_name));
  if (wanted.stream_enabled) {
    begin_stream(batch, db.random(), caller, description,
                 new_stream(db.store(), caller, description, wanted, db.clock().now()));
    stage_retention(batch, db, caller, description);
  } else {
    end_stream(batch, db.store(), caller, description);
    description.stream_specification.reset();
  }
  return {};
}

}  // namespace

aws::Result<UpdateTableOutput> update_table(DynamoDb& db, const aws::Caller& caller, const UpdateTableInput& input) {
  if (input.global_secondary_index_updates)
    return aws::fail(errors::kNotOffered, "leat does not offer secondary indexes yet");
  const bool nothing = !input.billing_mode && !input.provisioned_throughput && !input.stream_specification &&
                       !input.table_class && !input.deletion_protection_enabled && !input.sse_specification;
  if (nothing)
    return refuse(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
        "SSESpecification or ReplicaUpdates is required");

  std::lock_guard lock(db.definition_mutex());
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  TableDescription description = table->description;
  kv::Batch batch;
  TRY_VOID(change_billing(description, input, db.clock().now()));
  if (input.stream_specification) TRY_VOID(change_stream(batch, db, caller, description, *input.stream_specification));
  if (input.deletion_protection_enabled) description.deletion_protection_enabled = input.deletion_protection_enabled;
  if (input.table_class) description.table_class_summary.emplace().table_class = input.table_class;
  db.tables().stage(batch, caller, description);
  (void)db.store().commit(batch);
  db.tables().published(caller, table->name());
  retention_staged(db);

  UpdateTableOutput output;
  output.table_description = std::move(description);
  output.table_description->table_status = "UPDATING";
  return output;
}

}  // namespace leat::dynamodb
