#include "service/dynamodb/table/index_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "service/dynamodb/table/backfill.h"
#include "service/dynamodb/table/index_definition.h"
#include "service/dynamodb/table/table_change.h"

namespace leat::dynamodb {
namespace {

using Indexes = std::vector<GlobalSecondaryIndexDescription>;

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

Indexes& indexes_of(TableDescription& description) {
  if (!description.global_secondary_indexes) description.global_secondary_indexes.emplace();
  return *description.global_secondary_indexes;
}

Indexes::iterator find(Indexes& indexes, const std::string& name) {
  return std::find_if(indexes.begin(), indexes.end(), [&](const auto& each) { return each.index_name == name; });
}

GlobalSecondaryIndex as_index(const CreateGlobalSecondaryIndexAction& action) {
  GlobalSecondaryIndex out;
  out.index_name = action.index_name;
  out.key_schema = action.key_schema;
  out.projection = action.projection;
  out.provisioned_throughput = action.provisioned_throughput;
  out.on_demand_throughput = action.on_demand_throughput;
  return out;
}

aws::Result<void> create_index(const IndexChange& change, const CreateGlobalSecondaryIndexAction& action,
                               const std::optional<std::vector<AttributeDefinition>>& definitions) {
  TableDescription& description = change.description;
  if (change.table->index(action.index_name))
    return refuse(fmt::format("Attempting to create an index which already exists: {}", action.index_name));
  for (const AttributeDefinition& each : definitions.value_or(std::vector<AttributeDefinition>())) {
    auto& known = *description.attribute_definitions;
    const bool there = std::any_of(known.begin(), known.end(),
                                   [&](const auto& one) { return one.attribute_name == each.attribute_name; });
    if (!there) known.push_back(each);
  }
  const std::vector<GlobalSecondaryIndex> wanted{as_index(action)};
  TRY_VOID(check_indexes({*description.key_schema, *description.attribute_definitions, billing_mode(description)},
                         std::nullopt, wanted));
  constexpr std::size_t kMaxGlobal = 20;
  Indexes& indexes = indexes_of(description);
  if (indexes.size() >= kMaxGlobal) {
    return refuse(
        "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of 20");
  }
  auto described = describe_index(wanted[0], *description.table_arn);
  described.index_status = "CREATING";
  described.backfilling = true;
  indexes.push_back(std::move(described));
  stage_backfill(change.batch, change.db, change.caller, description, action.index_name);
  return {};
}

aws::Result<void> delete_index(const IndexChange& change, const DeleteGlobalSecondaryIndexAction& action) {
  Indexes& indexes = indexes_of(change.description);
  const auto found = find(indexes, action.index_name);
  if (found == indexes.end()) {
    return aws::fail(errors::kResourceNotFound,
                     fmt::format("Requested resource not found: Index: {} not found", action.index_name));
  }
  const Index& index = *change.table->index(action.index_name);
  change.batch.erase(kv::prefix_range(index.key.prefix));
  change.batch.erase(index.sums_row);
  indexes.erase(found);
  if (indexes.empty()) change.description.global_secondary_indexes.reset();
  return {};
}

aws::Result<void> update_index(const IndexChange& change, const UpdateGlobalSecondaryIndexAction& action) {
  Indexes& indexes = indexes_of(change.description);
  const auto found = find(indexes, action.index_name);
  if (found == indexes.end())
    return refuse(
        "This operation cannot be performed with given input values. Please contact DynamoDB service team for more "
        "info: Action Blocked: IndexUpdate");
  if (action.provisioned_throughput) set_throughput(*found, action.provisioned_throughput);
  if (action.on_demand_throughput) found->on_demand_throughput = action.on_demand_throughput;
  return {};
}

// Definitions that no key uses any more go with the index that used them.
void drop_unused_definitions(TableDescription& description) {
  std::set<std::string> used;
  const auto use = [&](const std::vector<KeySchemaElement>& keys) {
    for (const auto& key : keys) used.insert(key.attribute_name);
  };
  use(*description.key_schema);
  for (const auto& each : description.global_secondary_indexes.value_or(Indexes())) use(*each.key_schema);
  for (const auto& each : description.local_secondary_indexes.value_or(std::vector<LocalSecondaryIndexDescription>()))
    use(*each.key_schema);
  std::erase_if(*description.attribute_definitions,
                [&](const AttributeDefinition& each) { return !used.contains(each.attribute_name); });
}

}  // namespace

aws::Result<void> check_index_updates(const std::vector<GlobalSecondaryIndexUpdate>& updates) {
  std::set<std::string> seen;
  int online = 0;
  for (const auto& each : updates) {
    if (!each.update && !each.create && !each.delete_) {
      return refuse(
          "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, "
          "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null");
    }
    const std::string& name = each.update   ? each.update->index_name
                              : each.create ? each.create->index_name
                                            : each.delete_->index_name;
    if (!seen.insert(name).second) {
      return refuse(
          fmt::format("One or more parameter values were invalid: Only one global secondary index update per index is "
                      "allowed simultaneously. Index: {}",
                      name));
    }
    online += each.update ? 0 : 1;
  }
  if (online > 1) {
    return aws::fail(
        errors::kLimitExceeded,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
  }
  return {};
}

aws::Result<void> change_indexes(const IndexChange& change, const UpdateTableInput& input) {
  if (!input.global_secondary_index_updates) return {};
  for (const auto& each : *input.global_secondary_index_updates) {
    if (each.create) TRY_VOID(create_index(change, *each.create, input.attribute_definitions));
    if (each.update) TRY_VOID(update_index(change, *each.update));
    if (each.delete_) TRY_VOID(delete_index(change, *each.delete_));
  }
  drop_unused_definitions(change.description);
  return {};
}

}  // namespace leat::dynamodb
