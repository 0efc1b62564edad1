#include <fmt/format.h>

#include <algorithm>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/table/table_tags.h"

namespace leat::dynamodb {
namespace {

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
  TRY_VOID(check_tagged_arn(input.resource_arn));
  auto found = load(db, caller, input.resource_arn);
  // What is not there is nobody's.
  if (!found)
    return aws::fail(errors::kAccessDenied,
                     fmt::format("User: {} is not authorized to perform: dynamodb:ListTagsOfResource on resource: {}",
                                 caller.arn, input.resource_arn));
  ListTagsOfResourceOutput output;
  output.tags = std::move(found->tags);
  return output;
}

aws::Result<void> tag_resource(DynamoDb& db, const aws::Caller& caller, const TagResourceInput& input) {
  TRY_VOID(check_tagged_arn(input.resource_arn));
  if (input.tags.empty()) return aws::fail(errors::kValidation, "Atleast one Tag needs to be provided as Input.");
  TRY_VOID(check_tags(input.tags));
  std::unique_lock lock(db.definitions());
  TableTags current = TRY(load(db, caller, input.resource_arn));
  for (const Tag& tag : input.tags) {
    std::erase_if(current.tags, [&](const Tag& each) { return each.key == tag.key; });
    current.tags.push_back(tag);
  }
  TRY_VOID(check_tag_count(current.tags.size()));
  save(db, std::move(current));
  return {};
}

aws::Result<void> untag_resource(DynamoDb& db, const aws::Caller& caller, const UntagResourceInput& input) {
  TRY_VOID(check_tagged_arn(input.resource_arn));
  if (input.tag_keys.empty()) return aws::fail(errors::kValidation, "Atleast one Tag Key needs to be provided as Input.");
  std::unique_lock lock(db.definitions());
  TableTags current = TRY(load(db, caller, input.resource_arn));
  std::erase_if(current.tags, [&](const Tag& each) {
    return std::find(input.tag_keys.begin(), input.tag_keys.end(), each.key) != input.tag_keys.end();
  });
  save(db, std::move(current));
  return {};
}

}  // namespace leat::dynamodb
