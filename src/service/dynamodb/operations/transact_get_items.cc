#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_read.h"
#include "service/dynamodb/item/key_paths.h"
#include "service/dynamodb/item/transaction.h"

namespace leat::dynamodb {

aws::Result<TransactGetItemsOutput> transact_get_items(DynamoDb& db, const aws::Caller& caller,
                                                       const TransactGetItemsInput& input) {
  std::vector<TablePtr> tables;
  std::vector<PrimaryKey> keys;
  std::vector<std::optional<expression::Projection>> projections;
  for (const auto& [get] : input.transact_items) {
    projections.push_back(TRY(read_projection(get, kLayer<TransactGetItemsInput>)));
    TRY_VOID(check_values(get.key, kLayer<TransactGetItemsInput>));
  }
  for (const auto& [get] : input.transact_items) tables.push_back(TRY(db.tables().find(caller, get.table_name)));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const Item& given = input.transact_items[i].get.key;
    TRY_VOID(check_not_empty(tables[i]->key, given));
    auto key = key_from_parameter(tables[i]->key, given);
    if (!key) return cancelled_at(i, tables.size(), std::move(key).error());
    keys.push_back(std::move(*key));
    if (projections[i]) TRY_VOID(check_key_paths(*tables[i], *projections[i]));
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
    if (response.item && projections[i] && response.item->item().empty()) response.item.reset();
    const CapacityUse use{2 * read_units(items[i].size(), true)};
    db.throttle().charge(*tables[i], use, Access::kRead);
    capacity.add(tables[i], use);
  }
  output.consumed_capacity = capacity.report(input.return_consumed_capacity, Metered::kReads);
  return output;
}

}  // namespace leat::dynamodb
