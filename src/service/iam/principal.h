#pragma once
// Roles and users, as their policies make them.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/error.h"
#include "aws/iam/types.h"
#include "aws/policy/policy.h"

namespace leat::iam {

class Iam;

// Who an ARN names: a role, an assumed role's session, or a user. Nothing for an account's root. Or a group, which no ARN
// of a caller names.
struct Principal {
  enum class Kind : std::uint8_t { kRole, kUser, kGroup };
  Kind kind;
  std::string account;
  std::string name;

  // Where its policies lie: iam.h.
  char inline_room() const { return "iIj"[static_cast<int>(kind)]; }
  char attached_room() const { return "aAb"[static_cast<int>(kind)]; }
  std::string_view word() const {
    constexpr std::string_view kWords[] = {"role", "user", "group"};
    return kWords[static_cast<int>(kind)];
  }
};
std::optional<Principal> parse_principal(std::string_view arn);

// What IAM knows of a role or user.
struct Standing {
  std::string id = {};   // AROA…, AIDA…; empty where there is no such
  std::string arn = {};  // with its path; of a role's session the role's
  std::vector<aws::PolicyDocument> policies = {};
  std::optional<aws::PolicyDocument> boundary = {};
  std::string boundary_arn = {};
  std::vector<std::pair<std::string, std::string>> tags = {};

  aws::Decision decide(const aws::PolicyRequest& request) const;
};

// Of a role, a session of one, or a user. It is kept until IAM changes.
std::shared_ptr<const Standing> standing(const Iam& iam, const std::string& arn);

// NoSuchEntity where there is no such managed policy.
aws::Result<AttachedPermissionsBoundary> find_boundary(const Iam& iam, std::string_view account,
                                                       const std::string& policy_arn);

// The text of a managed policy, AWS's or the account's own; empty where there is none.
std::string managed_document(const Iam& iam, std::string_view account, std::string_view policy_arn);

}  // namespace leat::iam
