#include "aws/arn.h"
#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "service/lambda/function_checks.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

aws::Map<std::string> load(Lambda& lambda, const aws::Caller& caller, const std::string& name) {
  const auto row = lambda.parts().store.get(tags_row(caller.account, caller.region, name));
  return row.value ? aws::from_json<ListTagsResponse>(*row.value).tags.value_or(aws::Map<std::string>())
                   : aws::Map<std::string>();
}

void save(Lambda& lambda, const aws::Caller& caller, const std::string& name, aws::Map<std::string> tags) {
  ListTagsResponse stored;
  stored.tags = std::move(tags);
  kv::Batch batch;
  batch.put(tags_row(caller.account, caller.region, name), aws::to_json(stored));
  (void)lambda.parts().store.commit(batch);
}

aws::Result<std::string> tagged(Lambda& lambda, const aws::Caller& caller, const std::string& arn) {
  if (!parse_reference(arn).qualifier.empty()) {
    return aws::fail(errors::kInvalidParameterValue,
                     "Tags on function aliases and versions are not supported. Please specify either a function name "
                     "or an unqualified function ARN.");
  }
  if (!aws::parse_arn(arn)) return aws::fail(errors::kResourceNotFound, "Function not found: " + arn);
  return TRY(lambda.find(caller, arn))->name();
}

}  // namespace

aws::Result<ListTagsResponse> list_tags(Lambda& lambda, const aws::Caller& caller, const ListTagsRequest& input) {
  ListTagsResponse output;
  const std::string name = TRY(tagged(lambda, caller, input.resource));
  output.tags = load(lambda, caller, name);
  return output;
}

aws::Result<void> tag_resource(Lambda& lambda, const aws::Caller& caller, const TagResourceRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const std::string name = TRY(tagged(lambda, caller, input.resource));
  auto tags = load(lambda, caller, name);
  for (const auto& [key, value] : input.tags) tags[key] = value;
  TRY_VOID(check_tags(tags));
  save(lambda, caller, name, std::move(tags));
  return {};
}

aws::Result<void> untag_resource(Lambda& lambda, const aws::Caller& caller, const UntagResourceRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const std::string name = TRY(tagged(lambda, caller, input.resource));
  auto tags = load(lambda, caller, name);
  for (const auto& key : input.tag_keys) tags.erase(key);
  save(lambda, caller, name, std::move(tags));
  return {};
}

}  // namespace leat::lambda
