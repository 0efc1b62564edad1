#pragma once
// What comes of all the policies that have something to say of a request.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aws/policy/policy.h"

namespace leat::aws {

// What there is none of stands in nobody's way, but for a policy that allows at all.
struct Opinions {
  Decision identity = Decision::kNotAllowed;
  Decision boundary = Decision::kAllowed;
  Decision session = Decision::kAllowed;
  Grant resource = {};
};

// Whose the resource is. A role's trust policy must allow in its own account too.
enum class Ground : std::uint8_t { kOwn, kTrust, kForeign };

struct Verdict {
  Decision decision;
  std::string_view policy = {};  // that denied, or of the kind that did not allow: "an identity-based policy"
};

Verdict judge(const Opinions& opinions, Ground ground);

// Policies by their text, each parsed once.
class ParsedPolicies {
 public:
  explicit ParsedPolicies(PolicyKind kind) : kind_(kind) {}
  std::shared_ptr<const PolicyDocument> get(const std::string& text) const;

 private:
  PolicyKind kind_;
  mutable std::shared_mutex mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const PolicyDocument>> parsed_;
};

}  // namespace leat::aws
