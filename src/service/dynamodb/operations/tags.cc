#include <algorithm>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/dynamodb.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxTags = 50;

struct TableTags {
  std::string row;
  std::vector<Tag> tags;
};

aws::Result<TableTags> load(DynamoDb& db, const aws::Caller& caller, std::string_view arn) {
  const TablePtr table = TRY(db.tables().find_any(caller, arn));
  TableTags out{tags_row(caller.account, caller.region, table->name()), {}};
  if (const auto found = db.store().get(out.row); found.value) {
    out.tags = aws::from_json<ListTagsOfResourceOutput>(*found.value).tags.value_or(std::vector<Tag>());
  }
  return out;
}

void save(DynamoDb& db, TableTags tags) {
  ListTagsOfResourceOutput record;
  record.tags = std::move(tags.tags);
  kv::Batch batch;
  batch.put(tags.row, aws::to_json(record));
  (void)db.store().commit(batch);
}

}  // namespace

aws::Result<ListTagsOfResourceOutput> list_tags_of_resource(DynamoDb& db, const aws::Caller& caller,
                                                            const ListTagsOfResourceInput& input) {
  ListTagsOfResourceOutput output;
  output.tags = TRY(load(db, caller, input.resource_arn)).tags;
  return output;
}

aws::Result<void> tag_resource(DynamoDb& db, const aws::Caller& caller, const TagResourceInput& input) {
  std::unique_lock lock(db.definitions());
  TableTags current = TRY(load(db, caller, input.resource_arn));
  for (const Tag& tag : input.tags) {
    std::erase_if(current.tags, [&](const Tag& each) { return each.key == tag.key; });
    current.tags.push_back(tag);
  }
  if (current.tags.size() > kMaxTags) return aws::fail(errors::kLimitExceeded, "Tag count exceeds the limit of 50");
  save(db, std::move(current));
  return {};
}

aws::Result<void> untag_resource(DynamoDb& db, const aws::Caller& caller, const UntagResourceInput& input) {
  std::unique_lock lock(db.definitions());
  TableTags current = TRY(load(db, caller, input.resource_arn));
  std::erase_if(current.tags, [&](const Tag& each) {
    return std::find(input.tag_keys.begin(), input.tag_keys.end(), each.key) != input.tag_keys.end();
  });
  save(db, std::move(current));
  return {};
}

}  // namespace leat::dynamodb
