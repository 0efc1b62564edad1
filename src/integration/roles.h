#pragma once
// IAM's roles, as Lambda and STS need them.

#include "integration/authorization.h"
#include "service/iam/iam.h"
#include "service/lambda/ports.h"
#include "service/sts/ports.h"

namespace leat::integration {

class LambdaRoles final : public lambda::RoleCredentials {
 public:
  LambdaRoles(iam::Iam& iam, const PolicyAuthorizer& authorizer) : iam_(iam), authorizer_(authorizer) {}
  aws::Result<void> check(std::string_view role_arn) override;
  aws::Result<aws::Credential> credentials(std::string_view role_arn, std::string_view function) override;
  bool allows(std::string_view role_arn, std::string_view action, std::string_view resource_arn) override;

 private:
  iam::Iam& iam_;
  const PolicyAuthorizer& authorizer_;
};

class StsRoles final : public sts::Roles {
 public:
  explicit StsRoles(iam::Iam& iam) : iam_(iam) {}
  aws::Result<aws::Credential> assume(const aws::Caller& caller, std::string_view role_arn, std::string_view session,
                                      std::chrono::seconds duration) override;

 private:
  iam::Iam& iam_;
};

}  // namespace leat::integration
