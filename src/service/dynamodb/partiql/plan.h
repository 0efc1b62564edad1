#pragma once
// Which keys a WHERE clause is about.

#include <optional>
#include <vector>

#include "engine/kv/store.h"
#include "service/dynamodb/partiql/statement.h"
#include "service/dynamodb/table/key.h"

namespace leat::dynamodb::partiql {

// The ranges that hold everything for which the condition can be true: one for each value of the partition key that it
// names, the whole table or index where it names none.
struct Plan {
  std::vector<kv::Range> ranges;
  bool by_partition = false;
};
aws::Result<Plan> plan(const KeySchema& schema, const Statement& statement);

// The primary key that the condition demands; nothing where it leaves one open.
std::optional<Item> demanded_key(const KeySchema& schema, const Statement& statement);

}  // namespace leat::dynamodb::partiql
