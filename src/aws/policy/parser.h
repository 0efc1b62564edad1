#pragma once
// The grammar of policies, and AWS's words for what breaks it.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/policy.h"

namespace leat::aws {

struct ParsedPolicy {
  std::vector<PolicyStatement> statements;
  std::optional<std::string> problem;
};

ParsedPolicy parse_policy(std::string_view text, PolicyKind kind);

}  // namespace leat::aws
