#include "aws/dynamodb/operations.h"
#include "service/dynamodb/query/key_condition.h"
#include "service/dynamodb/query/page.h"

namespace leat::dynamodb {
namespace {

constexpr aws::Layer kQueryLayer = kLayer<QueryInput>;

aws::Result<void> check(const QueryInput& input) {
  TRY_VOID(check_parameters({{{"ProjectionExpression", input.projection_expression.has_value()},
                              {"FilterExpression", input.filter_expression.has_value()},
                              {"KeyConditionExpression", input.key_condition_expression.has_value()}},
                             {{"AttributesToGet", input.attributes_to_get.has_value()},
                              {"QueryFilter", input.query_filter.has_value()},
                              {"ConditionalOperator", input.conditional_operator.has_value()},
                              // Alone it may stand beside the other expressions.
                              {"KeyConditions", input.key_conditions && input.key_condition_expression}},
                             input.expression_attribute_names.has_value(),
                             input.expression_attribute_values.has_value()},
                            kQueryLayer));
  if (input.key_conditions || input.key_condition_expression) return {};
  return aws::fail(errors::kValidation,
                   "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
}

aws::Result<expression::Condition> read_key_condition(const QueryInput& input, expression::Names& names) {
  if (!input.key_condition_expression) return legacy::read_key_conditions(*input.key_conditions, kQueryLayer);
  return expression::parse_condition("KeyConditionExpression", *input.key_condition_expression, names);
}

}  // namespace

aws::Result<QueryOutput> query(DynamoDb& db, const aws::Caller& caller, const QueryInput& input) {
  TRY_VOID(check(input));
  PageRequest request;
  expression::Names names(input.expression_attribute_names, input.expression_attribute_values, kQueryLayer);
  TRY_VOID(names.check());
  const auto condition = TRY(read_key_condition(input, names));
  TRY_VOID(read_page_parameters(input, input.query_filter, names, request));
  TRY_VOID(names.check_all_used());
  const KeyParts parts = TRY(key_parts(condition));

  TRY_VOID(find_target(db, caller, {input.table_name, input.index_name}, request));
  KeyRange keys = TRY(key_range(request.schema(), parts));
  request.range = std::move(keys.range);
  request.partition = std::move(keys.partition);
  TRY_VOID(check_filter_attributes(request, input.query_filter ? "QueryFilter" : "Filter Expression"));
  if (!input.scan_index_forward.value_or(true)) request.direction = kv::Direction::kBackward;
  return answer_page<QueryOutput>(db, std::move(request), input.return_consumed_capacity);
}

}  // namespace leat::dynamodb
