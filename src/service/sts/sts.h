#pragma once
// The STS service: who a caller is, and temporary credentials.

#include "aws/service.h"
#include "service/sts/ports.h"

namespace leat::sts {

class Sts final : public aws::Service {
 public:
  explicit Sts(Roles& roles);
  Roles& roles() { return roles_; }

 private:
  Roles& roles_;
};

}  // namespace leat::sts
