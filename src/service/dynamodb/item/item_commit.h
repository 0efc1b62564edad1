#pragma once
// Everything that a change of an item commits: the item, its index entries, its stream record, and the sums.

#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

struct CommitContext {
  DynamoDb& db;
  TimePoint now;
  std::vector<std::pair<std::string, TimePoint>> expiries = {};  // timers that the commit sets, by table id
  std::shared_ptr<void> held_copies = {};                        // until the commit, where changes are copied
};

// Reads the item, decides, and adds what follows to `batch`. ResourceNotFoundException where the table has gone.
aws::Result<ItemWritten> stage_write(CommitContext& context, kv::Batch& batch, const ItemWrite& write);

// Adds or removes an item's entry in one index. Returns how the index's size changes, in bytes.
std::int64_t stage_entry(kv::Batch& batch, const kv::Store& store, const Index& index, std::string_view place,
                         const ItemWritten& change);

// The row that sums up an item collection's bytes.
std::string collection_row(const Table& table, const AttributeValue& partition);

}  // namespace leat::dynamodb
