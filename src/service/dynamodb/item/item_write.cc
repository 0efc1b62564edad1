#include "service/dynamodb/item/item_write.h"

#include <fmt/format.h>

#include "service/dynamodb/expression/evaluate.h"

namespace leat::dynamodb {
aws::Result<void> WriteCondition::check(const StoredItem& before) const {
  if (!condition || expression::holds(*condition, before.item())) return {};
  static constexpr std::string_view kMessage = "The conditional request failed";
  if (!return_item || !before.exists()) return aws::fail(errors::kConditionalCheckFailed, std::string(kMessage));
  ConditionalCheckFailedException details;
  details.item = before;
  return aws::fail_with(errors::kConditionalCheckFailed, std::string(kMessage), std::move(details));
}

aws::Result<void> check_not_key(const Table& table, const std::string& attribute) {
  if (!table.key.has(attribute)) return {};
  return aws::fail(
      errors::kValidation,
      fmt::format(
          "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
          attribute));
}

aws::Result<bool> returns_old(const std::optional<std::string>& return_values) {
  if (!return_values || return_values == "NONE") return false;
  if (return_values == "ALL_OLD") return true;
  return aws::fail(errors::kValidation, "ReturnValues can only be ALL_OLD or NONE");
}

Result<void, std::string> check_item(const Item& item) {
  if (auto message = first_invalid(item)) return std::unexpected(*message);
  for (const auto& [name, value] : item) {
    if (name.size() > 65535)
      return std::unexpected(fmt::format(
          "One or more parameter values were invalid: Attribute name is too large, must be less than 65536 bytes"));
    if (depth_of(value) > kMaxDepth)
      return std::unexpected(
          "Nesting Levels have exceeded supported limits: Attributes Values cannot be nested more than 32 levels");
  }
  if (size_of(item) > kMaxItemSize) return std::unexpected(std::string(kItemTooLarge));
  return {};
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

aws::Result<ItemWrite> update_of(TablePtr table, PrimaryKey key, expression::Update update, WriteCondition condition) {
  for (const auto& action : update) TRY_VOID(check_not_key(*table, std::get<std::string>(action.path[0])));
  Item nothing = key.attributes;  // what an update of nothing begins with
  Decide decide = [table, nothing = std::move(nothing), update = std::move(update),
                   condition = std::move(condition)](const StoredItem& before) -> aws::Result<StoredItem> {
    TRY_VOID(condition.check(before));
    return checked_update(*table, expression::apply(update, before.exists() ? before.item() : nothing));
  };
  return ItemWrite{std::move(table), std::move(key), std::move(decide)};
}

aws::Result<StoredItem> checked_update(const Table& table, Result<Item, std::string> item) {
  if (!item) return aws::fail(errors::kValidation, std::move(item).error());
  if (auto valid = check_item(*item); !valid) {
    const bool too_large = valid.error() == kItemTooLarge;
    return aws::fail(errors::kValidation,
                     too_large ? "Item size to update has exceeded the maximum allowed size" : valid.error());
  }
  StoredItem stored = StoredItem::of(std::move(*item));
  if (!table.indexes.empty() && !check_index_keys(table, stored)) {
    return aws::fail(errors::kValidation,
                     "The update expression attempted to update the secondary index key to unsupported type");
  }
  return stored;
}

}  // namespace leat::dynamodb
