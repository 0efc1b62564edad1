#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_write.h"
#include "service/dynamodb/value/item_codec.h"

namespace leat::dynamodb {

aws::Result<PutItemOutput> put_item(DynamoDb& db, const aws::Caller& caller, const PutItemInput& input) {
  TRY_VOID(check_parameters({{{"ConditionExpression", input.condition_expression.has_value()}},
                             {{"Expected", input.expected.has_value()}},
                             input.expression_attribute_names.has_value(),
                             input.expression_attribute_values.has_value()}));
  if (auto valid = check_item(input.item); !valid) return aws::fail(errors::kValidation, valid.error());
  const bool wants_old = TRY(returns_old(input.return_values));

  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  WriteCondition condition = TRY(read_condition(input, names));
  TRY_VOID(names.check_all_used());

  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  PrimaryKey key = TRY(key_from_item(table->key, input.item));
  const ItemWrite write = put_of(table, std::move(key), encode_item(input.item), std::move(condition));
  const auto written = TRY(db.write(write));
  PutItemOutput output;
  if (wants_old && written.before.exists()) output.attributes = written.before;
  report_write(db, input, write, written, output);
  return output;
}

}  // namespace leat::dynamodb
