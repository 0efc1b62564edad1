#include <fmt/format.h>

#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/rows.h"
#include "service/lambda/function_checks.h"
#include "service/lambda/hot_reload.h"
#include "service/lambda/in_workshop.h"
#include "service/lambda/layer.h"
#include "service/lambda/published.h"

namespace leat::lambda {
namespace {

constexpr std::int32_t kDefaultTimeout = 3;    // seconds
constexpr std::int32_t kDefaultMemory = 128;   // MB
constexpr std::int32_t kDefaultStorage = 512;  // MB

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

// Levels belong to the JSON format.
void set_logging(LoggingConfig& out, const LoggingConfig& input) {
  if (input.log_format) out.log_format = input.log_format;
  if (input.log_group) out.log_group = input.log_group;
  if (out.log_format != "JSON") {
    out.application_log_level.reset();
    out.system_log_level.reset();
    return;
  }
  out.application_log_level = input.application_log_level.value_or(out.application_log_level.value_or("INFO"));
  out.system_log_level = input.system_log_level.value_or(out.system_log_level.value_or("INFO"));
}

// What creating and updating a configuration have in common.
template <class Input>
void set_common(FunctionConfiguration& out, const Input& input) {
  if (input.handler) out.handler = input.handler;
  if (input.runtime) out.runtime = input.runtime;
  if (input.description) out.description = input.description;
  if (input.timeout) out.timeout = input.timeout;
  if (input.memory_size) out.memory_size = input.memory_size;
  if (input.ephemeral_storage) out.ephemeral_storage = input.ephemeral_storage;
  if (input.dead_letter_config) {
    out.dead_letter_config = input.dead_letter_config;
    if (out.dead_letter_config->target_arn.value_or("").empty()) out.dead_letter_config.reset();
  }
  if (input.kms_key_arn) out.kms_key_arn = input.kms_key_arn;
  if (input.environment) {
    out.environment.reset();
    if (input.environment->variables) out.environment.emplace().variables = input.environment->variables;
  }
  if (input.snap_start) {
    out.snap_start.emplace().apply_on = input.snap_start->apply_on.value_or("None");
    out.snap_start->optimization_status = "Off";
  }
  if (input.tracing_config) out.tracing_config.emplace().mode = input.tracing_config->mode;
  if (input.logging_config) {
    set_logging(*out.logging_config, *input.logging_config);
  }
}

// As it is answered before it is done: the revision changes again when it is.
FunctionConfiguration being_made(Lambda& lambda, FunctionConfiguration answer) {
  set_pending(answer);
  answer.revision_id = lambda.parts().random.uuid();
  return answer;
}

FunctionConfiguration being_updated(Lambda& lambda, FunctionConfiguration answer) {
  answer.last_update_status = "InProgress";
  answer.last_update_status_reason = "The function is being created.";
  answer.last_update_status_reason_code = "Creating";
  answer.revision_id = lambda.parts().random.uuid();
  return answer;
}

void touch(Lambda& lambda, FunctionConfiguration& configuration) {
  configuration.last_modified = last_modified(lambda.parts().clock.now());
  configuration.revision_id = lambda.parts().random.uuid();
}

struct NewCode {
  StoredCode stored;
  std::string hot_folder = {};
};

// FunctionCode or UpdateFunctionCodeRequest: a package, or a folder to reload from.
template <class Input>
aws::Result<NewCode> take_code(Lambda& lambda, const aws::Caller& caller, const Input& input) {
  if (input.zip_file) return NewCode{TRY(lambda.parts().code.put(*input.zip_file))};
  if (input.s3_bucket != kHotReload)
    return aws::fail(errors::kNotOffered, "leat takes the package in the call (ZipFile) only, as yet");
  const std::string folder = TRY(lambda.parts().hot_folders.resolve(caller, input.s3_key.value_or("")));
  return NewCode{{folder, base64_encode(blob::Blobs::digest(folder)), 0}, folder};
}

void stage_folder(kv::Batch& batch, const aws::Caller& caller, const std::string& name, const NewCode& code) {
  const std::string row = room_prefix(caller.account, caller.region, 'o', name);
  if (code.hot_folder.empty())
    batch.erase(row);
  else
    batch.put(row, code.hot_folder);
}

void stage_tags(kv::Batch& batch, const aws::Caller& caller, const std::string& name, const CreateFunctionRequest& input) {
  if (!input.tags) return;
  ListTagsResponse tags;
  tags.tags = input.tags;
  batch.put(tags_row(caller.account, caller.region, name), aws::to_json(tags));
}

// The function and the version that is asked for, in one commit. It is read at once: so its code is never without a hold.
FunctionConfiguration save(Lambda& lambda, const aws::Caller& caller, const FunctionConfiguration& latest,
                           std::optional<bool> publish, kv::Batch batch) {
  std::vector<FunctionConfiguration> rows{latest};
  FunctionConfiguration answer = latest;
  if (publish.value_or(false)) answer = stage_version(lambda, caller, latest, std::nullopt, rows);
  lambda.save(caller, rows, std::move(batch));
  (void)lambda.find_or_null(caller.account, caller.region, *latest.function_name);
  return answer;
}

void set_code(FunctionConfiguration& configuration, const StoredCode& code) {
  configuration.code_sha256 = code.sha256;
  configuration.code_size = code.size;
}

void set_runtime_version(const aws::Caller& caller, FunctionConfiguration& configuration) {
  const std::string id = hex_encode(blob::Blobs::digest(*configuration.runtime));
  configuration.runtime_version_config.emplace().runtime_version_arn =
      fmt::format("arn:aws:lambda:{}::runtime:{}", caller.region, id);
}

aws::Result<void> set_layers(Lambda& lambda, const aws::Caller& caller, FunctionConfiguration& configuration,
                             const std::optional<std::vector<std::string>>& arns) {
  if (!arns) return {};
  auto layers = TRY(check_layers(lambda, caller, *arns, code_blob(configuration)));
  if (layers.empty())
    configuration.layers.reset();
  else
    configuration.layers = std::move(layers);
  return {};
}

FunctionConfiguration with_defaults(const aws::Caller& caller, const std::string& name,
                                    const CreateFunctionRequest& input) {
  FunctionConfiguration out;
  out.function_name = name;
  out.function_arn = function_arn(caller, *out.function_name);
  out.role = input.role;
  out.description = "";
  out.timeout = kDefaultTimeout;
  out.memory_size = kDefaultMemory;
  out.version = "$LATEST";
  out.tracing_config.emplace().mode = "PassThrough";
  out.state = "Active";
  out.last_update_status = "Successful";
  out.package_type = "Zip";
  out.architectures = input.architectures ? *input.architectures : std::vector<std::string>{"x86_64"};
  out.ephemeral_storage.emplace().size = kDefaultStorage;
  auto& snap_start = out.snap_start.emplace();
  snap_start.apply_on = "None";
  snap_start.optimization_status = "Off";
  auto& logging = out.logging_config.emplace();
  logging.log_format = "Text";
  logging.log_group = "/aws/lambda/" + *out.function_name;
  return out;
}

// InvalidParameterValueException where it is longer than a function's name may be. Others' functions cannot be made.
aws::Result<std::string> new_name(const aws::Caller& caller, const std::string& reference) {
  constexpr std::size_t kMaxName = 64;
  const FunctionReference given = parse_reference(reference);
  if (!given.account.empty() && given.account != caller.account) return aws::fail(errors::kAccessDenied, "");
  std::string name = TRY(named_whole(caller, reference));
  if (name.size() <= kMaxName) return name;
  return refuse(
      fmt::format("1 validation error detected: Value '{}' at 'functionName' failed to satisfy constraint: Member must "
                  "have length less than or equal to {}",
                  name, kMaxName));
}

aws::Result<FunctionConfiguration> create(Lambda& lambda, const aws::Caller& caller,
                                          const CreateFunctionRequest& input) {
  if (input.package_type == "Image")
    return aws::fail(errors::kNotOffered, "leat does not offer container image functions");
  if (!input.runtime || !input.handler)
    return refuse("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  const std::string name = TRY(new_name(caller, input.function_name));
  TRY_VOID(check_role(lambda, caller, input.role, input.function_name));
  TRY_VOID(check_runtime(lambda, *input.runtime));
  TRY_VOID(check_dead_letters(lambda, input.dead_letter_config, input.role));
  TRY_VOID(check_logging(input.logging_config, "Text"));
  TRY_VOID(check_environment(input.environment));
  if (input.tags) TRY_VOID(check_tags(*input.tags));
  FunctionConfiguration configuration = with_defaults(caller, name, input);
  set_common(configuration, input);
  set_runtime_version(caller, configuration);
  const NewCode code = TRY(take_code(lambda, caller, input.code));
  set_code(configuration, code.stored);
  touch(lambda, configuration);

  std::lock_guard lock(lambda.definition_mutex());
  TRY_VOID(set_layers(lambda, caller, configuration, input.layers));
  if (lambda.find_or_null(caller.account, caller.region, name))
    return aws::fail(errors::kResourceConflict, fmt::format("Function already exist: {}", name));
  kv::Batch batch;
  stage_folder(batch, caller, name, code);
  stage_tags(batch, caller, name, input);
  configuration = save(lambda, caller, configuration, input.publish, std::move(batch));
  lambda.parts().invoker.prepare(*configuration.runtime);
  configuration.function_arn = function_arn(caller, name);  // also of its first version
  return being_made(lambda, std::move(configuration));
}

// Others go on while the package is unpacked: what the function is then is looked up again.
aws::Result<FunctionConfiguration> update_code(Lambda& lambda, const aws::Caller& caller,
                                               const UpdateFunctionCodeRequest& input) {
  TRY_VOID(check_revision(TRY(lambda.find_latest(caller, input.function_name))->configuration, input.revision_id));
  const NewCode code = TRY(take_code(lambda, caller, input));
  std::lock_guard lock(lambda.definition_mutex());
  const FunctionPtr function = TRY(lambda.find_latest(caller, input.function_name));
  FunctionConfiguration configuration = function->configuration;
  TRY_VOID(check_revision(configuration, input.revision_id));
  set_code(configuration, code.stored);
  if (input.architectures) configuration.architectures = input.architectures;
  touch(lambda, configuration);
  if (input.dry_run.value_or(false)) return configuration;
  kv::Batch batch;
  stage_folder(batch, caller, *configuration.function_name, code);
  configuration = save(lambda, caller, configuration, input.publish, std::move(batch));
  lambda.parts().invoker.retire(function->arn());
  const bool latest = configuration.version == kLatest;
  return latest ? being_updated(lambda, std::move(configuration)) : being_made(lambda, std::move(configuration));
}

}  // namespace

void create_function(Lambda& lambda, const aws::Caller& caller, const CreateFunctionRequest& input,
                     aws::Reply<FunctionConfiguration> reply) {
  in_workshop<FunctionConfiguration>(lambda, std::move(reply),
                                     [&lambda, caller, input] { return create(lambda, caller, input); });
}

void update_function_code(Lambda& lambda, const aws::Caller& caller, const UpdateFunctionCodeRequest& input,
                          aws::Reply<FunctionConfiguration> reply) {
  in_workshop<FunctionConfiguration>(lambda, std::move(reply),
                                     [&lambda, caller, input] { return update_code(lambda, caller, input); });
}

aws::Result<FunctionConfiguration> update_function_configuration(Lambda& lambda, const aws::Caller& caller,
                                                                 const UpdateFunctionConfigurationRequest& input) {
  if (input.role) TRY_VOID(check_role(lambda, caller, *input.role, input.function_name));
  if (input.runtime) TRY_VOID(check_runtime(lambda, *input.runtime));
  TRY_VOID(check_environment(input.environment));
  std::lock_guard lock(lambda.definition_mutex());
  const FunctionPtr function = TRY(lambda.find_latest(caller, input.function_name));
  TRY_VOID(check_dead_letters(lambda, input.dead_letter_config, input.role.value_or(*function->configuration.role)));
  FunctionConfiguration configuration = function->configuration;
  TRY_VOID(check_logging(input.logging_config, *configuration.logging_config->log_format));
  TRY_VOID(check_revision(configuration, input.revision_id));
  set_common(configuration, input);
  if (input.role) configuration.role = input.role;
  TRY_VOID(set_layers(lambda, caller, configuration, input.layers));
  set_runtime_version(caller, configuration);
  touch(lambda, configuration);
  configuration = save(lambda, caller, configuration, false, {});
  lambda.parts().invoker.retire(function->arn());
  return being_updated(lambda, std::move(configuration));
}

aws::Result<DeleteFunctionResponse> delete_function(Lambda& lambda, const aws::Caller& caller,
                                                    const DeleteFunctionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const auto [function, qualifier] = TRY(lambda.find_whole(caller, input.function_name, input.qualifier));
  DeleteFunctionResponse output;
  output.status_code = 204;
  if (qualifier == kLatest) return refuse("$LATEST version cannot be deleted without deleting the function.");
  if (qualifier.empty()) {
    for (const auto& version : versions_of(lambda, caller, function->name()))
      lambda.parts().invoker.retire(*version.function_arn);
    lambda.erase(caller, function->name());
    lambda.parts().invoker.retire(function->arn());
    return output;
  }
  const auto number = version_number(qualifier);
  if (!number) return refuse("Deletion of functions by Alias is not currently supported.");
  TRY_VOID(check_unaliased(lambda, caller, function->name(), qualifier));
  lambda.erase_version(caller, function->name(), *number);
  lambda.parts().invoker.retire(fmt::format("{}:{}", function->family, *number));
  return output;
}

aws::Result<GetFunctionResponse> get_function(Lambda& lambda, const aws::Caller& caller,
                                              const GetFunctionRequest& input) {
  const auto [function, arn, qualifier] = TRY(lambda.resolve(caller, input.function_name, input.qualifier));
  GetFunctionResponse output;
  output.configuration = function->configuration;
  output.configuration->function_arn = arn;
  if (function->reserved)
    output.concurrency.emplace().reserved_concurrent_executions = static_cast<std::int32_t>(*function->reserved);
  auto& code = output.code.emplace();
  code.repository_type = "S3";
  code.location = function->hot_folder.empty()
                      ? lambda.parts().links.link(lambda.parts().endpoint_url, function->code)
                      : function->hot_folder;
  if (const auto tags = lambda.parts().store.get(tags_row(caller.account, caller.region, function->name()));
      tags.value) {
    output.tags = aws::from_json<ListTagsResponse>(*tags.value).tags;
    if (output.tags && output.tags->empty()) output.tags.reset();
  }
  return output;
}

aws::Result<FunctionConfiguration> get_function_configuration(Lambda& lambda, const aws::Caller& caller,
                                                              const GetFunctionConfigurationRequest& input) {
  const auto [function, arn, qualifier] = TRY(lambda.resolve(caller, input.function_name, input.qualifier));
  FunctionConfiguration output = function->configuration;
  output.function_arn = arn;
  return output;
}

aws::Result<ListFunctionsResponse> list_functions(Lambda& lambda, const aws::Caller& caller,
                                                  const ListFunctionsRequest& input) {
  constexpr std::int32_t kPage = 50;
  const auto limit = static_cast<std::size_t>(input.max_items.value_or(kPage));
  kv::Range range = kv::prefix_range(home_key(caller.account, caller.region, 'f'));
  if (input.marker) range.begin = function_row(caller.account, caller.region, *input.marker) + '\0';
  const bool all_versions = input.function_version == "ALL";
  ListFunctionsResponse output;
  auto& functions = output.functions.emplace();
  const auto cursor = lambda.parts().store.scan(range, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    if (functions.size() >= limit) {
      output.next_marker = functions.back().function_name;
      break;
    }
    kv::sound(cursor->key(), [&] { functions.push_back(aws::from_json<FunctionConfiguration>(cursor->value())); });
    if (!all_versions) continue;
    const std::string name = *functions.back().function_name;
    functions.back().function_arn = *functions.back().function_arn + ":$LATEST";
    for (auto& version : versions_of(lambda, caller, name)) functions.push_back(std::move(version));
  }
  for (auto& each : functions) each = listed(std::move(each));
  return output;
}

aws::Result<GetAccountSettingsResponse> get_account_settings(Lambda& lambda, const aws::Caller& caller,
                                                             const GetAccountSettingsRequest&) {
  GetAccountSettingsResponse output;
  auto& limits = output.account_limit.emplace();
  limits.total_code_size = 80530636800;
  limits.code_size_unzipped = 262144000;
  limits.code_size_zipped = 52428800;
  limits.concurrent_executions = 1000;
  limits.unreserved_concurrent_executions = 1000 - reserved_in_all(lambda, caller, "");
  auto& usage = output.account_usage.emplace();
  usage.function_count = 0;
  usage.total_code_size = 0;
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(home_key(caller.account, caller.region, 'f')),
                                                kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    ++*usage.function_count;
    kv::sound(cursor->key(), [&] {
      const auto latest = aws::from_json<FunctionConfiguration>(cursor->value());
      *usage.total_code_size += latest.code_size.value_or(0);
      for (const auto& version : versions_of(lambda, caller, *latest.function_name))
        *usage.total_code_size += version.code_size.value_or(0);
    });
  }
  return output;
}

}  // namespace leat::lambda
