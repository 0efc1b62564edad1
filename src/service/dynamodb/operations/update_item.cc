#include <fmt/format.h>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/capacity.h"
#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/item_codec.h"
#include "service/dynamodb/item_write.h"

namespace leat::dynamodb {
namespace {

aws::Result<void> refuse_key_update(const Table& table, const expression::Update& update) {
  for (const auto& action : update) {
    const auto& name = std::get<std::string>(action.path[0]);
    if (name != table.partition.name && !(table.sort && name == table.sort->name)) continue;
    return aws::fail(
        errors::kValidation,
        fmt::format(
            "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
            name));
  }
  return {};
}

// The item that an update of nothing begins with.
Item base_item(const StoredItem& before, const PrimaryKey& key) {
  return before.exists() ? before.item() : key.attributes;
}

aws::Result<std::optional<std::string>> updated(const expression::Update& update, const Item& base) {
  auto item = expression::apply(update, base);
  if (!item) return aws::fail(errors::kValidation, std::move(item).error());
  if (auto valid = check_item(*item); !valid) {
    const bool too_large = valid.error() == kItemTooLarge;
    return aws::fail(errors::kValidation,
                     too_large ? "Item size to update has exceeded the maximum allowed size" : valid.error());
  }
  return encode_item(*item);
}

// UPDATED_OLD and UPDATED_NEW give the named paths as they were and as they are.
std::optional<Item> returned_attributes(std::string_view mode, const ItemWritten& written,
                                        const expression::Update& update) {
  if (mode == "NONE") return std::nullopt;
  const StoredItem& source = mode.ends_with("OLD") ? written.before : written.after;
  if (!source.exists()) return std::nullopt;
  if (mode.starts_with("ALL")) return source.item();
  expression::Projection paths;
  for (const auto& action : update) paths.push_back(action.path);
  Item out = expression::project(paths, source.item());
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

aws::Result<UpdateItemOutput> update_item(DynamoDb& db, const aws::Caller& caller, const UpdateItemInput& input) {
  TRY_VOID(refuse_legacy("Expected", input.expected.has_value()));
  TRY_VOID(refuse_legacy("AttributeUpdates", input.attribute_updates.has_value()));
  const bool any = input.update_expression || input.condition_expression;
  TRY_VOID(check_expression_use(input, {any, any, "UpdateExpression and ConditionExpression are null"}));
  if (auto message = first_invalid(input.key)) return aws::fail(errors::kValidation, *message);

  expression::Names names(input.expression_attribute_names, input.expression_attribute_values);
  TRY_VOID(names.check());
  expression::Update update;
  if (input.update_expression) update = TRY(expression::parse_update(*input.update_expression, names));
  const WriteCondition condition = TRY(read_condition(input, names));
  TRY_VOID(names.check_all_used());

  TablePtr table = TRY(db.tables().find(caller, input.table_name));
  const PrimaryKey key = TRY(key_from_parameter(*table, input.key));
  TRY_VOID(refuse_key_update(*table, update));
  const auto written =
      TRY(db.write({table, key, [&](const StoredItem& before) -> aws::Result<std::optional<std::string>> {
                      TRY_VOID(condition.check(before));
                      return updated(update, base_item(before, key));
                    }}));
  UpdateItemOutput output;
  output.attributes = returned_attributes(input.return_values.value_or("NONE"), written, update);
  if (input.return_consumed_capacity) {
    const std::size_t size = std::max(size_of(written.before.item()), size_of(written.after.item()));
    output.consumed_capacity = consumed(input.return_consumed_capacity, *table, write_units(size));
  }
  return output;
}

}  // namespace leat::dynamodb
