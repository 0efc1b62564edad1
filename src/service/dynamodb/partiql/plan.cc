#include "service/dynamodb/partiql/plan.h"

#include <algorithm>

#include "service/dynamodb/query/key_condition.h"

namespace leat::dynamodb::partiql {
namespace {

using expression::Condition;
using expression::Operand;
using Kind = Condition::Kind;

// What must hold all together.
void collect(const Condition& condition, std::vector<const Condition*>& out) {
  if (condition.kind != Kind::kAnd) {
    out.push_back(&condition);
    return;
  }
  for (const Condition& each : condition.conditions) collect(each, out);
}

std::vector<const Condition*> conjuncts(const Statement& statement) {
  std::vector<const Condition*> out;
  if (statement.where) collect(*statement.where, out);
  return out;
}

bool is_attribute(const Operand& operand, const std::string& name) {
  return operand.kind == Operand::Kind::kPath && operand.path.size() == 1 &&
         std::get<std::string>(operand.path[0]) == name;
}

bool is_value(const Operand& operand, const KeyAttribute& attribute) {
  return operand.kind == Operand::Kind::kValue && operand.value->type() == attribute.type;
}

// attribute = value, the other way round, or attribute IN (values)
std::vector<const AttributeValue*> demanded_values(const Condition& condition, const KeyAttribute& attribute) {
  std::vector<const AttributeValue*> out;
  const auto& operands = condition.operands;
  if (condition.kind == Kind::kEqual && is_value(operands[0], attribute) && is_attribute(operands[1], attribute.name))
    return {operands[0].value};
  if ((condition.kind != Kind::kEqual && condition.kind != Kind::kIn) || !is_attribute(operands[0], attribute.name))
    return out;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    if (!is_value(operands[i], attribute)) return {};
    out.push_back(operands[i].value);
  }
  return out;
}

bool narrows(const Condition& condition, const KeyAttribute& attribute) {
  static constexpr Kind kKinds[] = {Kind::kEqual,          Kind::kLess,    Kind::kLessOrEqual, Kind::kGreater,
                                    Kind::kGreaterOrEqual, Kind::kBetween, Kind::kBeginsWith};
  if (std::find(std::begin(kKinds), std::end(kKinds), condition.kind) == std::end(kKinds)) return false;
  if (condition.kind == Kind::kBeginsWith && attribute.type == "N") return false;
  const auto& operands = condition.operands;
  return is_attribute(operands[0], attribute.name) &&
         std::all_of(operands.begin() + 1, operands.end(),
                     [&](const Operand& each) { return is_value(each, attribute); });
}

Condition equality(const KeyAttribute& attribute, const AttributeValue* value) {
  Condition out{Kind::kEqual, {}, {}};
  out.operands.resize(2);
  out.operands[0].path.emplace_back(attribute.name);
  out.operands[1].kind = Operand::Kind::kValue;
  out.operands[1].value = value;
  return out;
}

}  // namespace

aws::Result<Plan> plan(const KeySchema& schema, const Statement& statement) {
  const auto all = conjuncts(statement);
  std::vector<const AttributeValue*> partitions;
  const Condition* sort = nullptr;
  for (const Condition* each : all) {
    if (partitions.empty()) partitions = demanded_values(*each, schema.partition);
    if (!sort && schema.sort && narrows(*each, *schema.sort)) sort = each;
  }
  Plan out;
  if (partitions.empty()) {
    out.ranges.push_back(kv::prefix_range(schema.prefix));
    return out;
  }
  out.by_partition = true;
  for (const AttributeValue* value : partitions) {
    Condition key{Kind::kAnd, {}, {}};
    key.conditions.push_back(equality(schema.partition, value));
    if (sort) key.conditions.push_back(*sort);
    const KeyParts parts = TRY(key_parts(key));
    out.ranges.push_back(TRY(key_range(schema, parts)).range);
  }
  return out;
}

std::optional<Item> demanded_key(const KeySchema& schema, const Statement& statement) {
  Item key;
  for (const KeyAttribute* attribute : {&schema.partition, schema.sort ? &*schema.sort : nullptr}) {
    if (!attribute) continue;
    const AttributeValue* value = nullptr;
    for (const Condition* each : conjuncts(statement)) {
      const auto values = demanded_values(*each, *attribute);
      if (values.size() == 1) value = values[0];
    }
    if (!value) return std::nullopt;
    key.set(attribute->name, *value);
  }
  return key;
}

}  // namespace leat::dynamodb::partiql
