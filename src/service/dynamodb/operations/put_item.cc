#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/item_codec.h"
#include "service/dynamodb/item_write.h"

namespace leat::dynamodb {

aws::Result<PutItemOutput> put_item(DynamoDb& db, const aws::Caller& caller, const PutItemInput& input) {
  TRY_VOID(refuse_legacy("Expected", input.expected.has_value()));
  const bool conditional = input.condition_expression.has_value();
  TRY_VOID(check_expression_use(input, {conditional, conditional, "ConditionExpression is null"}));
  if (auto valid = check_item(input.item); !valid) return aws::fail(errors::kValidation, valid.error());
  const bool wants_old = TRY(returns_old(input.return_values));

  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  const WriteCondition condition = TRY(read_condition(input, names));
  TRY_VOID(names.check_all_used());

  TablePtr table = TRY(db.tables().find(caller, input.table_name));
  PrimaryKey key = TRY(key_from_item(*table, input.item));
  const std::string stored = encode_item(input.item);
  const auto written =
      TRY(db.write({table, std::move(key), [&](const StoredItem& before) -> aws::Result<std::optional<std::string>> {
                      TRY_VOID(condition.check(before));
                      return stored;
                    }}));
  PutItemOutput output;
  if (wants_old && written.before.exists()) output.attributes = written.before.item();
  if (input.return_consumed_capacity) {
    const std::size_t size = std::max(size_of(input.item), size_of(written.before.item()));
    output.consumed_capacity = consumed(input.return_consumed_capacity, *table, write_units(size));
  }
  return output;
}

}  // namespace leat::dynamodb
