#pragma once
// What PutItem, UpdateItem and DeleteItem have in common.

#include <optional>
#include <string>

#include "aws/error.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/expression/parser.h"
#include "service/dynamodb/item/key_paths.h"
#include "service/dynamodb/query/legacy.h"
#include "service/dynamodb/query/parameters.h"

namespace leat::dynamodb {

// A request's ConditionExpression or Expected, ready to be held against an item.
struct WriteCondition {
  std::optional<expression::Condition> condition;
  bool return_item = false;  // ReturnValuesOnConditionCheckFailure=ALL_OLD

  // ConditionalCheckFailedException where it does not hold.
  aws::Result<void> check(const StoredItem& before) const;

  // Refuses paths into the table's keys.
  aws::Result<void> check_paths(const Table& table) const;
};

template <class Input>
aws::Result<WriteCondition> read_condition(const Input& input, expression::Names& names) {
  WriteCondition out{std::nullopt, input.return_values_on_condition_check_failure == "ALL_OLD"};
  if constexpr (requires { input.expected; }) {
    if (input.expected)
      out.condition = TRY(legacy::read_expected(*input.expected, input.conditional_operator, names.layer()));
    TRY_VOID(legacy::check_conditional_operator(input.conditional_operator, input.expected && !input.expected->empty()));
  }
  const std::optional<std::string>& text = input.condition_expression;
  if (text) out.condition = TRY(expression::parse_condition("ConditionExpression", *text, names));
  return out;
}

// ReturnValues of PutItem and DeleteItem: true for ALL_OLD, false for NONE, refused otherwise.
aws::Result<bool> returns_old(const std::optional<std::string>& return_values);

// Of an item that is about to be stored.
aws::Result<void> check_size(const Item& item);

// Writes of PutItem and DeleteItem.
ItemWrite put_of(TablePtr table, PrimaryKey key, std::string stored, WriteCondition condition);
ItemWrite delete_of(TablePtr table, PrimaryKey key, WriteCondition condition);

// Changes nothing, and fails where the condition does not hold.
ItemWrite check_of(TablePtr table, PrimaryKey key, WriteCondition condition);

// How an update's size is limited: UpdateItem also counts what it writes, and something for each clause.
enum class SizeRule : std::uint8_t { kItem, kItemAndClauses };

// An UpdateExpression, ready to be carried out on an item of `table`.
aws::Result<ItemWrite> update_of(TablePtr table, PrimaryKey key, expression::Update update, WriteCondition condition,
                                 SizeRule rule = SizeRule::kItem);

// The check of what UpdateItem is about to store, and its stored form.
aws::Result<StoredItem> checked_update(const Table& table, const Item& before, Result<Item, std::string> item);

}  // namespace leat::dynamodb
