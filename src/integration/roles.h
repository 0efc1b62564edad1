#pragma once
// IAM's roles, as Lambda and STS need them.

#include "authorization/policy_authorizer.h"
#include "service/iam/iam.h"
#include "service/lambda/ports.h"
#include "service/sts/ports.h"

namespace leat::integration {

// Of arn:aws:iam::ACCOUNT:role/PATH/NAME; nothing where there is no such role.
std::optional<iam::Role> find_role(const iam::Iam& iam, std::string_view role_arn);

class LambdaRoles final : public lambda::RoleCredentials {
 public:
  LambdaRoles(iam::Iam& iam, const authorization::PolicyAuthorizer& authorizer) : iam_(iam), authorizer_(authorizer) {}
  aws::Result<void> check(std::string_view role_arn, std::string_view function_arn) override;
  aws::Result<aws::Credential> credentials(std::string_view role_arn, std::string_view function_arn) override;
  bool allows(std::string_view role_arn, std::string_view action, std::string_view resource_arn) override;

 private:
  iam::Iam& iam_;
  const authorization::PolicyAuthorizer& authorizer_;
};

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
class StsRoles final : public sts::Roles {
 public:
  StsRoles(iam::Iam& iam, const authorization::PolicyAuthorizer& authorizer) : iam_(iam), authorizer_(authorizer) {}
  aws::Result<aws::Credential> assume(const aws::Caller& caller, const sts::AssumeRoleRequest& input) override;

 private:
  iam::Iam& iam_;
  const authorization::PolicyAuthorizer& authorizer_;
};

}  // namespace leat::integration
