#include "service/lambda/resource_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/arn.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/lambda/layer.h"

namespace leat::lambda {
namespace {

aws::Result<void> check_revision(const std::optional<std::string>& given, const ResourcePolicy& policy) {
  if (!given || *given == policy.revision) return {};
  return aws::fail(errors::kPreconditionFailed,
                   "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve "
                   "the latest Revision Id");
}

}  // namespace

std::string ResourcePolicy::json() const {
  std::string out;
  for (const auto& [sid, statement] : statements) out += (out.empty() ? "" : ",") + statement;
  return fmt::format(R"({{"Version":"2012-10-17","Id":"default","Statement":[{}]}})", out);
}

ResourcePolicy load_policy(Lambda& lambda, const std::string& row) {
  ResourcePolicy out;
  const auto stored = lambda.parts().store.get(row);
  if (!stored.value) return out;
  std::string_view rest = *stored.value;
  out.revision = kv::take_text(rest);
  while (!rest.empty()) {
    std::string sid = kv::take_text(rest);
    out.statements.emplace_back(std::move(sid), kv::take_text(rest));
  }
  return out;
}

void stage_policy(kv::Batch& batch, const std::string& row, const ResourcePolicy& policy) {
  std::string value = kv::make_key(policy.revision);
  for (const auto& [sid, statement] : policy.statements) value += kv::make_key(sid, statement);
  if (policy.statements.empty())
    batch.erase(row);
  else
    batch.put(row, value);
}

void save_policy(Lambda& lambda, const std::string& row, ResourcePolicy& policy) {
  policy.revision = lambda.parts().random.uuid();
  kv::Batch batch;
  stage_policy(batch, row, policy);
  (void)lambda.parts().store.commit(batch);
}

aws::Result<void> add_statement(ResourcePolicy& policy, const std::optional<std::string>& revision,
                                const std::string& sid, const std::string& statement) {
  TRY_VOID(check_revision(revision, policy));
  const bool there = std::any_of(policy.statements.begin(), policy.statements.end(),
                                 [&](const auto& each) { return each.first == sid; });
  if (there) {
    return aws::fail(errors::kResourceConflict,
                     fmt::format("The statement id ({}) provided already exists. Please provide a new statement id, or "
                                 "remove the existing statement.",
                                 sid));
  }
  policy.statements.emplace_back(sid, statement);
  return {};
}

aws::Result<void> remove_statement(ResourcePolicy& policy, const std::optional<std::string>& revision,
                                   const std::string& sid) {
  if (policy.statements.empty()) return no_policy();
  TRY_VOID(check_revision(revision, policy));
  if (std::erase_if(policy.statements, [&](const auto& each) { return each.first == sid; }) == 0)
    return aws::fail(errors::kResourceNotFound, fmt::format("Statement {} is not found in resource policy.", sid));
  return {};
}

// Of a function, a version, an alias or a layer's version, as JSON.
std::string Lambda::resource_policy(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "lambda") return {};
  const auto layer = parse_layer_version(text);
  if (!layer && !arn->resource.starts_with("function:")) return {};
  const FunctionReference reference = parse_reference(text);
  const ResourcePolicy policy =
      load_policy(*this, layer ? layer->row('j')
                                : qualified_row(arn->account, arn->region, 'l', reference.name, reference.qualifier));
  return policy.statements.empty() ? std::string() : policy.json();
}

std::unexpected<aws::Error> no_policy() {
  return aws::fail(errors::kResourceNotFound, "The resource you requested does not exist.");
}

static bool is_account(std::string_view principal) {
  return principal.size() == 12 &&
         std::all_of(principal.begin(), principal.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_principal(std::string_view principal) {
  static constexpr std::string_view kServices[] = {".amazonaws.com", ".amazonaws.com.cn", ".amazon.com",
                                                   ".aws.internal"};
  return principal == "*" || is_account(principal) || principal.starts_with("arn:") ||
         std::any_of(std::begin(kServices), std::end(kServices),
                     [&](std::string_view each) { return principal.ends_with(each); });
}

std::string principal_json(const std::string& principal) {
  if (principal == "*") return "\"*\"";
  if (is_account(principal)) return fmt::format("{{\"AWS\":\"arn:aws:iam::{}:root\"}}", principal);
  return fmt::format("{{\"{}\":{}}}", principal.starts_with("arn:") ? "AWS" : "Service", json_string(principal));
}

}  // namespace leat::lambda
