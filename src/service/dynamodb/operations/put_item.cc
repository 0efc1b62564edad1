#include "aws/dynamodb/operations.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_write.h"
#include "service/dynamodb/value/item_codec.h"

namespace leat::dynamodb {
namespace {

constexpr aws::Layer kPutLayer = kLayer<PutItemInput>;

struct Request {
  bool wants_old = false;
  WriteCondition condition;
};

aws::Result<Request> read(const PutItemInput& input) {
  TRY_VOID(check_parameters({{{"ConditionExpression", input.condition_expression.has_value()}},
                             {{"Expected", input.expected.has_value()}},
                             input.expression_attribute_names.has_value(),
                             input.expression_attribute_values.has_value()},
                            kPutLayer));
  Request out;
  out.wants_old = TRY(returns_old(input.return_values));
  expression::Names names(input.expression_attribute_names, input.expression_attribute_values, kPutLayer);
  TRY_VOID(names.check());
  out.condition = TRY(read_condition(input, names));
  TRY_VOID(check_values(input.item, kPutLayer));
  TRY_VOID(names.check_all_used());
  return out;
}

}  // namespace

aws::Result<PutItemOutput> put_item(DynamoDb& db, const aws::Caller& caller, const PutItemInput& input) {
  auto request = read(input);
  if (!request) return std::unexpected(worded(kPutLayer, std::move(request).error(), input.item));
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  PrimaryKey key = TRY(key_from_item(table->key, input.item));
  TRY_VOID(check_size(input.item));
  TRY_VOID(request->condition.check_paths(*table));
  const ItemWrite write = put_of(table, std::move(key), encode_item(input.item), std::move(request->condition));
  const auto written = TRY(db.write(write));
  PutItemOutput output;
  if (request->wants_old && written.before.exists()) output.attributes = written.before;
  report_write(db, input, write, written, output);
  return output;
}

}  // namespace leat::dynamodb
