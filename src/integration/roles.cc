#include "integration/roles.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/lambda/types.h"

namespace leat::integration {
namespace {

// Of arn:aws:iam::ACCOUNT:role/PATH/NAME; nothing where there is no such role.
std::optional<iam::Role> find_role(const iam::Iam& iam, std::string_view role_arn) {
  const auto arn = aws::parse_arn(role_arn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) return std::nullopt;
  auto role = iam.role(arn->account, arn->resource.substr(arn->resource.rfind('/') + 1));
  if (!role || role->arn != role_arn) return std::nullopt;
  return std::move(*role);
}

std::unexpected<aws::Error> cannot_assume() {
  return aws::fail(lambda::errors::kInvalidParameterValue,
                   "The role defined for the function cannot be assumed by Lambda.");
}

}  // namespace

aws::Result<void> LambdaRoles::check(std::string_view role_arn) {
  const auto role = find_role(iam_, role_arn);
  if (!role || !iam::trusts_service(*role->assume_role_policy_document, "lambda.amazonaws.com")) return cannot_assume();
  return {};
}

aws::Result<aws::Credential> LambdaRoles::credentials(std::string_view role_arn, std::string_view function) {
  const auto role = find_role(iam_, role_arn);
  if (!role) return cannot_assume();
  return iam_.assume(*role, function, std::chrono::hours(12));
}

bool LambdaRoles::allows(std::string_view role_arn, std::string_view action, std::string_view resource_arn) {
  return authorizer_.authorize(role_arn, {std::string(action), std::string(resource_arn)}).has_value();
}

aws::Result<aws::Credential> StsRoles::assume(const aws::Caller& caller, std::string_view role_arn,
                                              std::string_view session, std::chrono::seconds duration) {
  const auto role = find_role(iam_, role_arn);
  if (role && iam::trusts_principal(*role->assume_role_policy_document, caller.account, caller.arn))
    return iam_.assume(*role, session, duration);
  return aws::fail(
      aws::errors::kAccessDenied,
      fmt::format("User: {} is not authorized to perform: sts:AssumeRole on resource: {}", caller.arn, role_arn));
}

}  // namespace leat::integration
