#pragma once
// The conditions of policies, and the circumstances that they are held against.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/condition_keys.h"

namespace leat::aws {

// The circumstances of a request, made when a policy first asks for them: most policies never do. Keys are in lower case;
// a key may have several values.
class PolicyContext {
 public:
  using Keys = ConditionKeys;

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

struct PolicyCondition {
  using Test = bool (*)(std::string_view wanted, std::string_view given);
  enum class Set : std::uint8_t { kNone, kForAll, kForAny };

  Test test = nullptr;  // null for Null, which asks whether the key is there
  bool negated = false;
  bool wild = false;  // wanted texts are patterns
  bool if_exists = false;
  Set set = Set::kNone;
  std::string key = {};  // in lower case
  std::vector<std::string> values = {};
};

// nullopt where AWS has no such operator, or a value is none of its kind.
std::optional<PolicyCondition> make_condition(std::string_view operation, std::string_view key,
                                              std::vector<std::string> values);

bool holds(const PolicyCondition& condition, const PolicyRequest& request);

// Whether the text is what the pattern says: '*' is any text, '?' any one character, and ${aws:username} and the like
// are their values, letter by letter; one without a value matches nothing.
bool matches_pattern(const std::string& pattern, std::string_view text, const PolicyRequest& request);

bool variables_have_values(const std::string& text, const PolicyRequest& request);

// The same without variables.
bool matches_wildcards(std::string_view pattern, std::string_view text);

}  // namespace leat::aws
