#pragma once
// Global indexes that UpdateTable adds, changes and removes on a live table.

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

// What UpdateTable asks for, against the description that it changes.
struct IndexChange {
  DynamoDb& db;
  const aws::Caller& caller;
  const TablePtr& table;
  TableDescription& description;
  kv::Batch& batch;
};

// Refuses updates that stand in each other's way. The wording: dynalite's recordings (validations/updateTable.js).
aws::Result<void> check_index_updates(const std::vector<GlobalSecondaryIndexUpdate>& updates);

aws::Result<void> change_indexes(const IndexChange& change, const UpdateTableInput& input);

}  // namespace leat::dynamodb
