#pragma once
// Who may do what: the one question that is asked before a handler runs.

#include "aws/service.h"

namespace leat::aws {

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // AccessDeniedException where the caller may not.
  virtual Result<void> authorize(const Authorization& authorization) const = 0;
};

}  // namespace leat::aws
