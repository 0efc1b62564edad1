#pragma once
// The STS service: who a caller is, and temporary credentials.

#include "service/sts/ports.h"

namespace leat::sts {

class Sts {
 public:
  explicit Sts(Roles& roles) : roles_(roles) {}
  Roles& roles() { return roles_; }

 private:
  Roles& roles_;
};

}  // namespace leat::sts
