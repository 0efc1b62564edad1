#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream/stream.h"
#include "service/dynamodb/stream/stream_retention.h"
#include "service/dynamodb/stream/stream_roll.h"
#include "service/dynamodb/table/backfill.h"
#include "service/dynamodb/table/index_change.h"
#include "service/dynamodb/table/index_definition.h"
#include "service/dynamodb/table/table_change.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

// A table that changes its mode takes its indexes along: on demand they need no units, provisioned each needs its own.
aws::Result<void> change_index_billing(TableDescription& description, const UpdateTableInput& input,
                                       const std::string& mode) {
  if (mode == billing_mode(description) || !description.global_secondary_indexes) return {};
  for (auto& index : *description.global_secondary_indexes) {
    if (mode == "PAY_PER_REQUEST") {
      set_throughput(index, std::nullopt);
      continue;
    }
    const auto& updates = input.global_secondary_index_updates;
    const bool given = updates && std::any_of(updates->begin(), updates->end(), [&](const auto& each) {
                         return each.update && each.update->index_name == index.index_name;
                       });
    if (!given) {
      return refuse(fmt::format(
          "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: {}",
          *index.index_name));
    }
  }
  return {};
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
  TRY_VOID(change_index_billing(description, input, mode));
  set_billing(description, mode, input.provisioned_throughput, now);
  return {};
}

aws::Result<void> change_stream(kv::Batch& batch, DynamoDb& db, const aws::Caller& caller,
                                TableDescription& description, const StreamSpecification& wanted) {
  TRY_VOID(check_stream_specification(wanted, "If stream is being "));
  const bool enabled = description.stream_specification && description.stream_specification->stream_enabled;
  if (wanted.stream_enabled && enabled)
    return aws::fail(errors::kValidation,
                     fmt::format("Table already has an enabled stream: TableName: {}", *description.table_name));
  if (!wanted.stream_enabled && !enabled)
    return aws::fail(errors::kValidation,
                     fmt::format("Table has no stream to disable: TableName: {}", *description.table_name));
  if (wanted.stream_enabled) {
    begin_stream(batch, db.random(), caller, description,
                 new_stream(db.store(), caller, description, wanted, db.clock().now()));
    stage_retention(batch, db, caller, description);
    stage_roll(batch, db, caller, description);
  } else {
    end_stream(batch, db.store(), caller, description, db.clock().now());
    description.stream_specification.reset();
  }
  return {};
}

// While an index is filled, all but the removal of an index must wait.
aws::Result<void> check_not_updating(const Table& table, const UpdateTableInput& input) {
  const auto& indexes = input.global_secondary_index_updates;
  if (indexes && std::all_of(indexes->begin(), indexes->end(), [](const auto& each) { return !!each.delete_; }))
    return {};
  for (const Index& index : table.indexes) {
    if (index.backfilling) {
      return aws::fail(
          errors::kResourceInUse,
          fmt::format("Attempt to change a resource which is still in use: Table is being updated: {}", table.name()));
    }
  }
  return {};
}

// What changes these may change nothing else.
aws::Result<void> check_alone(const UpdateTableInput& input) {
  const std::pair<bool, std::string_view> kAlone[] = {
      {input.sse_specification.has_value(), "Server-Side Encryption modification"},
      {input.table_class.has_value(), "TableClass modification"},
      {input.deletion_protection_enabled.has_value(), "DeletionProtection modification"},
      {input.warm_throughput.has_value(), "WarmThroughput"}};
  const int others = input.billing_mode.has_value() + input.provisioned_throughput.has_value() +
                     input.stream_specification.has_value() + input.global_secondary_index_updates.has_value() +
                     input.on_demand_throughput.has_value();
  const auto asked = std::count_if(std::begin(kAlone), std::end(kAlone), [](const auto& each) { return each.first; });
  for (const auto& [is_asked, what] : kAlone) {
    if (is_asked && asked + others > 1)
      return refuse(fmt::format("One or more parameter values were invalid: {} must be the only operation in the request", what));
  }
  return {};
}

aws::Result<void> check_together(const UpdateTableInput& input) {
  TRY_VOID(check_alone(input));
  const auto& updates = input.global_secondary_index_updates;
  const bool indexes = updates && std::any_of(updates->begin(), updates->end(),
                                              [](const auto& each) { return each.create || each.delete_; });
  const auto invalid = [](std::string_view what) {
    return refuse(fmt::format("One or more parameter values were invalid: You cannot {}", what));
  };
  if (input.stream_specification && input.provisioned_throughput)
    return invalid("modify stream status while updating table IOPS");
  if (indexes && input.provisioned_throughput) return invalid("create or delete index while updating table IOPS");
  if (indexes && input.stream_specification) return invalid("create or delete index while changing stream status");
  return {};
}

aws::Result<void> change_encryption(TableDescription& description, const UpdateTableInput& input) {
  if (!input.sse_specification) return {};
  TRY_VOID(check_encryption(input.sse_specification));
  const bool wanted = input.sse_specification->enabled.value_or(false);
  const auto& current = description.sse_description;
  if (!wanted && !current)
    return refuse("One or more parameter values were invalid: Table is already encrypted by default");
  if (wanted && current && (!input.sse_specification->kms_master_key_id ||
                            current->kms_master_key_arn == input.sse_specification->kms_master_key_id)) {
    return refuse(
        "One or more parameter values were invalid: Table is already encrypted with given KMSMasterKeyId. Use "
        "KMSMasterKeyId parameter if you want to change Master Key");
  }
  set_encryption(description, input.sse_specification);
  return {};
}

}  // namespace

aws::Result<UpdateTableOutput> update_table(DynamoDb& db, const aws::Caller& caller, const UpdateTableInput& input) {
  if (input.replica_updates) return aws::fail(errors::kNotOffered, "leat does not offer global tables yet");
  const bool nothing = !input.billing_mode && !input.provisioned_throughput && !input.stream_specification &&
                       !input.table_class && !input.deletion_protection_enabled && !input.sse_specification &&
                       (!input.global_secondary_index_updates || input.global_secondary_index_updates->empty()) &&
                       !input.on_demand_throughput && !input.warm_throughput;
  if (nothing)
    return refuse(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
        "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required");
  TRY_VOID(check_together(input));
  if (input.global_secondary_index_updates) TRY_VOID(check_index_updates(*input.global_secondary_index_updates));

  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(db.tables().find_any(caller, input.table_name));
  TRY_VOID(check_not_updating(*table, input));
  TableDescription description = table->description;
  kv::Batch batch;
  TRY_VOID(change_billing(description, input, db.clock().now()));
  if (input.stream_specification)
    TRY_VOID(change_stream(batch, db, caller, description, *input.stream_specification));
  else if (table->stream)
    grow_stream(batch, db, caller, description);
  TRY_VOID(change_indexes({db, caller, table, description, batch}, input));
  if (input.deletion_protection_enabled) description.deletion_protection_enabled = input.deletion_protection_enabled;
  if (input.table_class) description.table_class_summary.emplace().table_class = input.table_class;
  if (input.on_demand_throughput) description.on_demand_throughput = input.on_demand_throughput;
  TRY_VOID(warm_up(description, input.warm_throughput, "current WarmThroughput, decreasing WarmThroughput is not supported"));
  TRY_VOID(change_encryption(description, input));
  db.tables().stage(batch, caller, description);
  (void)db.store().commit(batch);
  db.tables().published(caller, table->name());
  const TablePtr changed = TRY(db.tables().find_any(caller, input.table_name));
  lock.unlock();
  retention_staged(db);
  rolls_staged(db);
  backfill_staged(db);

  UpdateTableOutput output;
  output.table_description = present(db, *changed);
  output.table_description->table_status = "UPDATING";
  if (input.sse_specification) {
    output.table_description->sse_description = (changed->description.sse_description ? changed : table)->description.sse_description;
    output.table_description->sse_description->status = "UPDATING";
  }
  return output;
}

}  // namespace leat::dynamodb
