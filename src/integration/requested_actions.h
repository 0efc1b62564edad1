#pragma once
// What a request asks of IAM: actions and the resources that they are on.

#include <string>
#include <vector>

#include "aws/authorizer.h"

namespace leat::integration {

struct RequestedAction {
  std::string action;    // dynamodb:PutItem
  std::string resource;  // an ARN, or *
};

// Most operations are one action on the resource that operations.list names. Those on several tables are several.
std::vector<RequestedAction> requested_actions(const aws::Authorization& authorization);

}  // namespace leat::integration
