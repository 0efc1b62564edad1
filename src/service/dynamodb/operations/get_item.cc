#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/item_write.h"

namespace leat::dynamodb {

aws::Result<GetItemOutput> get_item(DynamoDb& db, const aws::Caller& caller, const GetItemInput& input) {
  TRY_VOID(refuse_legacy("AttributesToGet", input.attributes_to_get.has_value()));
  TRY_VOID(check_expression_use(input, {input.projection_expression.has_value(), false, {}}));
  if (auto message = first_invalid(input.key)) return aws::fail(errors::kValidation, *message);
  std::optional<expression::Projection> projection;
  if (input.projection_expression) {
    const std::optional<Item> no_values;
    expression::Names names(input.expression_attribute_names, no_values);
    TRY_VOID(names.check());
    projection = TRY(expression::parse_projection(*input.projection_expression, names));
    TRY_VOID(names.check_all_used());
  }

  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  const StoredItem found = db.read(TRY(key_from_parameter(*table, input.key)));
  GetItemOutput output;
  if (found.exists()) output.item = projection ? expression::project(*projection, found.item()) : found.item();
  if (input.return_consumed_capacity) {
    const double units = read_units(size_of(found.item()), input.consistent_read.value_or(false));
    output.consumed_capacity = consumed(input.return_consumed_capacity, *table, units);
  }
  return output;
}

}  // namespace leat::dynamodb
