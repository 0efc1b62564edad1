#include "service/dynamodb/query/key_condition.h"

#include <fmt/format.h>

#include "engine/kv/key.h"

// The wording of errors: dynalite's recordings (validations/index.js, checkExpr).

namespace leat::dynamodb {
namespace {

using expression::Operand;
using Kind = expression::Condition::Kind;

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(aws::errors::kValidation, std::move(message));
}
std::unexpected<aws::Error> invalid_operator(std::string_view name) {
  return refuse(fmt::format("Invalid operator used in KeyConditionExpression: {}", name));
}

Kind mirrored(Kind kind) {
  switch (kind) {
    case Kind::kLess: return Kind::kGreater;
    case Kind::kLessOrEqual: return Kind::kGreaterOrEqual;
    case Kind::kGreater: return Kind::kLess;
    case Kind::kGreaterOrEqual: return Kind::kLessOrEqual;
    default: return kind;
  }
}

aws::Result<void> check_operator(Kind kind) {
  switch (kind) {
    case Kind::kOr: return invalid_operator("OR");
    case Kind::kNot: return invalid_operator("NOT");
    case Kind::kIn: return invalid_operator("IN");
    case Kind::kNotEqual: return invalid_operator("<>");
    case Kind::kExists: return invalid_operator("attribute_exists");
    case Kind::kNotExists: return invalid_operator("attribute_not_exists");
    case Kind::kType: return invalid_operator("attribute_type");
    case Kind::kContains: return invalid_operator("contains");
    default: return {};
  }
}

aws::Result<KeyPart> part_of(const expression::Condition& condition) {
  TRY_VOID(check_operator(condition.kind));
  KeyPart part{{}, condition.kind, {}};
  std::size_t named = 0;
  for (std::size_t i = 0; i < condition.operands.size(); ++i) {
    const Operand& operand = condition.operands[i];
    if (operand.kind == Operand::Kind::kSize) return refuse("KeyConditionExpressions cannot contain nested operations");
    if (operand.kind == Operand::Kind::kValue) {
      part.values.push_back(operand.value);
      continue;
    }
    if (!part.attribute.empty())
      return refuse("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
    if (operand.path.size() > 1) return refuse("KeyConditionExpressions cannot have conditions on nested attributes");
    part.attribute = std::get<std::string>(operand.path[0]);
    named = i;
  }
  if (part.attribute.empty()) return refuse("Invalid condition in KeyConditionExpression: No key attribute specified");
  if (named != 0 && (part.kind == Kind::kBetween || part.kind == Kind::kBeginsWith)) {
    return refuse(fmt::format(
        "Invalid condition in KeyConditionExpression: {} operator must have the key attribute as its first operand",
        part.kind == Kind::kBetween ? "BETWEEN" : "begins_with"));
  }
  if (named != 0) part.kind = mirrored(part.kind);
  return part;
}

aws::Result<void> collect(const expression::Condition& condition, KeyParts& parts) {
  if (condition.kind == Kind::kAnd) {
    for (const expression::Condition& each : condition.conditions) TRY_VOID(collect(each, parts));
    return {};
  }
  KeyPart part = TRY(part_of(condition));
  const std::string attribute = part.attribute;
  if (!parts.emplace(attribute, std::move(part)).second)
    return refuse("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key");
  return {};
}

aws::Result<void> check_values(const KeyAttribute& attribute, const KeyPart& part) {
  for (const AttributeValue* value : part.values) {
    if (value->type() != attribute.type) {
      return refuse("One or more parameter values were invalid: Condition parameter type does not match schema type");
    }
    const auto* text = value->get<std::string>();
    const auto* binary = value->get<Binary>();
    if ((text && text->empty()) || (binary && binary->bytes.empty())) {
      return refuse(fmt::format(
          "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
          "empty {} value. Key: {}",
          text ? "string" : "binary", attribute.name));
    }
  }
  return {};
}

std::string with_part(const std::string& prefix, const AttributeValue& value) {
  std::string row = prefix;
  append_part(row, value);
  return row;
}

kv::Range begins_with_range(const std::string& prefix, const AttributeValue& value) {
  std::string begin = with_part(prefix, value);
  begin.resize(begin.size() - 2);  // a text's end mark: what follows the prefix is open
  return kv::prefix_range(begin);
}

aws::Result<kv::Range> sort_range(const std::string& prefix, const KeyPart& part) {
  const kv::Range whole = kv::prefix_range(prefix);
  const AttributeValue& first = *part.values[0];
  kv::Range equal = kv::prefix_range(with_part(prefix, first));
  switch (part.kind) {
    case Kind::kEqual: return equal;
    case Kind::kLess: return kv::Range{whole.begin, equal.begin};
    case Kind::kLessOrEqual: return kv::Range{whole.begin, equal.end};
    case Kind::kGreater: return kv::Range{equal.end, whole.end};
    case Kind::kGreaterOrEqual: return kv::Range{equal.begin, whole.end};
    case Kind::kBetween: return kv::Range{equal.begin, kv::prefix_range(with_part(prefix, *part.values[1])).end};
    case Kind::kBeginsWith:
      if (first.type() == "N")
        return refuse(
            "One or more parameter values were invalid: ComparisonOperator BEGINS_WITH is not valid for N "
            "AttributeValue type");
      return begins_with_range(prefix, first);
    default: return refuse("Query key condition not supported");
  }
}

}  // namespace

aws::Result<KeyParts> key_parts(const expression::Condition& condition) {
  KeyParts parts;
  TRY_VOID(collect(condition, parts));
  return parts;
}

aws::Result<KeyRange> key_range(const KeySchema& schema, const KeyParts& parts) {
  const std::size_t attributes = schema.sort ? 2 : 1;
  if (parts.size() > 2) {
    return refuse(fmt::format(
        "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({})",
        parts.size(), attributes));
  }
  const auto partition = parts.find(schema.partition.name);
  if (partition == parts.end())
    return refuse(fmt::format("Query condition missed key schema element: {}", schema.partition.name));
  if (partition->second.kind != Kind::kEqual) return refuse("Query key condition not supported");
  TRY_VOID(check_values(schema.partition, partition->second));
  const std::string prefix = partition_prefix(schema, *partition->second.values[0]);
  if (parts.size() == 1) return KeyRange{kv::prefix_range(prefix), prefix};
  if (!schema.sort) return refuse("Query key condition not supported");
  const auto sort = parts.find(schema.sort->name);
  if (sort == parts.end())
    return refuse(fmt::format("Query condition missed key schema element: {}", schema.sort->name));
  TRY_VOID(check_values(*schema.sort, sort->second));
  kv::Range range = TRY(sort_range(prefix, sort->second));
  return KeyRange{std::move(range), prefix};
}

}  // namespace leat::dynamodb
