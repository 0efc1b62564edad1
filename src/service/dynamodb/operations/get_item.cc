#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/item_read.h"

namespace leat::dynamodb {

aws::Result<GetItemOutput> get_item(DynamoDb& db, const aws::Caller& caller, const GetItemInput& input) {
  if (auto message = first_invalid(input.key)) return aws::fail(errors::kValidation, *message);
  const auto projection = TRY(read_projection(input));
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  const StoredItem found = db.read(TRY(key_from_parameter(table->key, input.key)));
  GetItemOutput output;
  if (found.exists()) output.item = projected(projection, found);
  output.consumed_capacity = consumed(input.return_consumed_capacity, *table,
                                      {read_units(found.size(), input.consistent_read.value_or(false))});
  return output;
}

}  // namespace leat::dynamodb
