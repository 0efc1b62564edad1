#pragma once
// What PartiQL statements do.

#include <optional>
#include <string>
#include <vector>

#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/partiql/statement.h"
#include "service/dynamodb/value/returned_item.h"

namespace leat::dynamodb::partiql {

struct SelectOptions {
  std::optional<std::int32_t> limit;  // of items evaluated
  std::optional<std::string> next_token;
  bool consistent = false;
};

struct Selected {
  TablePtr table;
  std::vector<ReturnedItem> items;
  CapacityUse use;
  std::optional<std::string> next_token;
  std::optional<Item> last_evaluated_key;
};

// A page of what a SELECT finds: by key where its condition names one, else by a scan.
aws::Result<Selected> select(DynamoDb& db, const aws::Caller& caller, const Statement& statement,
                             const SelectOptions& options);

// INSERT, UPDATE, DELETE and EXISTS as a write of the one item that they are about. The statement must outlive it.
aws::Result<ItemWrite> write_of(DynamoDb& db, const aws::Caller& caller, const Statement& statement,
                                const std::optional<std::string>& return_values_on_failure);

// What RETURNING asks for.
std::optional<ReturnedItem> returned(const Statement& statement, const ItemWritten& written);

// The one item that a SELECT by the whole primary key is about. ValidationException where the key is not whole.
struct PointRead {
  TablePtr table;
  PrimaryKey key;
};
aws::Result<PointRead> point_read(DynamoDb& db, const aws::Caller& caller, const Statement& statement);

// The item as the SELECT shows it, or nothing where its condition does not hold.
std::optional<ReturnedItem> shown(const Statement& statement, const StoredItem& item);

}  // namespace leat::dynamodb::partiql
