// Which of its resources a request is on.
#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/rights.h"
#include "base/encoding.h"
#include "service/iam/iam.h"
#include "service/iam/principal.h"

namespace leat::iam {
namespace {

// The ARN of what there is by that name; of what is to be made, with the path that it is given.
std::string with_path(const aws::Authorization& asked, const Iam& iam, const std::string& resource) {
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
  const std::string path = aws::first_value(asked, "Path");
  return path.empty() ? resource : iam::arn(arn->account, kind, path, name);
}

void add_facts(const Iam& iam, const std::string& resource, aws::ConditionKeys& keys) {
  const auto principal = parse_principal(resource);
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

// IAM has no regions.
std::vector<std::string> Iam::resources(const aws::Authorization& asked, std::string_view pattern) const {
  std::vector<std::string> out = aws::filled(asked, pattern);
  for (std::string& each : out) {
    if (!aws::is_whole(each)) each = aws::make_arn("iam", "", asked.caller.account, each);
  }
  return out;
}

aws::RequestedActions Iam::requested_actions(const aws::Authorization& asked) {
  aws::RequestedActions out = aws::rights_of(asked);
  for (aws::RequestedAction& each : out) {
    // Whoever names no user means themselves.
    each.resource = each.resource == "*" && asked.operation.resource.starts_with("user/{UserName}")
                        ? asked.caller.arn
                        : with_path(asked, *this, each.resource);
    each.conditions = [&asked, this, action = each.action, resource = each.resource](auto& keys) {
      aws::add_named_keys(asked, action, keys);
      add_facts(*this, resource, keys);
    };
  }
  return out;
}

}  // namespace leat::iam
