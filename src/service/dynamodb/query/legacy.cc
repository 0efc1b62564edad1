#include "service/dynamodb/query/legacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "service/dynamodb/expression/evaluate.h"

// The order and wording of errors: dynalite's recordings (validations/index.js, actions/updateItem.js).

namespace leat::dynamodb::legacy {
namespace {

using expression::Condition;
using expression::Operand;
using Kind = Condition::Kind;
using Values = std::span<const AttributeValue>;

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }
std::unexpected<aws::Error> invalid(std::string_view message) {
  return refuse(fmt::format("One or more parameter values were invalid: {}", message));
}

struct Operator {
  std::string_view name;
  Kind kind;
  std::size_t least, most;  // arguments
  std::string_view types;   // that it takes, with spaces; empty for all
  bool negated = false;
};

constexpr std::size_t kMany = 100;
constexpr std::string_view kScalars = " S N B ";
constexpr std::string_view kComparable = " S N B SS NS BS L M BOOL NULL ";
constexpr Operator kOperators[] = {
    {"EQ", Kind::kEqual, 1, 1, kComparable},
    {"NE", Kind::kNotEqual, 1, 1, kComparable},
    {"LE", Kind::kLessOrEqual, 1, 1, kScalars},
    {"LT", Kind::kLess, 1, 1, kScalars},
    {"GE", Kind::kGreaterOrEqual, 1, 1, kScalars},
    {"GT", Kind::kGreater, 1, 1, kScalars},
    {"NOT_NULL", Kind::kExists, 0, 0, {}},
    {"NULL", Kind::kNotExists, 0, 0, {}},
    {"CONTAINS", Kind::kContains, 1, 1, kScalars},
    {"NOT_CONTAINS", Kind::kContains, 1, 1, kScalars, true},
    {"BEGINS_WITH", Kind::kBeginsWith, 1, 1, " S B "},
    {"IN", Kind::kIn, 1, kMany, kScalars},
    {"BETWEEN", Kind::kBetween, 2, 2, kScalars},
};

const Operator& operator_named(std::string_view name) {
  // The model's constraint has let no other name through.
  return *std::find_if(std::begin(kOperators), std::end(kOperators),
                       [&](const Operator& each) { return each.name == name; });
}

aws::Result<void> check_arguments(const Operator& op, Values values, aws::Layer layer) {
  for (const AttributeValue& each : values) {
    if (auto message = first_invalid(each, layer)) return refuse(*message);
  }
  if (values.size() < op.least || values.size() > op.most)
    return invalid(fmt::format("Invalid number of argument(s) for the {} ComparisonOperator", op.name));
  for (const AttributeValue& each : values) {
    if (each.type() != values[0].type())
      return invalid("AttributeValues inside AttributeValueList must be of same type");
  }
  for (const AttributeValue& each : values) {
    if (!op.types.empty() && op.types.find(fmt::format(" {} ", each.type())) == std::string_view::npos) {
      return invalid(
          fmt::format("ComparisonOperator {} is not valid for {} AttributeValue type", op.name, each.type()));
    }
  }
  if (op.kind == Kind::kBetween && compare(values[0], values[1]).value_or(0) > 0)
    return refuse("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound");
  return {};
}

Condition condition_of(const std::string& attribute, const Operator& op, Values values) {
  Condition out{op.kind, {}, {}};
  Operand path;
  path.path.emplace_back(attribute);
  out.operands.push_back(std::move(path));
  for (const AttributeValue& value : values) {
    Operand operand;
    operand.kind = Operand::Kind::kValue;
    operand.value = &value;
    out.operands.push_back(std::move(operand));
  }
  if (!op.negated) return out;
  Condition negation{Kind::kNot, {}, {}};
  Condition exists{Kind::kExists, {}, {out.operands[0]}};  // what is not there contains nothing, and is not asked for
  negation.conditions.push_back(std::move(out));
  std::vector<Condition> both;
  both.push_back(std::move(exists));
  both.push_back(std::move(negation));
  return Condition{Kind::kAnd, std::move(both), {}};
}

Condition combined(std::vector<Condition> conditions, bool any) {
  return Condition{any ? Kind::kOr : Kind::kAnd, std::move(conditions), {}};
}

Values values_of(const ExpectedAttributeValue& expected) {
  if (expected.attribute_value_list) return *expected.attribute_value_list;
  return expected.value ? Values(&*expected.value, 1) : Values();
}

aws::Result<Condition> read_comparison(const std::string& name, const ExpectedAttributeValue& expected,
                                       aws::Layer layer) {
  const std::string& named = *expected.comparison_operator;
  if (expected.exists)
    return invalid(fmt::format("Exists and ComparisonOperator cannot be used together for Attribute: {}", name));
  const Operator& op = operator_named(named);
  if (op.least > 0 && !expected.attribute_value_list && !expected.value) {
    return invalid(fmt::format("Value or AttributeValueList must be used with ComparisonOperator: {} for Attribute: {}",
                               named, name));
  }
  TRY_VOID(check_arguments(op, values_of(expected), layer));
  return condition_of(name, op, values_of(expected));
}

aws::Result<Condition> read_one_expected(const std::string& name, const ExpectedAttributeValue& expected,
                                         aws::Layer layer) {
  if (expected.attribute_value_list && expected.value)
    return invalid(fmt::format("Value and AttributeValueList cannot be used together for Attribute: {}", name));
  if (expected.comparison_operator) return read_comparison(name, expected, layer);
  if (expected.attribute_value_list)
    return invalid(
        fmt::format("AttributeValueList can only be used with a ComparisonOperator for Attribute: {}", name));
  const bool exists = expected.exists.value_or(true);
  if (exists && !expected.value) {
    return invalid(fmt::format("Value must be provided when Exists is {} for Attribute: {}",
                               expected.exists ? "true" : "null", name));
  }
  if (!exists && expected.value)
    return invalid(fmt::format("Value cannot be used when Exists is false for Attribute: {}", name));
  if (expected.value) {
    if (auto message = first_invalid(*expected.value, layer)) return refuse(*message);
  }
  return condition_of(name, operator_named(exists ? "EQ" : "NULL"), values_of(expected));
}

Result<void, std::string> mismatch() { return std::unexpected(std::string("Type mismatch for attribute to update")); }

// ADD and DELETE of sets and numbers are those of update expressions; ADD may also append to a list.
Result<void, std::string> apply_action(Item& item, const std::string& name, const AttributeValueUpdate& update) {
  const std::string action = update.action.value_or("PUT");
  if (action == "PUT") {
    item.set(name, *update.value);
    return {};
  }
  if (action == "DELETE" && !update.value) {
    item.erase(name);
    return {};
  }
  const AttributeValue* old = item.find(name);
  if (old && old->type() != update.value->type()) return mismatch();
  if (const auto* list = update.value->get<List>()) {
    List joined = old ? *old->get<List>() : List();
    joined.insert(joined.end(), list->begin(), list->end());
    item.set(name, std::move(joined));
    return {};
  }
  expression::UpdateAction step{};
  step.kind = action == "ADD" ? expression::UpdateAction::Kind::kAdd : expression::UpdateAction::Kind::kDelete;
  step.path.emplace_back(name);
  step.value.kind = Operand::Kind::kValue;
  step.value.value = &*update.value;
  item = TRY(expression::apply({step}, item));
  return {};
}

}  // namespace

aws::Result<Condition> read_expected(const aws::Map<ExpectedAttributeValue>& expected,
                                     const std::optional<std::string>& conditional_operator, aws::Layer layer) {
  std::vector<Condition> conditions;
  for (const auto& [name, each] : expected) conditions.push_back(TRY(read_one_expected(name, each, layer)));
  return combined(std::move(conditions), conditional_operator == "OR");
}

aws::Result<Condition> read_filter(const aws::Map<Comparison>& filter,
                                   const std::optional<std::string>& conditional_operator, aws::Layer layer) {
  std::vector<Condition> conditions;
  for (const auto& [name, each] : filter) {
    const Operator& op = operator_named(each.comparison_operator);
    const Values values = each.attribute_value_list ? Values(*each.attribute_value_list) : Values();
    TRY_VOID(check_arguments(op, values, layer));
    conditions.push_back(condition_of(name, op, values));
  }
  return combined(std::move(conditions), conditional_operator == "OR");
}

aws::Result<Condition> read_key_conditions(const aws::Map<Comparison>& conditions, aws::Layer layer) {
  Condition all = TRY(read_filter(conditions, std::nullopt, layer));
  if (all.conditions.empty() || all.conditions.size() > 2) return refuse("Conditions can be of length 1 or 2 only");
  for (const auto& [name, each] : conditions) {
    for (std::string_view other : {"NULL", "NOT_NULL", "NE", "CONTAINS", "NOT_CONTAINS", "IN"}) {
      if (each.comparison_operator == other)
        return refuse("Attempted conditional constraint is not an indexable operation");
    }
  }
  return all;
}

aws::Result<expression::Projection> read_attributes(const std::vector<std::string>& names) {
  expression::Projection out;
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) return invalid(fmt::format("Duplicate value in attribute name: {}", name));
    out.push_back({name});
  }
  return out;
}

aws::Result<void> check_attribute_updates(const aws::Map<AttributeValueUpdate>& updates, aws::Layer layer) {
  for (const auto& [name, update] : updates) {
    const std::string action = update.action.value_or("PUT");
    if (!update.value) {
      if (action != "DELETE") return invalid("Only DELETE action is allowed when no attribute value is specified");
      continue;
    }
    if (auto message = first_invalid(*update.value, layer)) return refuse(*message);
    const std::string_view type = update.value->type();
    const bool set = type == "SS" || type == "NS" || type == "BS";
    if (action == "DELETE" && !set)
      return invalid(fmt::format("DELETE action with value is not supported for the type {}", type));
    if (action == "ADD" && !set && type != "N" && type != "L")
      return invalid(fmt::format("ADD action is not supported for the type {}", type));
  }
  return {};
}

Result<Item, std::string> apply(const aws::Map<AttributeValueUpdate>& updates, const Item& item) {
  Item out = item;
  for (const auto& [name, update] : updates) TRY_VOID(apply_action(out, name, update));
  return out;
}

aws::Result<void> check_conditional_operator(const std::optional<std::string>& conditional_operator, bool conditions) {
  if (!conditional_operator || conditions) return {};
  return invalid("ConditionalOperator cannot be used without Filter or Expected");
}

}  // namespace leat::dynamodb::legacy
