#include "service/kinesis/tags.h"

#include "aws/shape_json.h"
#include "engine/kv/key.h"

namespace leat::kinesis {
namespace {

std::string tags_row(const aws::Caller& caller, std::string_view arn) {
  return home_key(caller.account, caller.region, 't') + kv::make_key(arn);
}

}  // namespace

Tags load_tags(const Kinesis& kinesis, const aws::Caller& caller, std::string_view arn) {
  Tags out;
  const auto row = kinesis.store().get(tags_row(caller, arn));
  if (!row.value) return out;
  for (auto& tag : aws::from_json<ListTagsForResourceOutput>(*row.value).tags.value_or(std::vector<Tag>()))
    out[tag.key] = tag.value.value_or("");
  return out;
}

void stage_tags(kv::Batch& batch, const aws::Caller& caller, std::string_view arn, const Tags& tags) {
  ListTagsForResourceOutput stored;
  auto& list = stored.tags.emplace();
  for (const auto& [key, value] : tags) {
    list.emplace_back().key = key;
    list.back().value = value;
  }
  batch.put(tags_row(caller, arn), aws::to_json(stored));
}

}  // namespace leat::kinesis
