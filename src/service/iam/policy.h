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

namespace leat::iam {

// The circumstances of a request, made when a policy first asks for them: most policies never do. Keys are in lower case;
// a key may have several values.
class PolicyContext {
 public:
  using Keys = std::multimap<std::string, std::string>;

  PolicyContext() : keys_(Keys()) {}
  PolicyContext(Keys keys) : keys_(std::move(keys)) {}
  explicit PolicyContext(std::function<Keys()> make) : make_(std::move(make)) {}

  const Keys& keys() const {
    if (!keys_) keys_ = make_();
    return *keys_;
  }

 private:
  std::function<Keys()> make_;
  mutable std::optional<Keys> keys_;
};

// What is asked: may this principal do that to this resource.
struct PolicyRequest {
  std::string action;    // dynamodb:PutItem
  std::string resource;  // an ARN, or *
  PolicyContext context = {};
};

enum class Decision : std::uint8_t { kNotAllowed, kAllowed, kDenied };

struct PolicyCondition {
  std::string operation;  // StringEquals, without IfExists and ForAllValues
  std::string key;        // in lower case
  std::vector<std::string> values;
  bool if_exists = false;
  enum class Set : std::uint8_t { kNone, kForAll, kForAny } set = Set::kNone;
};

struct PolicyStatement {
  bool allows = false;
  bool not_action = false;
  bool not_resource = false;
  std::vector<std::string> actions;
  std::vector<std::string> resources;   // of a resource policy they may be missing: the resource itself
  std::vector<std::string> principals;  // ARNs, accounts, services, *; empty in an identity policy
  std::vector<PolicyCondition> conditions;
};

class PolicyDocument {
 public:
  // nullopt where it is none.
  static std::optional<PolicyDocument> parse(std::string_view text);

  // A deny of any statement wins.
  Decision decide(const PolicyRequest& request) const;

  // The same for a resource's own policy: only statements for one of these principals count.
  Decision decide(const PolicyRequest& request, const std::vector<std::string>& principals) const;

 private:
  std::vector<PolicyStatement> statements_;
};

// Several policies are as one.
Decision both(Decision left, Decision right);

// '*' is any text, '?' any one character.
bool matches_wildcards(std::string_view pattern, std::string_view text);

}  // namespace leat::iam
