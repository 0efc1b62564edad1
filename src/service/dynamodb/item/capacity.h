#pragma once
// Capacity units, as ReturnConsumedCapacity reports them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html

#include <map>
#include <optional>
#include <string>

#include "aws/dynamodb/types.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {

// 4 KB a unit, half for an eventually consistent read; at least one.
double read_units(std::size_t bytes, bool consistent);

// 1 KB a unit, at least one.
double write_units(std::size_t bytes);

// Units of a table and of its indexes.
struct CapacityUse {
  double table = 0;
  std::map<std::string, double> indexes = {};

  double total() const;
  void add(const CapacityUse& other);
};

// What a write used: of the table, and of each index whose entry it changed.
CapacityUse write_use(const Table& table, std::string_view row, const ItemWritten& written);

// Whether the report splits reads from writes, as transactions' do.
enum class Metered : std::uint8_t { kTogether, kReads, kWrites };

// What the response carries for `mode` (NONE, TOTAL or INDEXES), or nothing.
std::optional<ConsumedCapacity> consumed(const std::optional<std::string>& mode, const Table& table,
                                         const CapacityUse& use, Metered metered = Metered::kTogether);

inline bool wants_capacity(const std::optional<std::string>& mode) { return mode && *mode != "NONE"; }

// ConsumedCapacity of an operation on several tables.
class CapacityReport {
 public:
  void add(const TablePtr& table, const CapacityUse& use);
  std::optional<std::vector<ConsumedCapacity>> report(const std::optional<std::string>& mode,
                                                      Metered metered = Metered::kTogether) const;

 private:
  std::map<std::string, std::pair<TablePtr, CapacityUse>> tables_;
};

// ReturnItemCollectionMetrics=SIZE, for tables with local indexes: how large the collection is, in GB.
std::optional<ItemCollectionMetrics> collection_metrics(const std::optional<std::string>& mode, DynamoDb& db,
                                                        const Table& table, const Item& key);

// What PutItem, UpdateItem and DeleteItem report of what they used and of the item's collection.
template <class Input, class Output>
void report_write(DynamoDb& db, const Input& input, const ItemWrite& write, const ItemWritten& written,
                  Output& output) {
  if (wants_capacity(input.return_consumed_capacity))
    output.consumed_capacity =
        consumed(input.return_consumed_capacity, *write.table, write_use(*write.table, write.key.row, written));
  output.item_collection_metrics =
      collection_metrics(input.return_item_collection_metrics, db, *write.table, write.key.attributes);
}

}  // namespace leat::dynamodb
