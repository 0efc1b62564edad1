#pragma once
// IAM's roles, as Lambda and STS need them.

#include "service/iam/iam.h"
#include "service/lambda/ports.h"
#include "service/sts/ports.h"

namespace leat::integration {

class LambdaRoles final : public lambda::RoleCredentials {
 public:
  explicit LambdaRoles(iam::Iam& iam) : iam_(iam) {}
  aws::Result<void> check(std::string_view role_arn) override;
  aws::Result<aws::Credential> credentials(std::string_view role_arn, std::string_view function) override;

 private:
  iam::Iam& iam_;
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
