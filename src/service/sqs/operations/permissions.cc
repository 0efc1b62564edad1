// AddPermission and RemovePermission: statements of the queue's policy, by their label.

#include <fmt/format.h>
#include <simdjson.h>

#include "aws/sqs/operations.h"
#include "base/encoding.h"
#include "service/sqs/sqs.h"

namespace leat::sqs {
namespace {

// The policy's statements as JSON, by Sid, in order.
std::vector<std::pair<std::string, std::string>> statements_of(const Attributes& attributes) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto policy = attributes.find("Policy");
  if (policy == attributes.end()) return out;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array statements;
  if (parser.parse(policy->second).get(document) || document["Statement"].get(statements)) return out;
  for (simdjson::dom::element each : statements) {
    std::string_view sid;
    if (each["Sid"].get(sid)) sid = {};
    out.emplace_back(sid, simdjson::minify(each));
  }
  return out;
}

void set_policy(Attributes& attributes, const QueueId& id,
                const std::vector<std::pair<std::string, std::string>>& statements) {
  if (statements.empty()) {
    attributes.erase("Policy");
    return;
  }
  std::string policy = "{\"Version\":\"2008-10-17\",\"Id\":";
  append_json_string(policy, id.arn() + "/SQSDefaultPolicy");
  policy += ",\"Statement\":[";
  for (const auto& [sid, statement] : statements) {
    if (policy.back() != '[') policy += ',';
    policy += statement;
  }
  attributes["Policy"] = policy + "]}";
}

template <class Name>
std::string list_of(const std::vector<std::string>& values, Name name) {
  std::string out = values.size() == 1 ? "" : "[";
  for (const auto& each : values) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name(each));
  }
  return out + (values.size() == 1 ? "" : "]");
}

std::string statement_of(const AddPermissionRequest& input, const QueueId& id) {
  std::string out = "{\"Sid\":";
  append_json_string(out, input.label);
  out += ",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":" +
         list_of(input.aws_account_ids, [](const auto& each) { return fmt::format("arn:aws:iam::{}:root", each); }) +
         "},\"Action\":" + list_of(input.actions, [](const auto& each) { return "SQS:" + each; }) + ",\"Resource\":";
  append_json_string(out, id.arn());
  return out + "}";
}

}  // namespace

aws::Result<void> add_permission(Sqs& sqs, const aws::Caller& caller, const AddPermissionRequest& input) {
  std::lock_guard lock(sqs.definition_mutex());
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  CreateQueueRequest changed = queue->definition()->stored;
  auto statements = statements_of(*changed.attributes);
  for (const auto& [sid, statement] : statements) {
    if (sid == input.label)
      return aws::fail(errors::kInvalidParameterValue,
                       fmt::format("Value {} for parameter Label is invalid. Reason: Already exists.", input.label));
  }
  statements.emplace_back(input.label, statement_of(input, queue->id()));
  set_policy(*changed.attributes, queue->id(), statements);
  sqs.save(queue->id(), changed, sqs.parts().clock.now());
  return {};
}

aws::Result<void> remove_permission(Sqs& sqs, const aws::Caller& caller, const RemovePermissionRequest& input) {
  std::lock_guard lock(sqs.definition_mutex());
  const QueuePtr queue = TRY(sqs.find(caller, input.queue_url));
  CreateQueueRequest changed = queue->definition()->stored;
  auto statements = statements_of(*changed.attributes);
  if (std::erase_if(statements, [&](const auto& each) { return each.first == input.label; }) == 0) {
    return aws::fail(
        errors::kInvalidParameterValue,
        fmt::format("Value {} for parameter Label is invalid. Reason: can't find label on existing policy.",
                    input.label));
  }
  set_policy(*changed.attributes, queue->id(), statements);
  sqs.save(queue->id(), changed, sqs.parts().clock.now());
  return {};
}

}  // namespace leat::sqs
