#pragma once
// The parameters of before expressions came in 2014, read into what expressions are made of.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html

#include <map>
#include <optional>
#include <string>

#include "aws/dynamodb/types.h"
#include "service/dynamodb/expression/ast.h"

namespace leat::dynamodb::legacy {

using Comparison = dynamodb::Condition;

// Expected, with ConditionalOperator. Values are referred to, so the request must outlive the condition.
aws::Result<expression::Condition> read_expected(const aws::Map<ExpectedAttributeValue>& expected,
                                                 const std::optional<std::string>& conditional_operator,
                                                 aws::Layer layer);

// QueryFilter and ScanFilter.
aws::Result<expression::Condition> read_filter(const aws::Map<Comparison>& filter,
                                               const std::optional<std::string>& conditional_operator,
                                               aws::Layer layer);

// KeyConditions.
aws::Result<expression::Condition> read_key_conditions(const aws::Map<Comparison>& conditions,
                                                       aws::Layer layer = aws::Layer::kOlder);

// AttributesToGet.
aws::Result<expression::Projection> read_attributes(const std::vector<std::string>& names);

aws::Result<void> check_attribute_updates(const aws::Map<AttributeValueUpdate>& updates, aws::Layer layer);

// `item` after AttributeUpdates. The error is AWS's message.
Result<Item, std::string> apply(const aws::Map<AttributeValueUpdate>& updates, const Item& item);

// ConditionalOperator without anything that it could combine is refused.
aws::Result<void> check_conditional_operator(const std::optional<std::string>& conditional_operator, bool conditions);

}  // namespace leat::dynamodb::legacy
