#pragma once
// What RestoreTableFromBackup and RestoreTableToPointInTime have in common: the new table.

#include <fmt/format.h>

#include "service/dynamodb/table/index_definition.h"
#include "service/dynamodb/table/table_change.h"

namespace leat::dynamodb {

template <class Input>
void override_indexes(TableDescription& description, const Input& input) {
  if (input.global_secondary_index_override) {
    auto& indexes = description.global_secondary_indexes.emplace();
    for (const auto& each : *input.global_secondary_index_override)
      indexes.push_back(describe_index(each, *description.table_arn));
    if (indexes.empty()) description.global_secondary_indexes.reset();
  }
  if (input.local_secondary_index_override) {
    auto& indexes = description.local_secondary_indexes.emplace();
    for (const auto& each : *input.local_secondary_index_override)
      indexes.push_back(describe_index(each, *description.table_arn));
    if (indexes.empty()) description.local_secondary_indexes.reset();
  }
}

// The description of the table that is to be: the source's, without what AWS does not restore (stream, time to live,
// tags), with what the request overrides. TableAlreadyExistsException where the name is taken.
template <class Input>
aws::Result<TableDescription> describe_restored(DynamoDb& db, const aws::Caller& caller, TableDescription description,
                                                const Input& input, const RestoreSummary& summary) {
  const std::string& name = input.target_table_name;
  if (db.tables().find_or_null(caller, name))
    return aws::fail(errors::kTableAlreadyExists, fmt::format("Table already exists: {}", name));
  description.table_name = name;
  description.table_arn = table_arn(caller, name);
  description.table_id = db.random().uuid();
  description.table_status = "CREATING";
  description.creation_date_time = db.clock().now();
  description.stream_specification.reset();
  description.latest_stream_arn.reset();
  description.latest_stream_label.reset();
  description.deletion_protection_enabled = false;
  description.restore_summary = summary;
  const auto readdress = [&](auto& indexes) {
    if (!indexes) return;
    for (auto& each : *indexes) each.index_arn = fmt::format("{}/index/{}", *description.table_arn, *each.index_name);
  };
  readdress(description.global_secondary_indexes);
  readdress(description.local_secondary_indexes);
  override_indexes(description, input);
  if (input.billing_mode_override || input.provisioned_throughput_override) {
    const std::string mode = input.billing_mode_override.value_or(billing_mode(description));
    TRY_VOID(check_billing(mode, input.provisioned_throughput_override));
    set_billing(description, mode, input.provisioned_throughput_override, db.clock().now());
  }
  if (input.on_demand_throughput_override) description.on_demand_throughput = input.on_demand_throughput_override;
  set_encryption(description, input.sse_specification_override);
  return description;
}

}  // namespace leat::dynamodb
