#pragma once
// The resource policy of a function or of a layer's version: statements that are added and taken away one by one.
//
//   policy := text(revision) and statements: text(sid) text(JSON) …

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/lambda/lambda.h"

namespace leat::lambda {

struct ResourcePolicy {
  std::string revision;
  std::vector<std::pair<std::string, std::string>> statements;  // sid, JSON

  std::string json() const;
};

ResourcePolicy load_policy(Lambda& lambda, const std::string& row);
// Also where it is empty: then nothing is left of it.
void stage_policy(kv::Batch& batch, const std::string& row, const ResourcePolicy& policy);
// The same at once, with a new revision.
void save_policy(Lambda& lambda, const std::string& row, ResourcePolicy& policy);

// PreconditionFailedException, ResourceConflictException where there is such a statement already.
aws::Result<void> add_statement(ResourcePolicy& policy, const std::optional<std::string>& revision,
                                const std::string& sid, const std::string& statement);
// PreconditionFailedException, ResourceNotFoundException.
aws::Result<void> remove_statement(ResourcePolicy& policy, const std::optional<std::string>& revision,
                                   const std::string& sid);

std::unexpected<aws::Error> no_policy();

// Whether AWS may know such a one: everybody, an account, an ARN, or a service.
bool is_principal(std::string_view principal);

// As it stands in a statement: a service, an account, an ARN, or everybody.
std::string principal_json(const std::string& principal);

}  // namespace leat::lambda
