#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/item_write.h"

namespace leat::dynamodb {

aws::Result<DeleteItemOutput> delete_item(DynamoDb& db, const aws::Caller& caller, const DeleteItemInput& input) {
  TRY_VOID(refuse_legacy("Expected", input.expected.has_value()));
  const bool conditional = input.condition_expression.has_value();
  TRY_VOID(check_expression_use(input, {conditional, conditional, "ConditionExpression is null"}));
  if (auto message = first_invalid(input.key)) return aws::fail(errors::kValidation, *message);
  const bool wants_old = TRY(returns_old(input.return_values));

  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  const WriteCondition condition = TRY(read_condition(input, names));
  TRY_VOID(names.check_all_used());

  TablePtr table = TRY(db.tables().find(caller, input.table_name));
  PrimaryKey key = TRY(key_from_parameter(*table, input.key));
  const auto written =
      TRY(db.write({table, std::move(key), [&](const StoredItem& before) -> aws::Result<std::optional<std::string>> {
                      TRY_VOID(condition.check(before));
                      return std::nullopt;
                    }}));
  DeleteItemOutput output;
  if (wants_old && written.before.exists()) output.attributes = written.before.item();
  if (input.return_consumed_capacity) {
    output.consumed_capacity =
        consumed(input.return_consumed_capacity, *table, write_units(size_of(written.before.item())));
  }
  return output;
}

}  // namespace leat::dynamodb
