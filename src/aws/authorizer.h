#pragma once
// Who may do what: the one question that dispatch asks before a handler runs.

#include <string>
#include <string_view>

#include "aws/caller.h"
#include "aws/error.h"
#include "aws/operation.h"

namespace leat::aws {

struct Authorization {
  const Caller& caller;
  const ServiceModel& service;
  const Operation& operation;
  const void* input;  // of operation.input
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // AccessDeniedException where the caller may not.
  virtual Result<void> authorize(const Authorization& authorization) const = 0;
};

}  // namespace leat::aws
