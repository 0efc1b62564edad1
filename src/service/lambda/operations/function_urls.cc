#include <fmt/format.h>

#include <algorithm>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "service/lambda/function_url.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kIdLength = 32;

// Small letters and digits, as AWS's.
std::string new_id(Random& random) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out;
  for (const char byte : random.bytes(kIdLength)) out += kLetters[static_cast<unsigned char>(byte) % kLetters.size()];
  return out;
}

// Its host name ends with localhost, which browsers and curl look up by themselves.
std::string new_url(Lambda& lambda, const aws::Caller& caller) {
  const std::string& endpoint = lambda.parts().endpoint_url;
  const std::string port = endpoint.substr(endpoint.rfind(':'));
  return fmt::format("http://{}.lambda-url.{}.localhost{}/", new_id(lambda.parts().random), caller.region, port);
}

std::unexpected<aws::Error> not_found() {
  return aws::fail(errors::kResourceNotFound, "The resource you requested does not exist.");
}

template <class Input>
aws::Result<FunctionUrl> find(Lambda& lambda, const aws::Caller& caller, const Input& input) {
  const FunctionReference named = TRY(named_function(caller, input.function_name, input.qualifier));
  if (auto found = find_url(lambda, caller, named.name, named.qualifier)) return std::move(*found);
  return not_found();
}

// ResourceNotFoundException where there is no such function or alias.
aws::Result<Lambda::Target> of_function(Lambda& lambda, const aws::Caller& caller, const std::string& reference,
                                        const std::optional<std::string>& qualifier) {
  TRY_VOID(named_function(caller, reference, qualifier));
  auto target = lambda.resolve(caller, reference, qualifier);
  if (!target) return aws::fail(errors::kResourceNotFound, "Function does not exist");
  return std::move(*target);
}

template <class Output>
Output shown(const FunctionUrl& url) {
  return aws::from_json<Output>(aws::to_json(url.config));
}

// A URL is $LATEST's or an alias's.
aws::Result<void> check_qualifier(const std::string& qualifier) {
  if (qualifier != kLatest && !version_number(qualifier)) return {};
  return aws::fail(errors::kValidation,
                   fmt::format("1 validation error detected: Value '{}' at 'qualifier' failed to satisfy constraint: "
                               "Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
                               qualifier));
}

}  // namespace

aws::Result<CreateFunctionUrlConfigResponse> create_function_url_config(Lambda& lambda, const aws::Caller& caller,
                                                                        const CreateFunctionUrlConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const std::string qualifier = TRY(named_function(caller, input.function_name, input.qualifier)).qualifier;
  if (!qualifier.empty()) TRY_VOID(check_qualifier(qualifier));
  const auto target = TRY(of_function(lambda, caller, input.function_name, input.qualifier));
  const std::string& name = target.function->name();
  if (find_url(lambda, caller, name, qualifier)) {
    return aws::fail(errors::kResourceConflict,
                     fmt::format("Failed to create function url config for [functionArn = {}]. Error message:  "
                                 "FunctionUrlConfig exists for this Lambda function",
                                 target.arn));
  }
  FunctionUrl url{caller.account, caller.region, name, qualifier, {}};
  url.config.function_url = new_url(lambda, caller);
  url.config.function_arn = target.arn;
  url.config.auth_type = input.auth_type;
  url.config.cors = input.cors;
  url.config.invoke_mode = input.invoke_mode;
  url.config.creation_time = last_modified(lambda.parts().clock.now());
  url.config.last_modified_time = url.config.creation_time;
  save_url(lambda, url);
  return shown<CreateFunctionUrlConfigResponse>(url);
}

aws::Result<GetFunctionUrlConfigResponse> get_function_url_config(Lambda& lambda, const aws::Caller& caller,
                                                                  const GetFunctionUrlConfigRequest& input) {
  return shown<GetFunctionUrlConfigResponse>(TRY(find(lambda, caller, input)));
}

aws::Result<UpdateFunctionUrlConfigResponse> update_function_url_config(Lambda& lambda, const aws::Caller& caller,
                                                                        const UpdateFunctionUrlConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  TRY_VOID(of_function(lambda, caller, input.function_name, input.qualifier));
  FunctionUrl url = TRY(find(lambda, caller, input));
  if (input.auth_type) url.config.auth_type = *input.auth_type;
  if (input.invoke_mode) url.config.invoke_mode = input.invoke_mode;
  if (input.cors) url.config.cors = input.cors;
  url.config.last_modified_time = last_modified(lambda.parts().clock.now());
  save_url(lambda, url);
  return shown<UpdateFunctionUrlConfigResponse>(url);
}

aws::Result<void> delete_function_url_config(Lambda& lambda, const aws::Caller& caller,
                                             const DeleteFunctionUrlConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const FunctionUrl url = TRY(find(lambda, caller, input));
  kv::Batch batch;
  stage_erase_url(batch, url);
  (void)lambda.parts().store.commit(batch);
  return {};
}

aws::Result<ListFunctionUrlConfigsResponse> list_function_url_configs(Lambda& lambda, const aws::Caller& caller,
                                                                      const ListFunctionUrlConfigsRequest& input) {
  constexpr std::int32_t kPage = 50;
  TRY_VOID(named_whole(caller, input.function_name));
  const FunctionPtr function = TRY(of_function(lambda, caller, input.function_name, std::nullopt)).function;
  ListFunctionUrlConfigsResponse output;
  auto& out = output.function_url_configs;
  for (auto& url : urls_of(lambda.parts().store, caller, function->name())) {
    if (input.marker && url.qualifier <= *input.marker) continue;
    if (out.size() == static_cast<std::size_t>(input.max_items.value_or(kPage))) {
      output.next_marker = parse_reference(out.back().function_arn).qualifier;
      break;
    }
    out.push_back(std::move(url.config));
  }
  return output;
}

}  // namespace leat::lambda
