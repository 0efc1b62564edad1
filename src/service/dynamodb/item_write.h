#pragma once
// What PutItem, UpdateItem and DeleteItem have in common.

#include <optional>
#include <string>

#include "aws/error.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/expression/parser.h"

namespace leat::dynamodb {

// A request's ConditionExpression, ready to be held against an item.
struct WriteCondition {
  std::optional<expression::Condition> condition;
  bool return_item = false;  // ReturnValuesOnConditionCheckFailure=ALL_OLD

  // ConditionalCheckFailedException where it does not hold.
  aws::Result<void> check(const StoredItem& before) const;
};

template <class Input>
aws::Result<WriteCondition> read_condition(const Input& input, expression::Names& names) {
  WriteCondition out{std::nullopt, input.return_values_on_condition_check_failure == "ALL_OLD"};
  if (input.condition_expression)
    out.condition = TRY(expression::parse_condition("ConditionExpression", *input.condition_expression, names));
  return out;
}

// ReturnValues of PutItem and DeleteItem: true for ALL_OLD, false for NONE, refused otherwise.
aws::Result<bool> returns_old(const std::optional<std::string>& return_values);

// Refuses expression attributes without an expression, and the parameters of before 2014, which leat does not offer
// yet.
struct ExpressionUse {
  bool any_expression;                 // of any kind
  bool any_value_expression;           // one that may use values
  std::string_view value_expressions;  // "ConditionExpression is null": AWS's end of the message
};
template <class Input>
aws::Result<void> check_expression_use(const Input& input, const ExpressionUse& use) {
  if (input.expression_attribute_names && !use.any_expression) {
    return aws::fail(errors::kValidation, "ExpressionAttributeNames can only be specified when using expressions");
  }
  if constexpr (requires { input.expression_attribute_values; }) {
    if (input.expression_attribute_values && !use.any_value_expression) {
      return aws::fail(errors::kValidation, "ExpressionAttributeValues can only be specified when using expressions: " +
                                                std::string(use.value_expressions));
    }
  }
  return {};
}

aws::Result<void> refuse_legacy(std::string_view parameter, bool given);

// Size, depth and invalid values of an item that is about to be stored. The error is AWS's message.
Result<void, std::string> check_item(const Item& item);

inline constexpr std::string_view kItemTooLarge = "Item size has exceeded the maximum allowed size";

}  // namespace leat::dynamodb
