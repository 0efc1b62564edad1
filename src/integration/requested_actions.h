#pragma once
// What a request asks of IAM: actions and the resources that they are on.

#include <functional>
#include <string>
#include <vector>

#include "aws/authorizer.h"
#include "aws/policy/policy.h"

namespace leat::dynamodb {
class Tables;
}
namespace leat::iam {
class Iam;
}
namespace leat::kinesis {
class Kinesis;
}
namespace leat::sqs {
class Sqs;
}

namespace leat::integration {

struct RequestedAction {
  std::string action;    // dynamodb:PutItem
  std::string resource;  // an ARN, or *
  // Adds the condition keys of this action alone. While the request lives.
  std::function<void(aws::PolicyContext::Keys& keys)> conditions = {};
};

// Where it is looked up what a request's names lead to.
struct NamedResources {
  const iam::Iam& iam;
  dynamodb::Tables& tables;
  kinesis::Kinesis& kinesis;
  sqs::Sqs& sqs;
};

// Most operations ask for what operations.list names. Of some the resource stands in a token, or in each of many items,
// or has a longer name than the request says.
std::vector<RequestedAction> requested_actions(const aws::Authorization& authorization, const NamedResources& named);

}  // namespace leat::integration
