#pragma once
// IAM's own requests: resources with their paths, and what is said of the users and roles that they are on.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html

#include <vector>

#include "aws/authorizer.h"
#include "integration/requested_actions.h"
#include "service/iam/iam.h"

namespace leat::integration {

// The same actions on the ARNs that roles, users, groups and policies have or will have, with iam:PermissionsBoundary and
// the tags of what they are on.
std::vector<RequestedAction> iam_actions(const aws::Authorization& asked, const iam::Iam& iam,
                                         std::vector<RequestedAction> actions);

}  // namespace leat::integration
