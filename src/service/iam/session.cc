#include "service/iam/session.h"

#include <algorithm>

#include "base/encoding.h"
#include "engine/kv/key.h"

namespace leat::iam {

bool Session::passes_on(std::string_view tag_key) const {
  return std::any_of(transitive_tag_keys.begin(), transitive_tag_keys.end(),
                     [&](const std::string& each) { return lower_case(each) == lower_case(tag_key); });
}

std::string encode(const Session& session) {
  std::string out;
  for (const auto& each : session.policies) out += kv::make_key("policy", each);
  for (const auto& [key, value] : session.tags) out += kv::make_key("tag", key, value);
  for (const auto& each : session.transitive_tag_keys) out += kv::make_key("transitive", each);
  if (!session.source_identity.empty()) out += kv::make_key("source", session.source_identity);
  return out;
}

Session decode_session(std::string_view row) {
  Session out;
  while (!row.empty()) {
    const std::string kind = kv::take_text(row);
    std::string text = kv::take_text(row);
    if (kind == "policy") out.policies.push_back(std::move(text));
    if (kind == "tag") out.tags[text] = kv::take_text(row);
    if (kind == "transitive") out.transitive_tag_keys.push_back(std::move(text));
    if (kind == "source") out.source_identity = std::move(text);
  }
  for (const auto& each : out.policies)
    out.documents.push_back(aws::PolicyDocument::parse(each, aws::PolicyKind::kIdentity));
  return out;
}

}  // namespace leat::iam
