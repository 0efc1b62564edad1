#include "integration/rights.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/arn.h"
#include "base/encoding.h"
#include "service/lambda/function.h"
#include "service/sqs/sqs.h"

namespace leat::integration {
namespace {

constexpr std::string_view kBetween = " & ";

struct Right {
  std::string_view resource, actions, member;
  bool is_key() const { return actions.starts_with('@'); }
};

std::string_view take(std::string_view& rest, std::string_view separator) {
  const auto end = rest.find(separator);
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + separator.size());
  return out;
}

template <class Each>
void each_right(const aws::Operation& operation, Each each) {
  for (std::string_view rest = operation.resource; !rest.empty();) {
    std::string_view words = take(rest, kBetween);
    Right right;
    right.resource = take(words, " ");
    right.actions = take(words, " ");
    right.member = words;
    each(right);
  }
}

// The name of a service in policies.
std::string_view prefix_of(const aws::ServiceModel& service) {
  return service.signing_name == "monitoring" ? "cloudwatch" : service.signing_name;
}

const aws::Member* member_of(const aws::Authorization& asked, std::string_view name) {
  if (!asked.operation.input) return nullptr;
  for (const aws::Member& member : asked.operation.input->members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

bool has(const aws::Authorization& asked, std::string_view name) {
  const aws::Member* member = member_of(asked, name);
  return member && member->find(asked.input);
}

std::vector<std::string> values_of(const aws::Authorization& asked, std::string_view name) {
  const aws::Member* member = member_of(asked, name);
  const void* value = member ? member->find(asked.input) : nullptr;
  if (!value) return {};
  std::vector<std::string> out;
  const aws::Shape& shape = *member->shape;
  if (shape.kind == aws::Kind::kString) out.push_back(*static_cast<const std::string*>(value));
  if (shape.kind == aws::Kind::kLong) out.push_back(std::to_string(*static_cast<const std::int64_t*>(value)));
  if (shape.kind == aws::Kind::kList && shape.element->kind == aws::Kind::kString) {
    for (std::size_t i = 0; i < shape.list->size(value); ++i)
      out.push_back(*static_cast<const std::string*>(shape.list->at(value, i)));
  }
  std::erase(out, std::string());
  return out;
}

// table/{TableName} with the request's own values: one text, or one for each of a list. An ARN for a name stands for all
// that is before it. Nothing where a value is missing.
std::vector<std::string> filled(const aws::Authorization& asked, std::string_view rest) {
  std::vector<std::string> out{std::string(take(rest, "{"))};
  while (!rest.empty()) {
    const auto values = values_of(asked, take(rest, "}"));
    const std::string_view literal = take(rest, "{");
    std::vector<std::string> longer;
    for (const std::string& before : out) {
      for (const std::string& value : values)
        longer.push_back((value.starts_with("arn:") ? value : before + value) + std::string(literal));
    }
    out = std::move(longer);
  }
  return out;
}

std::string first_value(const aws::Authorization& asked, std::string_view name) {
  const auto values = values_of(asked, name);
  return values.empty() ? std::string() : values.front();
}

bool has_member(const aws::Authorization& asked, std::string_view name) { return member_of(asked, name) != nullptr; }

// However a function is named (an ARN or a part of one, a name, each with a qualifier or without), its ARN. An operation
// that knows no qualifiers is on the function itself, whatever stands behind the name.
std::vector<std::string> functions_named(const aws::Authorization& asked, std::string_view pattern) {
  const auto given = lambda::parse_reference(first_value(asked, "FunctionName"));
  if (given.name.empty()) return {};
  const std::string function = given.arn(asked.caller);
  std::string qualifier = first_value(asked, pattern.ends_with("{Name}") ? "Name" : "Qualifier");
  if (qualifier.empty()) qualifier = given.qualifier;
  std::vector<std::string> out;
  const bool by_qualifier = pattern.ends_with("{Name}") || has_member(asked, "Qualifier");
  if (qualifier.empty() || !by_qualifier) out.push_back(function);
  if (!qualifier.empty()) out.push_back(function + ':' + qualifier);
  return out;
}

// A resource without account and region as the ARN that it has where the caller is.
std::string arn_at(const aws::Authorization& asked, std::string resource) {
  const auto& caller = asked.caller;
  const auto& id = asked.service.id;
  if (resource == "*" || resource.starts_with("arn:")) return resource;
  if (id == "sqs") {
    const auto queue = sqs::parse_queue_url(caller, resource);
    return queue ? queue->arn() : resource;
  }
  if (id == "iam") return aws::make_arn("iam", "", caller.account, resource);
  // A log group's ARN ends with what may stand below it.
  if (id == "logs") {
    const std::string stream = first_value(asked, "logStreamName");
    resource += stream.empty() ? ":*" : ":log-stream:" + stream;
  }
  return aws::make_arn(prefix_of(asked.service), caller.region, caller.account, resource);
}

// What the pattern of a right means in this request.
std::vector<std::string> resources_of(const aws::Authorization& asked, std::string_view pattern) {
  if (pattern.starts_with("function:{FunctionName}")) return functions_named(asked, pattern);
  std::vector<std::string> out = filled(asked, pattern);
  for (std::string& each : out) each = arn_at(asked, std::move(each));
  return out;
}

}  // namespace

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html and …/list_amazonsqs.html
std::string own_action(const aws::Authorization& asked) {
  std::string_view action = asked.operation.name;
  const auto& id = asked.service.id;
  if (id == "lambda" && (action == "Invoke" || action == "InvokeWithResponseStream")) action = "InvokeFunction";
  if (id == "lambda" && action == "GetLayerVersionByArn") action = "GetLayerVersion";
  if (id == "sqs" && action.ends_with("Batch")) action.remove_suffix(sizeof "Batch" - 1);
  return fmt::format("{}:{}", prefix_of(asked.service), action);
}

std::vector<RequestedAction> rights_of(const aws::Authorization& asked) {
  std::vector<RequestedAction> out;
  const std::string own = own_action(asked);
  each_right(asked.operation, [&](const Right& right) {
    if (right.is_key() || (!right.member.empty() && !has(asked, right.member))) return;
    for (const std::string& resource : resources_of(asked, right.resource)) {
      if (right.actions.empty() || right.actions == "-") out.push_back({own, resource});
      for (std::string_view rest = right.actions == "-" ? "" : right.actions; !rest.empty();)
        out.push_back({std::string(take(rest, ",")), resource});
    }
  });
  const auto is_own = [&](const RequestedAction& each) { return each.action == own; };
  if (std::none_of(out.begin(), out.end(), is_own)) out.insert(out.begin(), {own, "*"});
  return out;
}

void add_named_keys(const aws::Authorization& asked, aws::PolicyContext::Keys& keys) {
  each_right(asked.operation, [&](const Right& right) {
    if (!right.is_key()) return;
    // What is a resource is compared as an ARN, of a function with its qualifier; all else as it came.
    const bool is_function = right.resource.starts_with("function:");
    const auto values = is_function ? functions_named(asked, right.resource) : filled(asked, right.resource);
    for (auto each = is_function && !values.empty() ? values.end() - 1 : values.begin(); each != values.end(); ++each)
      keys.emplace(lower_case(right.actions.substr(1)), *each);
  });
}

}  // namespace leat::integration
