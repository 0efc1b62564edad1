#include "service/iam/principal.h"

#include "aws/arn.h"
#include "service/iam/iam.h"
#include "service/iam/managed_policies.h"

namespace leat::iam {
namespace {

std::string customer_document(const Iam& iam, std::string_view account, std::string_view policy_arn) {
  const auto version = iam.load<PolicyVersion>(row(account, 'v', policy_arn.substr(policy_arn.rfind('/') + 1)));
  return version ? version->document.value_or("") : std::string();
}

void add(std::vector<PolicyDocument>& out, std::string_view text) {
  if (auto document = PolicyDocument::parse(text)) out.push_back(std::move(*document));
}

Iam::Documents load(const Iam& iam, const Principal& principal) {
  auto out = std::make_shared<std::vector<PolicyDocument>>();
  for (const auto& each :
       iam.list<GetRolePolicyResponse>(row(principal.account, principal.inline_room(), principal.name)))
    add(*out, each.policy_document);
  for (const auto& each : iam.list<AttachedPolicy>(row(principal.account, principal.attached_room(), principal.name))) {
    const ManagedPolicy* managed = find_managed_policy(*each.policy_arn);
    add(*out, managed ? std::string(managed->document) : customer_document(iam, principal.account, *each.policy_arn));
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

Decision decide(const Iam& iam, const std::string& arn, const PolicyRequest& request) {
  const Iam::Documents documents = iam.documents(arn, [&]() -> Iam::Documents {
    const auto principal = parse_principal(arn);
    return principal ? load(iam, *principal) : std::make_shared<std::vector<PolicyDocument>>();
  });
  Decision out = Decision::kNotAllowed;
  for (const PolicyDocument& each : *documents) out = both(out, each.decide(request));
  return out;
}

}  // namespace leat::iam
