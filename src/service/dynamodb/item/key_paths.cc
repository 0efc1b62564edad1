#include "service/dynamodb/item/key_paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace leat::dynamodb {
namespace {

aws::Result<void> check_key_path(const Table& table, const expression::Path& path) {
  if (path.size() < 2) return {};
  const auto& name = std::get<std::string>(path[0]);
  const bool of_index = std::any_of(table.indexes.begin(), table.indexes.end(),
                                    [&](const Index& index) { return index.key.has(name); });
  if (!table.key.has(name) && !of_index) return {};
  return aws::fail(errors::kValidation,
                   fmt::format("Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
                               "allowed: {}Key: {}",
                               table.key.has(name) ? "" : "Index", name));
}

aws::Result<void> check_key_paths(const Table& table, const expression::Operand& operand) {
  TRY_VOID(check_key_path(table, operand.path));
  for (const auto& each : operand.operands) TRY_VOID(check_key_paths(table, each));
  return {};
}

}  // namespace

aws::Result<void> check_key_paths(const Table& table, const expression::Condition& condition) {
  for (const auto& each : condition.conditions) TRY_VOID(check_key_paths(table, each));
  for (const auto& each : condition.operands) TRY_VOID(check_key_paths(table, each));
  return {};
}

aws::Result<void> check_key_paths(const Table& table, const expression::Projection& paths) {
  for (const auto& path : paths) TRY_VOID(check_key_path(table, path));
  return {};
}

aws::Result<void> check_key_paths(const Table& table, const expression::Update& update) {
  for (const auto& action : update) {
    TRY_VOID(check_not_key(table, std::get<std::string>(action.path[0])));
    TRY_VOID(check_key_path(table, action.path));
    TRY_VOID(check_key_paths(table, action.value));
  }
  return {};
}

aws::Result<void> check_not_key(const Table& table, const std::string& attribute) {
  if (!table.key.has(attribute)) return {};
  return aws::fail(
      errors::kValidation,
      fmt::format(
          "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
          attribute));
}

}  // namespace leat::dynamodb
