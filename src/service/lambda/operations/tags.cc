#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "service/lambda/function_checks.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

constexpr std::string_view kMapping = "event-source-mapping:", kCapacity = "capacity-provider:";

// What has tags: a function, or an event source mapping.
struct Tagged {
  std::string row;
  FunctionPtr function;
};

aws::Map<std::string> load(Lambda& lambda, const std::string& row) {
  const auto stored = lambda.parts().store.get(row);
  return stored.value ? aws::from_json<ListTagsResponse>(*stored.value).tags.value_or(aws::Map<std::string>())
                      : aws::Map<std::string>();
}

void save(Lambda& lambda, const aws::Caller& caller, const Tagged& tagged, aws::Map<std::string> tags) {
  ListTagsResponse stored;
  stored.tags = std::move(tags);
  kv::Batch batch;
  batch.put(tagged.row, aws::to_json(stored));
  if (tagged.function) return lambda.revise(caller, tagged.function->configuration, std::move(batch));
  (void)lambda.parts().store.commit(batch);
}

std::unexpected<aws::Error> not_found(std::string_view what, const std::string& arn) {
  return aws::fail(errors::kResourceNotFound, fmt::format("{} not found: {}", what, arn));
}

aws::Result<Tagged> find(Lambda& lambda, const aws::Caller& caller, const std::string& text) {
  const auto arn = aws::parse_arn(text);
  if (!arn) return not_found("Function", text);
  if (arn->resource.starts_with(kCapacity)) return not_found("Capacity provider", text);
  if (arn->resource.starts_with(kMapping)) {
    const std::string uuid(arn->resource.substr(kMapping.size()));
    const bool own = arn->account == caller.account && arn->region == caller.region;
    if (!own || !lambda.parts().store.get(mapping_row(caller.account, caller.region, uuid)).value)
      return not_found("Event source mapping", text);
    return Tagged{tags_row(caller.account, caller.region, arn->resource), nullptr};
  }
  if (!parse_reference(text).qualifier.empty()) {
    return aws::fail(errors::kInvalidParameterValue,
                     "Tags on function aliases and versions are not supported. Please specify a function ARN.");
  }
  FunctionPtr function = TRY(lambda.find(caller, text));
  return Tagged{tags_row(caller.account, caller.region, function->name()), function};
}

}  // namespace

aws::Result<ListTagsResponse> list_tags(Lambda& lambda, const aws::Caller& caller, const ListTagsRequest& input) {
  ListTagsResponse output;
  const Tagged tagged = TRY(find(lambda, caller, input.resource));
  output.tags = load(lambda, tagged.row);
  return output;
}

aws::Result<void> tag_resource(Lambda& lambda, const aws::Caller& caller, const TagResourceRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const Tagged tagged = TRY(find(lambda, caller, input.resource));
  if (input.tags.empty())
    return aws::fail(errors::kInvalidParameterValue, "An error occurred and the request cannot be processed.");
  auto tags = load(lambda, tagged.row);
  for (const auto& [key, value] : input.tags) tags[key] = value;
  TRY_VOID(check_tags(tags));
  save(lambda, caller, tagged, std::move(tags));
  return {};
}

aws::Result<void> untag_resource(Lambda& lambda, const aws::Caller& caller, const UntagResourceRequest& input) {
  if (input.tag_keys.empty()) {
    return aws::fail(errors::kValidation,
                     "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must "
                     "not be null");
  }
  std::lock_guard lock(lambda.definition_mutex());
  const Tagged tagged = TRY(find(lambda, caller, input.resource));
  auto tags = load(lambda, tagged.row);
  for (const auto& key : input.tag_keys) tags.erase(key);
  save(lambda, caller, tagged, std::move(tags));
  return {};
}

}  // namespace leat::lambda
