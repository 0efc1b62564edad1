#pragma once
// What STS needs of others.

#include "aws/caller.h"
#include "aws/error.h"
#include "aws/sts/types.h"

namespace leat::sts {

class Roles {
 public:
  virtual ~Roles() = default;

  // New credentials of the role. AccessDenied where it does not exist or the caller may not assume it, as AWS words both.
  virtual aws::Result<aws::Credential> assume(const aws::Caller& caller, const AssumeRoleRequest& input) = 0;
};

}  // namespace leat::sts
