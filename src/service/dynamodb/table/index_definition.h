#pragma once
// Secondary indexes as CreateTable and UpdateTable define them.

#include <optional>
#include <string>
#include <vector>

#include "aws/caller.h"
#include "aws/dynamodb/types.h"

namespace leat::dynamodb {

// What of a table's definition its indexes are held against.
struct TableDefinition {
  const std::vector<KeySchemaElement>& keys;
  const std::vector<AttributeDefinition>& attributes;
  const std::string& billing_mode;
};

// The names, order and types of a key schema. The order of checks: dynalite's recordings (validations/createTable.js).
aws::Result<void> check_key_schema(const std::vector<KeySchemaElement>& schema,
                                   const std::vector<AttributeDefinition>& attributes);

aws::Result<void> check_indexes(const TableDefinition& table,
                                const std::optional<std::vector<LocalSecondaryIndex>>& local,
                                const std::optional<std::vector<GlobalSecondaryIndex>>& global);

// Every attribute definition must be of some key.
aws::Result<void> check_all_defined_used(const TableDescription& description);

LocalSecondaryIndexDescription describe_index(const LocalSecondaryIndex& index, const std::string& table_arn);
GlobalSecondaryIndexDescription describe_index(const GlobalSecondaryIndex& index, const std::string& table_arn);

// Throughput of an index; nothing where the table is on demand.
void set_throughput(GlobalSecondaryIndexDescription& index, const std::optional<ProvisionedThroughput>& throughput);

}  // namespace leat::dynamodb
