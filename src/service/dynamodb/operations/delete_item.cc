#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/item_write.h"

namespace leat::dynamodb {

aws::Result<DeleteItemOutput> delete_item(DynamoDb& db, const aws::Caller& caller, const DeleteItemInput& input) {
  TRY_VOID(refuse_legacy("Expected", input.expected.has_value()));
  const bool conditional = input.condition_expression.has_value();
  TRY_VOID(check_expression_use(input, {conditional, conditional, "ConditionExpression is null"}));
  if (auto message = first_invalid(input.key)) return aws::fail(errors::kValidation, *message);
  const std::string returned = input.return_values.value_or("NONE");
  if (returned != "NONE" && returned != "ALL_OLD") return aws::fail(errors::kValidation, "ReturnValues can only be ALL_OLD or NONE");

  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  WriteCondition condition{.return_item = input.return_values_on_condition_check_failure == "ALL_OLD"};
  if (conditional) condition.condition = TRY(expression::parse_condition("ConditionExpression", *input.condition_expression, names));
  TRY_VOID(names.check_all_used());

  TablePtr table = TRY(db.tables().find(caller, input.table_name));
  PrimaryKey key = TRY(key_from_parameter(*table, input.key));
  const auto written = TRY(db.write({table, std::move(key), [&](const StoredItem& before) -> aws::Result<std::optional<std::string>> {
                                       TRY_VOID(condition.check(before));
                                       return std::nullopt;
                                     }}));
  DeleteItemOutput output;
  if (returned == "ALL_OLD" && written.before.exists()) output.attributes = written.before.item();
  if (input.return_consumed_capacity) {
    output.consumed_capacity = consumed(input.return_consumed_capacity, *table, write_units(size_of(written.before.item())));
  }
  return output;
}

}  // namespace leat::dynamodb
