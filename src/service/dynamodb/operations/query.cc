#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/item_write.h"
#include "service/dynamodb/key_condition.h"
#include "service/dynamodb/page.h"

namespace leat::dynamodb {

aws::Result<QueryOutput> query(DynamoDb& db, const aws::Caller& caller, const QueryInput& input) {
  TRY_VOID(refuse_legacy("KeyConditions", input.key_conditions.has_value()));
  TRY_VOID(refuse_legacy("QueryFilter", input.query_filter.has_value()));
  TRY_VOID(refuse_legacy("AttributesToGet", input.attributes_to_get.has_value()));
  const bool any_value = input.key_condition_expression || input.filter_expression;
  TRY_VOID(check_expression_use(input, {any_value || input.projection_expression, any_value,
                                        "FilterExpression and KeyConditionExpression are null"}));
  if (!input.key_condition_expression) {
    return aws::fail(errors::kValidation,
                     "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  }
  PageRequest request;
  request.count_only = TRY(check_select(input.select, input.projection_expression.has_value()));
  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  const auto condition =
      TRY(expression::parse_condition("KeyConditionExpression", *input.key_condition_expression, names));
  TRY_VOID(parse_filter_and_projection(input, names, request));
  TRY_VOID(names.check_all_used());

  request.table = TRY(db.tables().find(caller, input.table_name));
  if (input.index_name)
    return aws::fail(errors::kValidation,
                     fmt::format("The table does not have the specified index: {}", *input.index_name));
  request.range = TRY(key_range(*request.table, condition));
  if (!input.scan_index_forward.value_or(true)) request.direction = kv::Direction::kBackward;
  request.exclusive_start_key = input.exclusive_start_key;
  request.limit = input.limit;
  const TablePtr table = request.table;
  const bool count_only = request.count_only;
  Page page = TRY(read_page(db, std::move(request)));

  QueryOutput output;
  output.consumed_capacity =
      consumed(input.return_consumed_capacity, *table, read_units(page.bytes, input.consistent_read.value_or(false)));
  fill(output, std::move(page), count_only);
  return output;
}

}  // namespace leat::dynamodb
