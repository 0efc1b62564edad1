#include "service/dynamodb/query/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(aws::errors::kValidation, std::move(message));
}

std::vector<std::string_view> given(std::initializer_list<Parameter> parameters) {
  std::vector<std::string_view> out;
  for (const Parameter& each : parameters) {
    if (each.given) out.push_back(each.name);
  }
  return out;
}

bool any_given(std::initializer_list<Parameter> parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [](const Parameter& each) { return each.given; });
}

aws::Result<void> check_value_use(std::initializer_list<Parameter> expressions, aws::Layer layer) {
  std::vector<std::string_view> with_values;
  for (const Parameter& each : expressions) {
    if (each.name == "ProjectionExpression") continue;
    if (each.given) return {};
    with_values.push_back(each.name);
  }
  if (with_values.empty()) return {};
  static constexpr std::string_view kUnused = "ExpressionAttributeValues can only be specified when using expressions";
  if (layer != aws::Layer::kOlder) return refuse(std::string(kUnused));
  return refuse(fmt::format("{}: {} {} null", kUnused, fmt::join(with_values, " and "),
                            with_values.size() > 1 ? "are" : "is"));
}

constexpr std::size_t kMaxAttributeName = 65535;

bool has_nameless(const Item& item);
bool has_nameless(const AttributeValue& value) {
  if (const auto* map = value.get<Item>()) return has_nameless(*map);
  const auto* list = value.get<List>();
  return list && std::any_of(list->begin(), list->end(), [](const auto& each) { return has_nameless(each); });
}
bool has_nameless(const Item& item) {
  return std::any_of(item.begin(), item.end(),
                     [](const auto& each) { return each.first.empty() || has_nameless(each.second); });
}

}  // namespace

aws::Result<void> check_parameters(const ParameterUse& use, aws::Layer layer) {
  const bool expressions = any_given(use.expressions);
  if (expressions && any_given(use.legacy)) {
    return refuse(fmt::format(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{{{}}} Expression parameters: {{{}}}",
        fmt::join(given(use.legacy), ", "), fmt::join(given(use.expressions), ", ")));
  }
  if (use.names && !expressions) return refuse("ExpressionAttributeNames can only be specified when using expressions");
  return use.values ? check_value_use(use.expressions, layer) : aws::Result<void>{};
}

aws::Error worded(aws::Layer layer, aws::Error error) {
  if (layer == aws::Layer::kEnveloped) error.message.insert(0, kOneError);
  return error;
}

aws::Error worded(aws::Layer layer, aws::Error error, const Item& values) {
  constexpr std::size_t kMostEnveloped = 61;
  return depth_of(values) > kMostEnveloped ? error : worded(layer, std::move(error));
}

aws::Result<void> check_attribute_names(const Item& item) {
  for (const auto& [name, value] : item) {
    if (name.empty()) return refuse("Empty attribute name");
    if (name.size() > kMaxAttributeName)
      return refuse(
          "One or more parameter values were invalid: Attribute name is too large, must be less than 65536 bytes");
  }
  return {};
}

aws::Result<void> check_values(const Item& values, aws::Layer layer) {
  TRY_VOID(check_attribute_names(values));
  if (auto message = first_invalid(values, layer)) return refuse(std::move(*message));
  if (depth_of(values) > kMaxDepth) return refuse(std::string(kNestedTooDeeply));
  return has_nameless(values) ? aws::Result<void>(refuse("Empty attribute name")) : aws::Result<void>{};
}

}  // namespace leat::dynamodb
