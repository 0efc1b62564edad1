#pragma once
// What a request asks of IAM: actions and the resources that they are on.

#include <functional>
#include <string>
#include <vector>

#include "aws/authorizer.h"
#include "service/dynamodb/table/table.h"
#include "aws/policy/policy.h"

namespace leat::integration {

struct RequestedAction {
  std::string action;    // dynamodb:PutItem
  std::string resource;  // an ARN, or *
  // Adds the condition keys of this action alone. While the request lives.
  std::function<void(aws::PolicyContext::Keys& keys)> conditions = {};
};

// Most operations are one action on the resource that operations.list names. Those on several tables are several.
std::vector<RequestedAction> requested_actions(const aws::Authorization& authorization, dynamodb::Tables& tables);

}  // namespace leat::integration
