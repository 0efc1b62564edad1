#include "service/dynamodb/item_write.h"

#include <fmt/format.h>

#include "service/dynamodb/expression/evaluate.h"

namespace leat::dynamodb {

aws::Result<void> WriteCondition::check(const StoredItem& before) const {
  if (!condition || expression::holds(*condition, before.item())) return {};
  static constexpr std::string_view kMessage = "The conditional request failed";
  if (!return_item || !before.exists()) return aws::fail(errors::kConditionalCheckFailed, std::string(kMessage));
  ConditionalCheckFailedException details;
  details.item = before.item();
  return aws::fail_with(errors::kConditionalCheckFailed, std::string(kMessage), std::move(details));
}

aws::Result<bool> returns_old(const std::optional<std::string>& return_values) {
  if (!return_values || return_values == "NONE") return false;
  if (return_values == "ALL_OLD") return true;
  return aws::fail(errors::kValidation, "ReturnValues can only be ALL_OLD or NONE");
}

aws::Result<void> refuse_legacy(std::string_view parameter, bool given) {
  if (!given) return {};
  return aws::fail(errors::kNotOffered,
                   fmt::format("leat does not offer the legacy parameter {} yet; use expressions", parameter));
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

}  // namespace leat::dynamodb
