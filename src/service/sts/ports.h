#pragma once
// What STS needs of others.

#include <chrono>
#include <string_view>

#include "aws/caller.h"
#include "aws/error.h"

namespace leat::sts {

class Roles {
 public:
  virtual ~Roles() = default;

  // New credentials of the role. AccessDenied where it does not exist or does not trust the caller, as AWS words both.
  virtual aws::Result<aws::Credential> assume(const aws::Caller& caller, std::string_view role_arn,
                                              std::string_view session, std::chrono::seconds duration) = 0;
};

}  // namespace leat::sts
