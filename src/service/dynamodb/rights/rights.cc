// Which of its tables and streams a request is on, and their tags.
#include "aws/arn.h"
#include "aws/dynamodb/operations.h"
#include "aws/dynamodbstreams/operations.h"
#include "aws/rights.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/rights/item_actions.h"
#include "service/dynamodb/stream/streams.h"

namespace leat {

aws::RequestedActions dynamodb::DynamoDb::requested_actions(const aws::Authorization& asked) {
  if (auto actions = item_actions(asked, tables_)) return std::move(*actions);
  return Service::requested_actions(asked);
}

// Of an index or a stream those of its table.
aws::Map<std::string> dynamodb::DynamoDb::resource_tags(std::string_view text) {
  constexpr std::string_view kTable = "table/";
  const auto arn = aws::parse_arn(text);
  if (!arn->resource.starts_with(kTable)) return {};
  const std::string_view table = arn->resource.substr(0, arn->resource.find('/', kTable.size()));
  aws::Caller owner;
  owner.account = arn->account;
  owner.region = arn->region;
  aws::Map<std::string> out;
  const auto found = list_tags_of_resource(*this, owner, {aws::make_arn("dynamodb", arn->region, arn->account, table)});
  if (!found || !found->tags) return out;
  for (const auto& tag : *found->tags) out[tag.key] = tag.value;
  return out;
}

aws::RequestedActions dynamodbstreams::Streams::requested_actions(const aws::Authorization& asked) {
  aws::RequestedActions out = Service::requested_actions(asked);
  if (asked.operation.name != "GetRecords") return out;
  if (const auto iterator = Iterator::parse(aws::input_of<GetRecordsInput>(asked).shard_iterator))
    aws::put_resource(asked, iterator->stream_arn, out);
  return out;
}

}  // namespace leat
