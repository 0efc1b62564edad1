#include "service/sqs/queue_settings.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "aws/policy/policy.h"

namespace leat::sqs {
namespace {

enum class Form : std::uint8_t { kNumber, kFlag, kText, kPolicy, kRedrive, kScope, kThroughput };

struct AttributeRule {
  std::string_view name;
  Form form;
  std::int64_t least = 0, most = 0;
  bool fifo_only = false;
};

constexpr AttributeRule kRules[] = {
    {"ContentBasedDeduplication", Form::kFlag, 0, 0, true},
    {"DeduplicationScope", Form::kScope, 0, 0, true},
    {"DelaySeconds", Form::kNumber, 0, 900},
    {"FifoQueue", Form::kFlag, 0, 0, true},
    {"FifoThroughputLimit", Form::kThroughput, 0, 0, true},
    {"KmsDataKeyReusePeriodSeconds", Form::kNumber, 60, 86400},
    {"KmsMasterKeyId", Form::kText},
    {"MaximumMessageSize", Form::kNumber, 1024, 1048576},
    {"MessageRetentionPeriod", Form::kNumber, 60, 1209600},
    {"Policy", Form::kPolicy},
    {"ReceiveMessageWaitTimeSeconds", Form::kNumber, 0, 20},
    {"RedriveAllowPolicy", Form::kRedrive},
    {"RedrivePolicy", Form::kRedrive},
    {"SqsManagedSseEnabled", Form::kFlag},
    {"VisibilityTimeout", Form::kNumber, 0, 43200},
};

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_object(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  return !parser.parse(text).get(element) && element.is_object();
}

bool is_valid(const AttributeRule& rule, const std::string& value) {
  switch (rule.form) {
    case Form::kNumber: {
      const auto number = number_of(value);
      return number && *number >= rule.least && *number <= rule.most;
    }
    case Form::kFlag: return value == "true" || value == "false" || value == "True" || value == "False";
    case Form::kText: return true;
    case Form::kPolicy: return value.empty() || !aws::policy_problem(value, aws::PolicyKind::kResource);
    case Form::kRedrive: return value.empty() || is_object(value);
    case Form::kScope: return value == "queue" || value == "messageGroup";
    case Form::kThroughput: return value == "perQueue" || value == "perMessageGroupId";
  }
  return false;
}

// RedrivePolicy's numbers come as numbers and as texts.
std::optional<RedrivePolicy> parse_redrive(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element policy, count;
  std::string_view arn, digits;
  if (parser.parse(text).get(policy) || policy["deadLetterTargetArn"].get(arn) || policy["maxReceiveCount"].get(count))
    return std::nullopt;
  std::int64_t number = 0;
  if (!count.get(digits))
    number = number_of(digits).value_or(0);
  else if (count.get(number))
    return std::nullopt;
  if (number < 1 || number > 1000) return std::nullopt;
  return RedrivePolicy{std::string(arn), static_cast<std::uint32_t>(number)};
}

std::unexpected<aws::Error> invalid(std::string_view name) {
  return aws::fail(errors::kInvalidAttributeValue, fmt::format("Invalid value for the parameter {}.", name));
}

bool flag(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->second == "true";
}

}  // namespace

Attributes default_attributes(bool fifo) {
  Attributes out{{"DelaySeconds", "0"},
                 {"MaximumMessageSize", "1048576"},
                 {"MessageRetentionPeriod", "345600"},
                 {"ReceiveMessageWaitTimeSeconds", "0"},
                 {"SqsManagedSseEnabled", "true"},
                 {"VisibilityTimeout", "30"}};
  if (fifo) {
    out.insert({{"ContentBasedDeduplication", "false"},
                {"DeduplicationScope", "queue"},
                {"FifoQueue", "true"},
                {"FifoThroughputLimit", "perQueue"}});
  }
  return out;
}

aws::Result<void> apply_attributes(Attributes& attributes, const Attributes& given) {
  for (const auto& [name, value] : given) {
    const auto* rule = std::find_if(std::begin(kRules), std::end(kRules),
                                    [&name = name](const AttributeRule& each) { return each.name == name; });
    if (rule == std::end(kRules))
      return aws::fail(errors::kInvalidAttributeName, fmt::format("Unknown Attribute {}.", name));
    if (rule->fifo_only && !flag(attributes, "FifoQueue"))
      return aws::fail(errors::kInvalidAttributeName,
                       fmt::format("You can specify the {} only when FifoQueue is set to true.", name));
    if (!is_valid(*rule, value)) return invalid(name);
    if (name == "RedrivePolicy" && !value.empty() && !parse_redrive(value)) {
      return aws::fail(errors::kInvalidAttributeValue,
                       fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: Redrive policy does not "
                                   "contain mandatory attribute: deadLetterTargetArn or maxReceiveCount (1 to 1000).",
                                   value));
    }
    if (name == "FifoQueue" && value != "true" && value != "True") return invalid(name);
    std::string kept = value;
    if (rule->form == Form::kFlag) kept = value == "true" || value == "True" ? "true" : "false";
    if (kept.empty())
      attributes.erase(name);
    else
      attributes[name] = std::move(kept);
    if (name == "KmsMasterKeyId" && !value.empty()) attributes["SqsManagedSseEnabled"] = "false";
  }
  return {};
}

QueueSettings settings_of(const Attributes& attributes) {
  const auto number = [&](const char* name) { return number_of(attributes.at(name)).value(); };
  const auto seconds = [&](const char* name) { return Duration(std::chrono::seconds(number(name))); };
  QueueSettings out;
  out.fifo = flag(attributes, "FifoQueue");
  out.visibility_timeout = seconds("VisibilityTimeout");
  out.delay = seconds("DelaySeconds");
  out.retention = seconds("MessageRetentionPeriod");
  out.receive_wait = seconds("ReceiveMessageWaitTimeSeconds");
  out.maximum_message_size = static_cast<std::size_t>(number("MaximumMessageSize"));
  out.deduplicates_content = flag(attributes, "ContentBasedDeduplication");
  const auto scope = attributes.find("DeduplicationScope");
  out.deduplicates_by_group = scope != attributes.end() && scope->second == "messageGroup";
  const auto redrive = attributes.find("RedrivePolicy");
  if (redrive != attributes.end()) out.redrive = parse_redrive(redrive->second);
  return out;
}

bool allows_redrive(const Attributes& attributes, std::string_view source_arn) {
  const auto found = attributes.find("RedriveAllowPolicy");
  if (found == attributes.end()) return true;
  simdjson::dom::parser parser;
  simdjson::dom::element policy;
  std::string_view permission;
  if (parser.parse(found->second).get(policy) || policy["redrivePermission"].get(permission)) return true;
  if (permission != "byQueue") return permission == "allowAll";
  simdjson::dom::array arns;
  if (policy["sourceQueueArns"].get(arns)) return false;
  return std::any_of(arns.begin(), arns.end(), [&](simdjson::dom::element each) {
    std::string_view arn;
    return !each.get(arn) && arn == source_arn;
  });
}

}  // namespace leat::sqs
