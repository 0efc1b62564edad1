#include "service/dynamodb/table/index_definition.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "aws/error.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxLocal = 5;
constexpr std::size_t kMaxGlobal = 20;
constexpr std::size_t kMaxProjected = 100;
constexpr std::int64_t kOnDemandReads = 12000;
constexpr std::int64_t kOnDemandWrites = 4000;

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(aws::errors::kValidation, std::move(message));
}
std::unexpected<aws::Error> invalid(std::string_view message) {
  return refuse(fmt::format("One or more parameter values were invalid: {}", message));
}

template <class Element>
std::vector<std::string> names(const std::vector<Element>& elements) {
  std::vector<std::string> out;
  for (const Element& each : elements) out.push_back(each.attribute_name);
  return out;
}

aws::Result<void> check_projection(const Projection& projection) {
  const std::string type = projection.projection_type.value_or("null");
  if (type == "null") return invalid("Unknown ProjectionType: null");
  if (projection.non_key_attributes && type != "INCLUDE")
    return invalid(fmt::format("ProjectionType is {}, but NonKeyAttributes is specified", type));
  if (!projection.non_key_attributes && type == "INCLUDE")
    return invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  std::set<std::string_view> seen;
  const std::vector<std::string> none;
  for (const std::string& each : projection.non_key_attributes ? *projection.non_key_attributes : none) {
    if (!seen.insert(each).second) return invalid(fmt::format("Duplicate element in NonKeyAttributes: {}", each));
  }
  return {};
}

aws::Result<void> check_name(std::set<std::string>& seen, const std::string& name) {
  if (!seen.insert(name).second) return invalid(fmt::format("Duplicate index name: {}", name));
  return {};
}

aws::Result<void> check_local(const TableDefinition& table, const std::vector<LocalSecondaryIndex>& indexes,
                              std::set<std::string>& seen) {
  if (indexes.empty()) return invalid("List of LocalSecondaryIndexes is empty");
  if (table.keys.size() != 2) {
    return invalid(
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
  }
  for (const LocalSecondaryIndex& index : indexes) {
    TRY_VOID(check_key_schema(index.key_schema, table.attributes));
    if (index.key_schema.size() != 2)
      return invalid(fmt::format("Index KeySchema does not have a range key for index: {}", index.index_name));
    const std::string &own = index.key_schema[0].attribute_name, &tables = table.keys[0].attribute_name;
    if (own != tables) {
      return invalid(
          fmt::format("Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. index "
                      "hash key: {}, table hash key: {}",
                      index.index_name, own, tables));
    }
    TRY_VOID(check_projection(index.projection));
    TRY_VOID(check_name(seen, index.index_name));
  }
  if (indexes.size() > kMaxLocal) return invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
  return {};
}

aws::Result<void> check_global(const TableDefinition& table, const std::vector<GlobalSecondaryIndex>& indexes,
                               std::set<std::string>& seen) {
  if (indexes.empty()) return invalid("List of GlobalSecondaryIndexes is empty");
  for (const GlobalSecondaryIndex& index : indexes) {
    TRY_VOID(check_key_schema(index.key_schema, table.attributes));
    TRY_VOID(check_projection(index.projection));
    const bool on_demand = table.billing_mode == "PAY_PER_REQUEST";
    if (on_demand && index.provisioned_throughput) {
      return invalid(
          fmt::format("ProvisionedThroughput should not be specified for index: {} when BillingMode is PAY_PER_REQUEST",
                      index.index_name));
    }
    if (!on_demand && !index.provisioned_throughput)
      return invalid(fmt::format("ProvisionedThroughput is not specified for index: {}", index.index_name));
    TRY_VOID(check_name(seen, index.index_name));
  }
  if (indexes.size() > kMaxGlobal) return invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20");
  return {};
}

template <class Indexes>
std::size_t projected_count(const std::optional<Indexes>& indexes) {
  std::size_t count = 0;
  if (indexes) {
    for (const auto& each : *indexes)
      count += each.projection.non_key_attributes ? each.projection.non_key_attributes->size() : 0;
  }
  return count;
}

template <class Indexes>
void collect_keys(const std::optional<Indexes>& indexes, std::vector<std::string>& keys) {
  if (!indexes) return;
  for (const auto& each : *indexes) {
    for (const auto& name : names(*each.key_schema)) {
      if (std::find(keys.begin(), keys.end(), name) == keys.end()) keys.push_back(name);
    }
  }
}

}  // namespace

aws::Result<void> check_key_schema(const std::vector<KeySchemaElement>& schema,
                                   const std::vector<AttributeDefinition>& attributes) {
  const std::vector<std::string> keys = names(schema), defined = names(attributes);
  std::set<std::string_view> seen;
  for (const auto& each : defined) {
    if (!seen.insert(each).second) return refuse(fmt::format("Attribute Name is duplicated: {}", each));
  }
  if (keys.size() > defined.size()) return refuse("Invalid KeySchema: Some index key attribute have no definition");
  for (const auto& key : keys) {
    if (std::find(defined.begin(), defined.end(), key) != defined.end()) continue;
    return invalid(
        fmt::format("Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], "
                    "AttributeDefinitions: [{}]",
                    fmt::join(keys, ", "), fmt::join(defined, ", ")));
  }
  if (keys.size() > 1 && keys[0] == keys[1])
    return refuse("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  if (schema[0].key_type != "HASH")
    return refuse("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (schema.size() > 1 && schema[1].key_type != "RANGE")
    return refuse("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  if (schema.size() > 2)
    return aws::fail(aws::errors::kNotOffered, "leat does not offer keys of several attributes each yet");
  return {};
}

aws::Result<void> check_indexes(const TableDefinition& table,
                                const std::optional<std::vector<LocalSecondaryIndex>>& local,
                                const std::optional<std::vector<GlobalSecondaryIndex>>& global) {
  std::set<std::string> seen;
  if (local) TRY_VOID(check_local(table, *local, seen));
  if (global) TRY_VOID(check_global(table, *global, seen));
  if (projected_count(local) + projected_count(global) > kMaxProjected)
    return invalid("Number of projected attributes exceeds the per-table limit of 100");
  return {};
}

aws::Result<void> check_all_defined_used(const TableDescription& description) {
  std::vector<std::string> keys = names(*description.key_schema);
  collect_keys(description.local_secondary_indexes, keys);
  collect_keys(description.global_secondary_indexes, keys);
  const auto defined = names(*description.attribute_definitions);
  if (keys.size() == defined.size()) return {};
  if (!description.local_secondary_indexes && !description.global_secondary_indexes) {
    return invalid(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");
  }
  return invalid(fmt::format("Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
                             fmt::join(defined, ", "), fmt::join(keys, ", ")));
}

LocalSecondaryIndexDescription describe_index(const LocalSecondaryIndex& index, const std::string& table_arn) {
  LocalSecondaryIndexDescription out;
  out.index_name = index.index_name;
  out.key_schema = index.key_schema;
  out.projection = index.projection;
  out.index_size_bytes = 0;
  out.item_count = 0;
  out.index_arn = fmt::format("{}/index/{}", table_arn, index.index_name);
  return out;
}

GlobalSecondaryIndexDescription describe_index(const GlobalSecondaryIndex& index, const std::string& table_arn) {
  GlobalSecondaryIndexDescription out;
  out.index_name = index.index_name;
  out.key_schema = index.key_schema;
  out.projection = index.projection;
  out.index_status = "ACTIVE";
  out.index_size_bytes = 0;
  out.item_count = 0;
  out.index_arn = fmt::format("{}/index/{}", table_arn, index.index_name);
  out.on_demand_throughput = index.on_demand_throughput;
  set_throughput(out, index.provisioned_throughput);
  return out;
}

void set_throughput(GlobalSecondaryIndexDescription& index, const std::optional<ProvisionedThroughput>& throughput) {
  auto& out = index.provisioned_throughput ? *index.provisioned_throughput : index.provisioned_throughput.emplace();
  out.number_of_decreases_today = out.number_of_decreases_today.value_or(0);
  out.read_capacity_units = throughput ? throughput->read_capacity_units : 0;
  out.write_capacity_units = throughput ? throughput->write_capacity_units : 0;
  auto& warm = index.warm_throughput.emplace();
  warm.read_units_per_second = throughput ? throughput->read_capacity_units : kOnDemandReads;
  warm.write_units_per_second = throughput ? throughput->write_capacity_units : kOnDemandWrites;
  warm.status = "ACTIVE";
}

}  // namespace leat::dynamodb
