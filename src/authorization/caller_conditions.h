#pragma once
// The condition keys of who asks, and of when and how.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html

#include "aws/caller.h"
#include "aws/policy/policy.h"
#include "base/clock.h"
#include "service/iam/principal.h"
#include "service/iam/session.h"

namespace leat::authorization {

aws::ConditionKeys circumstances(const aws::Caller& caller, TimePoint now);

// A session's tags go before its role's. Null where it is a user.
void add_identity(const aws::Caller& caller, const iam::Standing& standing, const iam::Session* session,
                  aws::ConditionKeys& out);

}  // namespace leat::authorization
