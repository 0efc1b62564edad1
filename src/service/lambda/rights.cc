// Which of its functions a request is on, and their tags.
#include "aws/lambda/operations.h"
#include "aws/arn.h"
#include "aws/rights.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

// However a function is named (an ARN or a part of one, a name, each with a qualifier or without), its ARN. An operation
// that knows no qualifiers is on the function itself, whatever stands behind the name.
std::vector<std::string> functions_named(const aws::Authorization& asked, std::string_view pattern) {
  const auto given = parse_reference(aws::first_value(asked, "FunctionName"));
  if (given.name.empty()) return {};
  const std::string function = given.arn(asked.caller);
  const bool names_alias = pattern.ends_with("{Name}");
  std::string qualifier = aws::first_value(asked, names_alias ? "Name" : "Qualifier");
  if (qualifier.empty()) qualifier = given.qualifier;
  std::vector<std::string> out;
  if (qualifier.empty() || !(names_alias || aws::knows_member(asked, "Qualifier"))) out.push_back(function);
  if (!qualifier.empty()) out.push_back(function + ':' + qualifier);
  return out;
}

}  // namespace

std::vector<std::string> Lambda::resources(const aws::Authorization& asked, std::string_view pattern) const {
  return pattern.starts_with("function:{FunctionName}") ? functions_named(asked, pattern)
                                                        : Service::resources(asked, pattern);
}

aws::Map<std::string> Lambda::resource_tags(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  const bool mapping = arn->resource.starts_with("event-source-mapping:");
  if (!mapping && !arn->resource.starts_with("function:")) return {};
  aws::Caller owner;
  owner.account = arn->account;
  owner.region = arn->region;
  const auto found =
      list_tags(*this, owner, {mapping ? std::string(text) : function_arn(owner, function_name_in(arn->resource))});
  return found ? found->tags.value_or(aws::Map<std::string>()) : aws::Map<std::string>();
}

}  // namespace leat::lambda
