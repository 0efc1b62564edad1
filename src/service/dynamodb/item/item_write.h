#pragma once
// What PutItem, UpdateItem and DeleteItem have in common.

#include <optional>
#include <string>

#include "aws/error.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/query/legacy.h"
#include "service/dynamodb/query/parameters.h"

namespace leat::dynamodb {

// A request's ConditionExpression or Expected, ready to be held against an item.
struct WriteCondition {
  std::optional<expression::Condition> condition;
  bool return_item = false;  // ReturnValuesOnConditionCheckFailure=ALL_OLD

  // ConditionalCheckFailedException where it does not hold.
  aws::Result<void> check(const StoredItem& before) const;
};

template <class Input>
aws::Result<WriteCondition> read_condition(const Input& input, expression::Names& names) {
  WriteCondition out{std::nullopt, input.return_values_on_condition_check_failure == "ALL_OLD"};
  if constexpr (requires { input.expected; }) {
    if (input.expected) out.condition = TRY(legacy::read_expected(*input.expected, input.conditional_operator));
    TRY_VOID(legacy::check_conditional_operator(input.conditional_operator, input.expected.has_value()));
  }
  const std::optional<std::string>& text = input.condition_expression;
  if (text) out.condition = TRY(expression::parse_condition("ConditionExpression", *text, names));
  return out;
}

// ReturnValues of PutItem and DeleteItem: true for ALL_OLD, false for NONE, refused otherwise.
aws::Result<bool> returns_old(const std::optional<std::string>& return_values);

// What AWS finds wrong with an item that is about to be stored: its values, its depth, its size. The error is AWS's
// message.
Result<void, std::string> check_item(const Item& item);

inline constexpr std::string_view kItemTooLarge = "Item size has exceeded the maximum allowed size";

// Writes of PutItem and DeleteItem.
ItemWrite put_of(TablePtr table, PrimaryKey key, std::string stored, WriteCondition condition);
ItemWrite delete_of(TablePtr table, PrimaryKey key, WriteCondition condition);

// Changes nothing, and fails where the condition does not hold.
ItemWrite check_of(TablePtr table, PrimaryKey key, WriteCondition condition);

// Refuses a change of the key.
aws::Result<void> check_not_key(const Table& table, const std::string& attribute);

// An UpdateExpression, ready to be carried out on an item of `table`.
aws::Result<ItemWrite> update_of(TablePtr table, PrimaryKey key, expression::Update update, WriteCondition condition);

// The check of what UpdateItem is about to store, and its stored form.
aws::Result<StoredItem> checked_update(const Table& table, Result<Item, std::string> item);

}  // namespace leat::dynamodb
