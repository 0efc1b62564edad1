#pragma once
// The conditions of policies.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

#include <string>

#include "service/iam/policy.h"

namespace leat::iam {

// An operator that leat does not know never holds, so that nothing is allowed by it.
bool holds(const PolicyCondition& condition, const PolicyRequest& request);

// ${aws:username} and the like replaced by their values; one without a value makes a text that nothing matches.
std::string with_variables(const std::string& text, const PolicyRequest& request);

}  // namespace leat::iam
