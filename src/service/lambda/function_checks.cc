#include "service/lambda/function_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/arn.h"
#include "aws/shape_json.h"
#include "base/encoding.h"

namespace leat::lambda {
namespace {

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

// As AWS names them, in its order: what functions are made with today.
constexpr std::string_view kRuntimes =
    "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, "
    "python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, "
    "java11, dotnet6, nodejs18.x, provided.al2, java8.al2";

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
const std::set<std::string_view> kReserved{"_HANDLER",
                                           "_X_AMZN_TRACE_ID",
                                           "AWS_ACCESS_KEY",
                                           "AWS_ACCESS_KEY_ID",
                                           "AWS_DEFAULT_REGION",
                                           "AWS_EXECUTION_ENV",
                                           "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                           "AWS_LAMBDA_FUNCTION_NAME",
                                           "AWS_LAMBDA_FUNCTION_VERSION",
                                           "AWS_LAMBDA_INITIALIZATION_TYPE",
                                           "AWS_LAMBDA_LOG_GROUP_NAME",
                                           "AWS_LAMBDA_LOG_STREAM_NAME",
                                           "AWS_LAMBDA_RUNTIME_API",
                                           "AWS_REGION",
                                           "AWS_SECRET_ACCESS_KEY",
                                           "AWS_SESSION_TOKEN",
                                           "LAMBDA_RUNTIME_DIR",
                                           "LAMBDA_TASK_ROOT"};

bool is_runtime(std::string_view name) {
  const auto& members = FunctionConfiguration::kShape.members;
  const auto runtime =
      std::find_if(members.begin(), members.end(), [](const aws::Member& each) { return each.name == "Runtime"; });
  const auto& known = runtime->shape->values;
  return std::find(known.begin(), known.end(), name) != known.end();
}

// What counts against the limit: {"NAME":"value"}
std::string measured(const aws::Map<std::string>& variables) {
  std::string out;
  for (const auto& [name, value] : variables)
    out += fmt::format("{}{}:{}", out.empty() ? "{" : ",", json_string(name), json_string(value));
  return out + '}';
}

}  // namespace

aws::Result<void> check_role(Lambda& lambda, const aws::Caller& caller, const std::string& role,
                             const std::string& function) {
  const auto arn = aws::parse_arn(role);
  if (arn && arn->account != caller.account)
    return aws::fail(errors::kAccessDenied, "Cross-account pass role is not allowed.");
  const std::string name = parse_reference(function).name;
  return lambda.parts().roles.check(role, aws::make_arn("lambda", caller.region, caller.account, "function:" + name));
}

aws::Result<void> check_runtime(Lambda& lambda, const std::string& name) {
  if (lambda.parts().runtimes.find(name)) return {};
  if (is_runtime(name)) return refuse(fmt::format("leat found no interpreter for {} on this machine", name));
  return refuse(
      fmt::format("Value {} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be "
                  "a valid ARN",
                  name, kRuntimes));
}

aws::Result<void> check_dead_letters(Lambda& lambda, const std::optional<DeadLetterConfig>& given,
                                     const std::string& role) {
  if (!given || !given->target_arn || given->target_arn->empty()) return {};
  TRY_VOID(lambda.parts().destinations.check(*given->target_arn));
  if (lambda.parts().roles.allows(role, "sqs:SendMessage", *given->target_arn)) return {};
  return refuse("The provided execution role does not have permissions to call SendMessage on SQS");
}

aws::Result<void> check_environment(const std::optional<Environment>& given) {
  constexpr std::size_t kMaxSize = 4096;  // bytes
  if (!given || !given->variables) return {};
  std::vector<std::string_view> reserved;
  for (const auto& [name, value] : *given->variables) {
    if (kReserved.contains(name)) reserved.push_back(name);
  }
  constexpr std::string_view kBegin =
      "Lambda was unable to configure your environment variables because the environment variables you have provided ";
  if (!reserved.empty()) {
    return refuse(
        fmt::format("{}contains reserved keys that are currently not supported for modification. Reserved keys used in "
                    "this request: {}",
                    kBegin, fmt::join(reserved, ", ")));
  }
  const std::string text = measured(*given->variables);
  if (text.size() <= kMaxSize) return {};
  return refuse(fmt::format("{}exceeded the 4KB limit. String measured: {}", kBegin, text));
}

aws::Result<void> check_logging(const std::optional<LoggingConfig>& given, const std::string& format) {
  if (!given || given->log_format.value_or(format) == "JSON") return {};
  if (!given->application_log_level && !given->system_log_level) return {};
  return refuse(
      "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from your request or change "
      "the LogFormat to \"JSON\" and try again.");
}

aws::Result<void> check_tags(const aws::Map<std::string>& tags) {
  constexpr std::size_t kMaxTags = 50;
  if (tags.size() <= kMaxTags) return {};
  return refuse("Number of tags exceeds resource tag limit.");
}

aws::Result<void> check_revision(const FunctionConfiguration& latest, const std::optional<std::string>& wanted) {
  if (!wanted || wanted == latest.revision_id) return {};
  return aws::fail(errors::kPreconditionFailed,
                   "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to "
                   "retrieve the latest Revision Id");
}

}  // namespace leat::lambda
