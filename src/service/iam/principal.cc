#include "service/iam/principal.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "service/iam/iam.h"
#include "service/iam/managed_policies.h"

namespace leat::iam {
namespace {

aws::PolicyDocument parse(std::string_view text) {
  return aws::PolicyDocument::parse(text, aws::PolicyKind::kIdentity);
}

template <class Record>
void add_record(const Iam& iam, const std::string& account, const Record& record, Standing& out) {
  out.arn = record.arn;
  if (record.permissions_boundary) {
    out.boundary_arn = record.permissions_boundary->permissions_boundary_arn.value_or("");
    out.boundary = parse(managed_document(iam, account, out.boundary_arn));
  }
  for (const Tag& each : record.tags.value_or(std::vector<Tag>())) out.tags.emplace_back(each.key, each.value);
}

void add_policies(const Iam& iam, const Principal& principal, Standing& out) {
  for (const auto& each :
       iam.list<GetRolePolicyResponse>(row(principal.account, principal.inline_room(), principal.name)))
    out.policies.push_back(parse(each.policy_document));
  for (const auto& each : iam.list<AttachedPolicy>(row(principal.account, principal.attached_room(), principal.name)))
    out.policies.push_back(parse(managed_document(iam, principal.account, *each.policy_arn)));
}

Iam::StandingPtr load(const Iam& iam, const Principal& principal) {
  auto out = std::make_shared<Standing>();
  if (principal.kind == Principal::Kind::kRole) {
    const auto role = iam.role(principal.account, principal.name);
    if (!role) return out;
    out->id = role->role_id;
    add_record(iam, principal.account, *role, *out);
  } else {
    const auto user = iam.user(principal.account, principal.name);
    if (!user) return out;
    out->id = user->user_id;
    add_record(iam, principal.account, *user, *out);
  }
  add_policies(iam, principal, *out);
  if (principal.kind == Principal::Kind::kUser) {
    for (auto& group : iam.texts(row(principal.account, 'H', principal.name)))
      add_policies(iam, {Principal::Kind::kGroup, principal.account, std::move(group)}, *out);
  }
  return out;
}

}  // namespace

std::optional<Principal> parse_principal(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn) return std::nullopt;
  std::string_view rest = arn->resource;
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view kind = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  const std::string account(arn->account);
  if (kind == "assumed-role")
    return Principal{Principal::Kind::kRole, account, std::string(rest.substr(0, rest.find('/')))};
  if (kind == "role") return Principal{Principal::Kind::kRole, account, std::string(rest.substr(rest.rfind('/') + 1))};
  if (kind == "user") return Principal{Principal::Kind::kUser, account, std::string(rest.substr(rest.rfind('/') + 1))};
  return std::nullopt;
}

std::string managed_document(const Iam& iam, std::string_view account, std::string_view policy_arn) {
  if (const ManagedPolicy* managed = find_managed_policy(policy_arn)) return std::string(managed->document);
  const std::string_view name = policy_arn.substr(policy_arn.rfind('/') + 1);
  const auto policy = iam.load<Policy>(row(account, 'p', name));
  const auto version = iam.load<PolicyVersion>(row(account, 'v', name));
  return policy && version && policy->arn == policy_arn ? version->document.value_or("") : std::string();
}

aws::Result<AttachedPermissionsBoundary> find_boundary(const Iam& iam, std::string_view account,
                                                       const std::string& policy_arn) {
  if (!managed_document(iam, account, policy_arn).empty()) return AttachedPermissionsBoundary{"Policy", policy_arn};
  return aws::fail(errors::kNoSuchEntity,
                   fmt::format("Scope ARN: {} does not exist or is not attachable.", policy_arn));
}

aws::Decision Standing::decide(const aws::PolicyRequest& request) const {
  aws::Decision out = aws::Decision::kNotAllowed;
  for (const aws::PolicyDocument& each : policies) out = aws::both(out, each.decide(request));
  return out;
}

std::shared_ptr<const Standing> standing(const Iam& iam, const std::string& arn) {
  return iam.standing(arn, [&]() -> Iam::StandingPtr {
    const auto principal = parse_principal(arn);
    return principal ? load(iam, *principal) : std::make_shared<const Standing>();
  });
}

}  // namespace leat::iam
