#include "integration/iam_actions.h"

#include <fmt/format.h>

#include "aws/arn.h"
#include "base/encoding.h"
#include "integration/rights.h"
#include "service/iam/principal.h"

namespace leat::integration {
namespace {

const std::string* text_of(const aws::Authorization& asked, std::string_view name) {
  for (const aws::Member& member : asked.operation.input->members) {
    if (member.name == name && member.shape->kind == aws::Kind::kString)
      return static_cast<const std::string*>(member.find(asked.input));
  }
  return nullptr;
}

// The ARN of what there is by that name; of what is to be made, with the path that it is given.
std::string with_path(const aws::Authorization& asked, const iam::Iam& iam, const std::string& resource) {
  const auto arn = aws::parse_arn(resource);
  if (!arn || arn->service != "iam" || arn->account != asked.caller.account) return resource;
  const auto slash = arn->resource.find('/');
  if (slash == std::string_view::npos) return resource;
  const std::string_view kind = arn->resource.substr(0, slash), name = arn->resource.substr(slash + 1);
  if (name.find('/') != std::string_view::npos) return resource;
  if (kind == "role") {
    if (const auto role = iam.role(arn->account, name)) return role->arn;
  } else if (kind == "user") {
    if (const auto user = iam.user(arn->account, name)) return user->arn;
  } else if (kind == "group") {
    if (const auto group = iam.group(arn->account, name)) return group->arn;
  }
  const std::string* path = text_of(asked, "Path");
  return path ? iam::arn(arn->account, kind, *path, name) : resource;
}

void add_facts(const iam::Iam& iam, const std::string& resource, aws::PolicyContext::Keys& keys) {
  const auto principal = iam::parse_principal(resource);
  if (!principal) return;
  const auto standing = iam::standing(iam, resource);
  for (const auto& [key, value] : standing->tags) {
    keys.emplace("aws:resourcetag/" + lower_case(key), value);
    keys.emplace("iam:resourcetag/" + lower_case(key), value);
  }
  if (!standing->boundary_arn.empty() && !keys.contains("iam:permissionsboundary"))
    keys.emplace("iam:permissionsboundary", standing->boundary_arn);
}

}  // namespace

std::vector<RequestedAction> iam_actions(const aws::Authorization& asked, const iam::Iam& iam,
                                         std::vector<RequestedAction> actions) {
  for (RequestedAction& each : actions) {
    // Whoever names no user means themselves.
    each.resource = each.resource == "*" && asked.operation.resource.starts_with("user/{UserName}")
                        ? asked.caller.arn
                        : with_path(asked, iam, each.resource);
    each.conditions = [&asked, &iam, resource = each.resource](auto& keys) {
      add_named_keys(asked, keys);
      add_facts(iam, resource, keys);
    };
  }
  return actions;
}

}  // namespace leat::integration
