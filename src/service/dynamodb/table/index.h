#pragma once
// Secondary indexes: an entry for each item that has the index's key, written in the item's own commit.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/SecondaryIndexes.html

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "service/dynamodb/table/key.h"

namespace leat::dynamodb {

struct Table;
class StoredItem;

struct Index {
  std::string name;
  bool global = false;
  KeySchema key;
  bool projects_all = false;
  std::vector<std::string> attributes;  // that are projected, sorted; empty where all are
  bool backfilling = false;             // not every item has its entry yet
  std::string sums_row;

  bool projects(std::string_view attribute) const;
};

// Where an item stands in an index: nullopt where it lacks the index's key. `place` is the item's own.
std::optional<std::string> entry_row(const Index& index, const StoredItem& item, std::string_view place);

// The stored form of what the index projects of an item.
std::string entry_value(const Index& index, const StoredItem& item);

// Refuses what cannot be an attribute of the index's key. Null is none.
aws::Result<void> check_index_key(const Index& index, const KeyAttribute& attribute, const AttributeValue* value);

// Refuses an item whose attributes cannot be keys of the table's indexes.
aws::Result<void> check_index_keys(const Table& table, const StoredItem& item);

}  // namespace leat::dynamodb
