#include "service/dynamodb/rights/item_conditions.h"

#include "base/encoding.h"
#include "service/dynamodb/query/legacy.h"

namespace leat::dynamodb {

namespace expression = expression;

ItemConditions::ItemConditions(Tables& tables, const aws::Caller& caller, std::string_view table,
                               const std::optional<std::string>& index)
    : table_(tables.find_or_null(caller, table_name_in(caller, table))), of_index_(index.has_value()) {
  if (!table_) return;
  const Index* found = index ? table_->index(*index) : nullptr;
  partition_ = (found ? found->key : table_->key).partition.name;
}

void ItemConditions::add_leading(const AttributeValue& value) {
  if (const auto* text = value.get<std::string>()) leading_.insert(*text);
  if (const auto* number = value.get<Number>()) leading_.insert(number->text);
  if (const auto* binary = value.get<Binary>()) leading_.insert(base64_encode(binary->bytes));
}

void ItemConditions::add_item(const Item& item) {
  for (const auto& [name, value] : item) attributes_.insert(name);
  if (const AttributeValue* leading = item.find(partition_)) add_leading(*leading);
}

void ItemConditions::add_path(const expression::Path& path) {
  if (!path.empty()) attributes_.insert(std::get<std::string>(path.front()));
}

void ItemConditions::add_operand(const expression::Operand& operand) {
  add_path(operand.path);
  for (const auto& each : operand.operands) add_operand(each);
}

// Of a key's condition, the values of the partition key are leading keys.
void ItemConditions::add_condition(const expression::Condition& condition, bool is_key) {
  using Kind = expression::Condition::Kind;
  for (const auto& each : condition.conditions) add_condition(each, is_key && condition.kind == Kind::kAnd);
  for (const auto& operand : condition.operands) add_operand(operand);
  if (!is_key || (condition.kind != Kind::kEqual && condition.kind != Kind::kIn)) return;
  const auto names_partition = [&](const expression::Operand& operand) {
    return operand.kind == expression::Operand::Kind::kPath && operand.path.size() == 1 &&
           std::get<std::string>(operand.path.front()) == partition_;
  };
  if (std::none_of(condition.operands.begin(), condition.operands.end(), names_partition)) return;
  for (const auto& operand : condition.operands) {
    if (operand.value) add_leading(*operand.value);
  }
}

void ItemConditions::add_condition(const std::optional<std::string>& text, expression::Names& names, bool is_key) {
  if (!text) return;
  if (const auto condition = expression::parse_condition("", *text, names)) add_condition(*condition, is_key);
}

void ItemConditions::add_update(const expression::Update& update) {
  for (const auto& action : update) {
    add_path(action.path);
    add_operand(action.value);
  }
}

void ItemConditions::add_update(const std::optional<std::string>& text, expression::Names& names) {
  if (!text) return;
  if (const auto update = expression::parse_update(*text, names)) add_update(*update);
}

void ItemConditions::add_projection(const std::optional<std::string>& text, expression::Names& names) {
  if (!text) return;
  const auto projection = expression::parse_projection(*text, names);
  if (!projection) return;
  for (const auto& path : *projection) add_path(path);
  select_ = "SPECIFIC_ATTRIBUTES";
}

void ItemConditions::select_attributes(const std::vector<std::string>& names) {
  attributes_.insert(names.begin(), names.end());
  select_ = "SPECIFIC_ATTRIBUTES";
}

void ItemConditions::add_key_conditions(const std::optional<aws::Map<Condition>>& conditions) {
  if (!conditions) return;
  if (const auto condition = legacy::read_key_conditions(*conditions)) add_condition(*condition, true);
}

void ItemConditions::add(const partiql::Statement& statement) {
  add_item(statement.item);
  add_update(statement.update);
  if (statement.where) add_condition(*statement.where, true);
  for (const auto& path : statement.projection) add_path(path);
  if (!statement.reads()) return;
  if (!statement.projection.empty()) select_ = "SPECIFIC_ATTRIBUTES";
  full_scan_ = leading_.empty();
}

void ItemConditions::put_into(aws::ConditionKeys& keys, bool reads) const {
  for (const auto& each : leading_) keys.emplace("dynamodb:leadingkeys", each);
  for (const auto& each : attributes_) keys.emplace("dynamodb:attributes", each);
  if (reads)
    keys.emplace("dynamodb:select", select_.value_or(of_index_ ? "ALL_PROJECTED_ATTRIBUTES" : "ALL_ATTRIBUTES"));
  if (return_values_) keys.emplace("dynamodb:returnvalues", *return_values_);
  if (return_consumed_capacity_) keys.emplace("dynamodb:returnconsumedcapacity", *return_consumed_capacity_);
  if (!enclosing_operation_.empty()) keys.emplace("dynamodb:enclosingoperation", enclosing_operation_);
  if (full_scan_) keys.emplace("dynamodb:fulltablescan", *full_scan_ ? "true" : "false");
}

}  // namespace leat::dynamodb
