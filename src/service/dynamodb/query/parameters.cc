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

aws::Result<void> check_values(std::initializer_list<Parameter> expressions) {
  std::vector<std::string_view> with_values;
  for (const Parameter& each : expressions) {
    if (each.name == "ProjectionExpression") continue;
    if (each.given) return {};
    with_values.push_back(each.name);
  }
  if (with_values.empty()) return {};
  return refuse(fmt::format("ExpressionAttributeValues can only be specified when using expressions: {} {} null",
                            fmt::join(with_values, " and "), with_values.size() > 1 ? "are" : "is"));
}

}  // namespace

aws::Result<void> check_parameters(const ParameterUse& use) {
  const bool expressions = any_given(use.expressions);
  if (expressions && any_given(use.legacy)) {
    return refuse(fmt::format(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
        "{{{}}} Expression parameters: {{{}}}",
        fmt::join(given(use.legacy), ", "), fmt::join(given(use.expressions), ", ")));
  }
  if (use.names && !expressions) return refuse("ExpressionAttributeNames can only be specified when using expressions");
  return use.values ? check_values(use.expressions) : aws::Result<void>{};
}

}  // namespace leat::dynamodb
