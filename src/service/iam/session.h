#pragma once
// What a role's session has of its own: policies that narrow it, and tags.
//
//   session := of each kind any number: text("policy") text(JSON)  text("tag") text(key) text(value)
//              text("transitive") text(key)  text("source") text(identity)

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/policy.h"
#include "base/clock.h"

namespace leat::iam {

struct Session {
  std::vector<std::string> policies = {};
  std::map<std::string, std::string> tags = {};
  std::vector<std::string> transitive_tag_keys = {};  // of tags that sessions made from this one have too
  std::string source_identity = {};

  std::vector<aws::PolicyDocument> documents = {};  // the policies, parsed
  TimePoint issued = {};                            // when its key was made, with which this is kept

  bool passes_on(std::string_view tag_key) const;
};

std::string encode(const Session& session);
Session decode_session(std::string_view row);

}  // namespace leat::iam
