#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_write.h"

namespace leat::dynamodb {

aws::Result<DeleteItemOutput> delete_item(DynamoDb& db, const aws::Caller& caller, const DeleteItemInput& input) {
  TRY_VOID(check_parameters({{{"ConditionExpression", input.condition_expression.has_value()}},
                             {{"Expected", input.expected.has_value()}},
                             input.expression_attribute_names.has_value(),
                             input.expression_attribute_values.has_value()}));
  if (auto message = first_invalid(input.key)) return aws::fail(errors::kValidation, *message);
  const bool wants_old = TRY(returns_old(input.return_values));

  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  WriteCondition condition = TRY(read_condition(input, names));
  TRY_VOID(names.check_all_used());

  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  PrimaryKey key = TRY(key_from_parameter(table->key, input.key));
  const ItemWrite write = delete_of(table, std::move(key), std::move(condition));
  const auto written = TRY(db.write(write));
  DeleteItemOutput output;
  if (wants_old && written.before.exists()) output.attributes = written.before;
  report_write(db, input, write, written, output);
  return output;
}

}  // namespace leat::dynamodb
