#include "authorization/caller_conditions.h"

#include "base/encoding.h"

namespace leat::authorization {
namespace {

using Keys = aws::ConditionKeys;

bool is_session(std::string_view arn) { return arn.starts_with("arn:aws:sts:"); }

// As policies compare them.
std::string whole_seconds(TimePoint time) {
  std::string out = format_iso8601(time);
  return out.erase(out.find('.'), 4);
}

void add_tags(const std::map<std::string, std::string>& tags, Keys& out) {
  for (const auto& [key, value] : tags) out.emplace("aws:principaltag/" + lower_case(key), value);
}

}  // namespace

Keys circumstances(const aws::Caller& caller, TimePoint now) {
  Keys out{
      {"aws:currenttime", whole_seconds(now)},
      {"aws:epochtime", std::to_string(to_millis(now) / 1000)},
      {"aws:principalaccount", caller.account},
      {"aws:principalisawsservice", "false"},
      {"aws:requestedregion", caller.region},
      {"aws:securetransport", caller.endpoint.starts_with("https:") ? "true" : "false"},
      {"aws:userid", caller.principal_id},
      {"aws:viaawsservice", "false"},
  };
  if (!caller.source_ip.empty()) out.emplace("aws:sourceip", caller.source_ip);
  if (!caller.user_agent.empty()) out.emplace("aws:useragent", caller.user_agent);
  return out;
}

void add_identity(const aws::Caller& caller, const iam::Standing& standing, const iam::Session* session, Keys& out) {
  out.emplace("aws:principalarn", standing.arn.empty() ? caller.arn : standing.arn);
  const auto principal = iam::parse_principal(caller.arn);
  const bool user = principal && principal->kind == iam::Principal::Kind::kUser;
  if (user) out.emplace("aws:username", principal->name);
  out.emplace("aws:principaltype", user ? "User" : "AssumedRole");
  // Nobody has shown a second factor: for a user's own keys AWS says nothing of it.
  if (is_session(caller.arn)) out.emplace("aws:multifactorauthpresent", "false");
  if (session && !session->source_identity.empty()) out.emplace("aws:sourceidentity", session->source_identity);
  if (session) out.emplace("aws:tokenissuetime", whole_seconds(session->issued));
  if (session) add_tags(session->tags, out);
  for (const auto& [key, value] : standing.tags) {
    const std::string name = "aws:principaltag/" + lower_case(key);
    if (!out.contains(name)) out.emplace(name, value);
  }
}

}  // namespace leat::authorization
