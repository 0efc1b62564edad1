#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_read.h"
#include "service/dynamodb/item/transaction.h"

namespace leat::dynamodb {

aws::Result<TransactGetItemsOutput> transact_get_items(DynamoDb& db, const aws::Caller& caller,
                                                       const TransactGetItemsInput& input) {
  std::vector<TablePtr> tables;
  std::vector<PrimaryKey> keys;
  std::vector<std::optional<expression::Projection>> projections;
  for (const auto& [get] : input.transact_items) {
    if (auto message = first_invalid(get.key)) return aws::fail(errors::kValidation, *message);
    projections.push_back(TRY(read_projection(get)));
    tables.push_back(TRY(db.tables().find(caller, get.table_name)));
    keys.push_back(TRY(key_from_parameter(tables.back()->key, get.key)));
  }
  std::vector<std::string_view> rows;
  for (const PrimaryKey& key : keys) rows.push_back(key.row);
  TRY_VOID(check_distinct_items(rows));

  for (const TablePtr& table : tables) TRY_VOID(db.throttle().admit(*table, "", Access::kRead));
  const std::vector<StoredItem> items = db.read_together(keys);
  std::size_t bytes = 0;
  for (const StoredItem& item : items) bytes += item.size();
  TRY_VOID(check_total_size(bytes));
  TransactGetItemsOutput output;
  output.responses.emplace();
  CapacityReport capacity;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto& response = output.responses->emplace_back();
    if (items[i].exists()) response.item = projected(projections[i], items[i]);
    const CapacityUse use{2 * read_units(items[i].size(), true)};
    db.throttle().charge(*tables[i], use, Access::kRead);
    capacity.add(tables[i], use);
  }
  output.consumed_capacity = capacity.report(input.return_consumed_capacity, Metered::kReads);
  return output;
}

}  // namespace leat::dynamodb
