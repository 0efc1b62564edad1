#pragma once
// The rights that an operation's line in operations.list names, with a request's own values.
//
// A line says which resources the operation is on, and below it what else is asked for; the generator makes one text of it:
// rights divided by " & ", each `RESOURCE`, or `RESOURCE ACTIONS` of other actions than the operation's own, or
// `RESOURCE ACTIONS MEMBER`, asked for where the request has that member. `VALUE @KEY` is a condition key.

#include <string>
#include <string_view>
#include <vector>

#include "aws/authorizer.h"
#include "aws/policy/policy.h"
#include "integration/requested_actions.h"

namespace leat::integration {

// Each right on each of its resources. What has no value in the request is not asked for; where that leaves nothing of
// the operation itself, it is asked for on *.
std::vector<RequestedAction> rights_of(const aws::Authorization& asked);

// Adds the condition keys that the operation's line names.
void add_named_keys(const aws::Authorization& asked, aws::PolicyContext::Keys& keys);

// lambda:InvokeFunction, where the operation is called Invoke.
std::string own_action(const aws::Authorization& asked);

}  // namespace leat::integration
