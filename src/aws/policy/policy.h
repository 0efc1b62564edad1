#pragma once
// Policies as they decide: parsed once, asked for each request.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/condition.h"

namespace leat::aws {

enum class Decision : std::uint8_t { kNotAllowed, kAllowed, kDenied };

// What a policy hangs on: a user, group, role or session; a role, as who may assume it; any other resource.
enum class PolicyKind : std::uint8_t { kIdentity, kTrust, kResource };

// Who asks, by each name that the Principal of a policy may use. What is empty names nobody.
struct PolicyPrincipal {
  std::string account = {};
  std::string arn = {};      // a user's, a session's, or root's
  std::string role = {};     // of a session: its role's ARN
  std::string id = {};       // AIDA…, or the role's AROA…
  std::string service = {};  // lambda.amazonaws.com
};

// As a policy names somebody.
struct PolicyName {
  enum class Kind : std::uint8_t { kEverybody, kAccount, kPrincipal, kService, kOther } kind;
  std::string text;
};

// How closely a policy names who asks: what else must allow depends on it.
enum class Naming : std::uint8_t { kNobody, kAccount, kRole, kSelf };

struct Grant {
  Decision decision = Decision::kNotAllowed;
  Naming naming = Naming::kNobody;  // of what is allowed
};

struct PolicyStatement {
  bool allows = false;
  bool not_action = false;
  bool not_resource = false;
  bool not_principal = false;
  std::vector<std::string> actions = {};  // in lower case
  std::vector<std::string> resources = {};
  std::vector<PolicyName> principals = {};  // none in an identity's policy
  std::vector<PolicyCondition> conditions = {};
};

// What cannot be read never opens anything: such an Allow is left out, and such a Deny denies whatever that part might
// have meant.
class PolicyDocument {
 public:
  static PolicyDocument parse(std::string_view text, PolicyKind kind);

  // A deny of any statement wins.
  Decision decide(const PolicyRequest& request) const;

  // The same for a policy that names principals: only statements for this one count.
  Grant decide(const PolicyRequest& request, const PolicyPrincipal& who) const;

 private:
  std::vector<PolicyStatement> statements_;
};

// Why AWS refuses such a policy when it is put; nothing where it takes it.
std::optional<std::string> policy_problem(std::string_view text, PolicyKind kind);

// Several policies are as one.
inline Decision both(Decision left, Decision right) { return std::max(left, right); }

}  // namespace leat::aws
