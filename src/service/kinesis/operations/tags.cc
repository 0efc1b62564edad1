#include "service/kinesis/tags.h"

#include <mutex>

#include "aws/kinesis/operations.h"

namespace leat::kinesis {
namespace {

constexpr std::size_t kMaxTags = 50;

aws::Result<void> change(Kinesis& kinesis, const aws::Caller& caller, const std::string& arn, const Tags& added,
                         const std::vector<std::string>& removed) {
  Tags tags = load_tags(kinesis, caller, arn);
  for (const auto& [key, value] : added) tags[key] = value;
  for (const auto& key : removed) tags.erase(key);
  if (tags.size() > kMaxTags) return aws::fail(errors::kInvalidArgument, "Failed to add tags: the limit is 50.");
  kv::Batch batch;
  stage_tags(batch, caller, arn, tags);
  (void)kinesis.store().commit(batch);
  return {};
}

}  // namespace

aws::Result<void> add_tags_to_stream(Kinesis& kinesis, const aws::Caller& caller, const AddTagsToStreamInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  return change(kinesis, caller, stream->arn(), input.tags, {});
}

aws::Result<void> remove_tags_from_stream(Kinesis& kinesis, const aws::Caller& caller,
                                          const RemoveTagsFromStreamInput& input) {
  std::unique_lock lock(kinesis.definitions());
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  return change(kinesis, caller, stream->arn(), {}, input.tag_keys);
}

aws::Result<ListTagsForStreamOutput> list_tags_for_stream(Kinesis& kinesis, const aws::Caller& caller,
                                                          const ListTagsForStreamInput& input) {
  const StreamPtr stream = TRY(kinesis.find(caller, input.stream_name, input.stream_arn));
  ListTagsForStreamOutput output;
  for (const auto& [key, value] : load_tags(kinesis, caller, stream->arn())) {
    if (input.exclusive_start_tag_key && key <= *input.exclusive_start_tag_key) continue;
    if (output.tags.size() == static_cast<std::size_t>(input.limit.value_or(kMaxTags))) {
      output.has_more_tags = true;
      break;
    }
    output.tags.emplace_back().key = key;
    output.tags.back().value = value;
  }
  return output;
}

aws::Result<void> tag_resource(Kinesis& kinesis, const aws::Caller& caller, const TagResourceInput& input) {
  std::unique_lock lock(kinesis.definitions());
  TRY(kinesis.find_bearer(caller, input.resource_arn));
  return change(kinesis, caller, input.resource_arn, input.tags, {});
}

aws::Result<void> untag_resource(Kinesis& kinesis, const aws::Caller& caller, const UntagResourceInput& input) {
  std::unique_lock lock(kinesis.definitions());
  TRY(kinesis.find_bearer(caller, input.resource_arn));
  return change(kinesis, caller, input.resource_arn, {}, input.tag_keys);
}

aws::Result<ListTagsForResourceOutput> list_tags_for_resource(Kinesis& kinesis, const aws::Caller& caller,
                                                              const ListTagsForResourceInput& input) {
  TRY(kinesis.find_bearer(caller, input.resource_arn));
  ListTagsForResourceOutput output;
  auto& shown = output.tags.emplace();
  for (const auto& [key, value] : load_tags(kinesis, caller, input.resource_arn)) {
    shown.emplace_back().key = key;
    shown.back().value = value;
  }
  return output;
}

}  // namespace leat::kinesis
