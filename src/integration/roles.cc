#include "integration/roles.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/lambda/types.h"
#include "service/lambda/function.h"

namespace leat::integration {
namespace {

std::unexpected<aws::Error> cannot_assume() {
  return aws::fail(lambda::errors::kInvalidParameterValue,
                   "The role defined for the function cannot be assumed by Lambda.");
}

}  // namespace

std::optional<iam::Role> find_role(const iam::Iam& iam, std::string_view role_arn) {
  const auto arn = aws::parse_arn(role_arn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) return std::nullopt;
  auto role = iam.role(arn->account, arn->resource.substr(arn->resource.rfind('/') + 1));
  if (!role || role->arn != role_arn) return std::nullopt;
  return std::move(*role);
}

aws::Result<void> LambdaRoles::check(std::string_view role_arn, std::string_view function_arn) {
  const auto role = find_role(iam_, role_arn);
  if (!role || !authorizer_.trusts_service(*role, "lambda.amazonaws.com", function_arn)) return cannot_assume();
  return {};
}

aws::Result<aws::Credential> LambdaRoles::credentials(std::string_view role_arn, std::string_view function_arn) {
  const auto function = lambda::parse_reference(function_arn);
  TRY_VOID(check(role_arn, function.arn({})));  // without its version
  return iam_.assume(*find_role(iam_, role_arn), function.name, std::chrono::hours(12));
}

bool LambdaRoles::allows(std::string_view role_arn, std::string_view action, std::string_view resource_arn) {
  return authorizer_.authorize(role_arn, {std::string(action), std::string(resource_arn)}).has_value();
}

}  // namespace leat::integration
