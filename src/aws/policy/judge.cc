#include "aws/policy/judge.h"

#include <mutex>

namespace leat::aws {
namespace {

constexpr std::string_view kIdentity = "an identity-based policy";
constexpr std::string_view kResource = "a resource-based policy";
constexpr std::string_view kBoundary = "a permissions boundary";
constexpr std::string_view kSession = "a session policy";

}  // namespace

Verdict judge(const Opinions& say, Ground ground) {
  if (say.identity == Decision::kDenied) return {Decision::kDenied, kIdentity};
  if (say.resource.decision == Decision::kDenied) return {Decision::kDenied, kResource};
  if (say.boundary == Decision::kDenied) return {Decision::kDenied, kBoundary};
  if (say.session == Decision::kDenied) return {Decision::kDenied, kSession};
  const bool granted = say.resource.decision == Decision::kAllowed;
  if (!granted && ground != Ground::kOwn) return {Decision::kNotAllowed, kResource};
  const bool at_home = ground != Ground::kForeign;
  // Whom the resource itself names, not by account or role, needs no other leave in its own account.
  if (granted && at_home && say.resource.naming == Naming::kSelf) return {Decision::kAllowed};
  const bool role_is_named = granted && at_home && say.resource.naming == Naming::kRole;
  if (say.identity != Decision::kAllowed && !role_is_named) return {Decision::kNotAllowed, kIdentity};
  if (say.boundary != Decision::kAllowed) return {Decision::kNotAllowed, kBoundary};
  if (say.session != Decision::kAllowed) return {Decision::kNotAllowed, kSession};
  return {Decision::kAllowed};
}

std::shared_ptr<const PolicyDocument> ParsedPolicies::get(const std::string& text) const {
  {
    std::shared_lock lock(mutex_);
    if (const auto found = parsed_.find(text); found != parsed_.end()) return found->second;
  }
  auto made = std::make_shared<const PolicyDocument>(PolicyDocument::parse(text, kind_));
  constexpr std::size_t kMostKept = 1000;
  std::unique_lock lock(mutex_);
  if (parsed_.size() >= kMostKept) parsed_.clear();
  return parsed_.emplace(text, std::move(made)).first->second;
}

}  // namespace leat::aws
