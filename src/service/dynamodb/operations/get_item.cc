#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_read.h"
#include "service/dynamodb/item/key_paths.h"

namespace leat::dynamodb {

aws::Result<GetItemOutput> get_item(DynamoDb& db, const aws::Caller& caller, const GetItemInput& input) {
  constexpr aws::Layer kGetLayer = kLayer<GetItemInput>;
  const auto projection = TRY(read_projection(input, kGetLayer));
  TRY_VOID(check_values(input.key, kGetLayer));
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  const PrimaryKey key = TRY(key_from_parameter(table->key, input.key));
  if (projection) TRY_VOID(check_key_paths(*table, *projection));
  TRY_VOID(db.throttle().admit(*table, "", Access::kRead));
  StoredItem found = db.read(key);
  const CapacityUse use{read_units(found.size(), input.consistent_read.value_or(false))};
  db.throttle().charge(*table, use, Access::kRead);
  GetItemOutput output;
  output.consumed_capacity = consumed(input.return_consumed_capacity, *table, use);
  if (found.exists()) output.item = projected(projection, std::move(found));
  return output;
}

}  // namespace leat::dynamodb
