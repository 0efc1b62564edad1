#include "service/dynamodb/item/item_write.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/dynamodb/expression/evaluate.h"

namespace leat::dynamodb {
namespace {

using Kind = expression::UpdateAction::Kind;

constexpr std::string_view kUpdateTooLarge = "Item size to update has exceeded the maximum allowed size";

// What only takes away makes no item where there is none.
bool makes_item(const expression::Update& update) {
  return update.empty() || std::any_of(update.begin(), update.end(), [](const auto& action) {
           return action.kind == Kind::kSet || action.kind == Kind::kAdd;
         });
}

// What an action costs beside the value that it writes.
std::size_t clause_cost(const expression::UpdateAction& action) {
  if (action.kind == Kind::kRemove || action.kind == Kind::kDelete) return 2;
  const auto is_index = [](const auto& element) { return std::holds_alternative<std::size_t>(element); };
  const bool indexed = action.kind == Kind::kSet && std::any_of(action.path.begin(), action.path.end(), is_index);
  return indexed ? 20 : 19;
}

std::size_t written_by(const expression::UpdateAction& action, const Item& after) {
  if (action.kind == Kind::kRemove || action.kind == Kind::kDelete) return 0;
  if (action.kind == Kind::kAdd) return size_of(*action.value.value);
  const AttributeValue* value = expression::find(after, action.path);
  return value ? size_of(*value) : 0;
}

aws::Result<void> check_clauses(const expression::Update& update, const Item& after) {
  std::size_t size = 3;
  for (const auto& action : update) size += clause_cost(action) + written_by(action, after);
  if (size <= kMaxItemSize) return {};
  return aws::fail(errors::kValidation, std::string(kUpdateTooLarge));
}

// An update of a key is refused where it sets one, in other words than an item that has a wrong one.
aws::Result<void> check_updated_key(const Index& index, const KeyAttribute& attribute, const Item& before,
                                    const Item& after) {
  const AttributeValue *value = after.find(attribute.name), *old = before.find(attribute.name);
  if (!value || (old && *old == *value) || value->type() != attribute.type || key_size(*value) != 0)
    return check_index_key(index, attribute, value);
  return aws::fail(
      errors::kValidation,
      fmt::format("One or more parameter values are not valid. The update expression attempted to update a secondary "
                  "index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an "
                  "empty {} value.",
                  attribute.type == "B" ? "binary" : "string"));
}

aws::Result<void> check_updated_keys(const Index& index, const Item& before, const Item& after) {
  TRY_VOID(check_updated_key(index, index.key.partition, before, after));
  return index.key.sort ? check_updated_key(index, *index.key.sort, before, after) : aws::Result<void>{};
}

}  // namespace

aws::Result<void> WriteCondition::check_paths(const Table& table) const {
  return condition ? check_key_paths(table, *condition) : aws::Result<void>{};
}

aws::Result<void> WriteCondition::check(const StoredItem& before) const {
  if (!condition || expression::holds(*condition, before.item())) return {};
  static constexpr std::string_view kMessage = "The conditional request failed";
  if (!return_item || !before.exists()) return aws::fail(errors::kConditionalCheckFailed, std::string(kMessage));
  ConditionalCheckFailedException details;
  details.item = before;
  return aws::fail_with(errors::kConditionalCheckFailed, std::string(kMessage), std::move(details));
}

aws::Result<bool> returns_old(const std::optional<std::string>& return_values) {
  if (!return_values || return_values == "NONE") return false;
  if (return_values == "ALL_OLD") return true;
  return aws::fail(errors::kValidation, "ReturnValues can only be ALL_OLD or NONE");
}

aws::Result<void> check_size(const Item& item) {
  if (size_of(item) <= kMaxItemSize) return {};
  return aws::fail(errors::kValidation, "Item size has exceeded the maximum allowed size");
}

ItemWrite put_of(TablePtr table, PrimaryKey key, std::string stored, WriteCondition condition) {
  return {std::move(table), std::move(key),
          [stored = std::move(stored),
           condition = std::move(condition)](const StoredItem& before) -> aws::Result<StoredItem> {
            TRY_VOID(condition.check(before));
            return StoredItem(stored);
          }};
}

ItemWrite delete_of(TablePtr table, PrimaryKey key, WriteCondition condition) {
  return {std::move(table), std::move(key),
          [condition = std::move(condition)](const StoredItem& before) -> aws::Result<StoredItem> {
            TRY_VOID(condition.check(before));
            return StoredItem();
          }};
}

ItemWrite check_of(TablePtr table, PrimaryKey key, WriteCondition condition) {
  return {std::move(table), std::move(key),
          [condition = std::move(condition)](const StoredItem& before) -> aws::Result<StoredItem> {
            TRY_VOID(condition.check(before));
            return before;
          }};
}

aws::Result<ItemWrite> update_of(TablePtr table, PrimaryKey key, expression::Update update, WriteCondition condition,
                                 SizeRule rule) {
  TRY_VOID(check_key_paths(*table, update));
  Item nothing = key.attributes;  // what an update of nothing begins with
  const bool makes = makes_item(update);
  Decide decide = [table, nothing = std::move(nothing), update = std::move(update), condition = std::move(condition),
                   rule, makes](const StoredItem& before) -> aws::Result<StoredItem> {
    TRY_VOID(condition.check(before));
    if (!before.exists() && !makes) return StoredItem();
    const Item& old = before.exists() ? before.item() : nothing;
    auto item = expression::apply(update, old);
    if (item && rule == SizeRule::kItemAndClauses) TRY_VOID(check_clauses(update, *item));
    return checked_update(*table, old, std::move(item));
  };
  return ItemWrite{std::move(table), std::move(key), std::move(decide)};
}

aws::Result<StoredItem> checked_update(const Table& table, const Item& before, Result<Item, std::string> item) {
  if (!item) return aws::fail(errors::kValidation, std::move(item).error());
  TRY_VOID(check_attribute_names(*item));
  if (depth_of(*item) > kMaxDepth) return aws::fail(errors::kValidation, std::string(kNestedTooDeeply));
  if (size_of(*item) > kMaxItemSize) return aws::fail(errors::kValidation, std::string(kUpdateTooLarge));
  for (const Index& index : table.indexes) TRY_VOID(check_updated_keys(index, before, *item));
  return StoredItem::of(std::move(*item));
}

}  // namespace leat::dynamodb
