#pragma once
// Roles and users, as their policies make them.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/iam/policy.h"

namespace leat::iam {

class Iam;

// Who an ARN names: a role, an assumed role's session, or a user. Nothing for an account's root.
struct Principal {
  enum class Kind : std::uint8_t { kRole, kUser };
  Kind kind;
  std::string account;
  std::string name;

  // Where its policies lie: iam.h.
  char inline_room() const { return kind == Kind::kRole ? 'i' : 'I'; }
  char attached_room() const { return kind == Kind::kRole ? 'a' : 'A'; }
};
std::optional<Principal> parse_principal(std::string_view arn);

// What the inline and attached policies of the principal with that ARN say. Its documents are kept parsed until IAM
// changes.
Decision decide(const Iam& iam, const std::string& arn, const PolicyRequest& request);

}  // namespace leat::iam
