#include <algorithm>

#include "aws/dynamodb/operations.h"
#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/item/capacity.h"
#include "service/dynamodb/item/item_write.h"

namespace leat::dynamodb {
namespace {

// What UPDATED_OLD and UPDATED_NEW give.
expression::Projection touched(const expression::Update& update, const UpdateItemInput& input) {
  expression::Projection paths;
  for (const auto& action : update) paths.push_back(action.path);
  if (input.attribute_updates) {
    for (const auto& [name, each] : *input.attribute_updates) paths.push_back({name});
  }
  return paths;
}

std::optional<ReturnedItem> returned_attributes(std::string_view mode, const ItemWritten& written,
                                                const expression::Projection& paths) {
  if (mode == "NONE") return std::nullopt;
  const StoredItem& source = mode.ends_with("OLD") ? written.before : written.after;
  if (!source.exists()) return std::nullopt;
  if (mode.starts_with("ALL")) return source;
  Item out = expression::project(paths, source.item());
  if (out.empty()) return std::nullopt;
  return out;
}

bool makes_item(const aws::Map<AttributeValueUpdate>& updates) {
  return updates.empty() || std::any_of(updates.begin(), updates.end(),
                                        [](const auto& each) { return each.second.action != "DELETE"; });
}

// AttributeUpdates.
aws::Result<ItemWrite> legacy_update(const TablePtr& table, PrimaryKey key,
                                     const aws::Map<AttributeValueUpdate>& updates, WriteCondition condition) {
  for (const auto& [name, update] : updates) TRY_VOID(check_not_key(*table, name));
  Decide decide = [table, nothing = key.attributes, &updates,
                   condition = std::move(condition)](const StoredItem& before) -> aws::Result<StoredItem> {
    TRY_VOID(condition.check(before));
    if (!before.exists() && !makes_item(updates)) return StoredItem();
    const Item& old = before.exists() ? before.item() : nothing;
    return checked_update(*table, old, legacy::apply(updates, old));
  };
  return ItemWrite{table, std::move(key), std::move(decide)};
}

constexpr aws::Layer kUpdateLayer = kLayer<UpdateItemInput>;

struct Request {
  expression::Update update;
  WriteCondition condition;
};

aws::Result<Request> read(const UpdateItemInput& input) {
  TRY_VOID(check_parameters(
      {{{"UpdateExpression", input.update_expression.has_value()},
        {"ConditionExpression", input.condition_expression.has_value()}},
       {{"AttributeUpdates", input.attribute_updates.has_value()}, {"Expected", input.expected.has_value()}},
       input.expression_attribute_names.has_value(),
       input.expression_attribute_values.has_value()},
      kUpdateLayer));
  if (input.attribute_updates) TRY_VOID(legacy::check_attribute_updates(*input.attribute_updates, kUpdateLayer));
  Request out;
  expression::Names names(input.expression_attribute_names, input.expression_attribute_values, kUpdateLayer);
  TRY_VOID(names.check());
  if (input.update_expression) out.update = TRY(expression::parse_update(*input.update_expression, names));
  out.condition = TRY(read_condition(input, names));
  TRY_VOID(check_values(input.key, kUpdateLayer));
  TRY_VOID(names.check_all_used());
  return out;
}

}  // namespace

aws::Result<UpdateItemOutput> update_item(DynamoDb& db, const aws::Caller& caller, const UpdateItemInput& input) {
  auto request = read(input);
  if (!request) return std::unexpected(worded(kUpdateLayer, std::move(request).error(), input.key));
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  PrimaryKey key = TRY(key_from_parameter(table->key, input.key));
  TRY_VOID(request->condition.check_paths(*table));
  const ItemWrite write =
      input.attribute_updates
          ? TRY(legacy_update(table, std::move(key), *input.attribute_updates, std::move(request->condition)))
          : TRY(update_of(table, std::move(key), request->update, std::move(request->condition),
                          SizeRule::kItemAndClauses));
  const auto written = TRY(db.write(write));
  UpdateItemOutput output;
  output.attributes =
      returned_attributes(input.return_values.value_or("NONE"), written, touched(request->update, input));
  report_write(db, input, write, written, output);
  return output;
}

}  // namespace leat::dynamodb
