#pragma once
// The inline and attached policies of one role, user or group, as the operations on all keep them.

#include <string>
#include <vector>

#include "aws/error.h"
#include "service/iam/iam.h"
#include "service/iam/principal.h"

namespace leat::iam {

class PrincipalPolicies {
 public:
  PrincipalPolicies(Iam& iam, std::string account, Principal::Kind kind, std::string name)
      : iam_(iam), principal_{kind, std::move(account), std::move(name)} {}

  // MalformedPolicyDocument; NoSuchEntity where there is no such role, user or group, as from each of the following.
  aws::Result<void> put(const std::string& policy, const std::string& document);
  aws::Result<std::string> document(const std::string& policy) const;  // percent-encoded, as IAM shows it
  aws::Result<std::vector<std::string>> names() const;
  aws::Result<void> erase(const std::string& policy);

  aws::Result<void> attach(const std::string& policy_arn);
  aws::Result<void> detach(const std::string& policy_arn);
  aws::Result<std::vector<AttachedPolicy>> attached() const;

  // DeleteConflict where there is any.
  aws::Result<void> check_none() const;

 private:
  aws::Result<void> check_principal() const;
  std::string inline_row(std::string_view policy) const;
  std::string attached_row(std::string_view policy_arn) const;
  std::unexpected<aws::Error> no_such_policy(std::string_view policy) const;

  Iam& iam_;
  Principal principal_;
};

}  // namespace leat::iam
