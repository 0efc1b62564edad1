// Which of its resources a request is on, and their tags.
#include "aws/kinesis/operations.h"
#include "aws/rights.h"
#include "service/kinesis/consumer.h"
#include "service/kinesis/iterator.h"
#include "service/kinesis/kinesis.h"

namespace leat::kinesis {
namespace {

using Actions = aws::RequestedActions;

void add_iterator(const aws::Authorization& asked, Kinesis&, Actions& out) {
  const auto& token = aws::input_of<GetRecordsInput>(asked).shard_iterator;
  if (const auto iterator = Iterator::parse(token)) aws::put_resource(asked, iterator->stream_arn, out);
}

void add_page(const aws::Authorization& asked, Kinesis&, Actions& out) {
  const auto& token = aws::input_of<ListShardsInput>(asked).next_token;
  const auto page = token ? ShardsPage::parse(*token) : std::nullopt;
  const auto& caller = asked.caller;
  if (page)
    aws::put_resource(asked, aws::make_arn("kinesis", caller.region, caller.account, "stream/" + page->stream), out);
}

// A consumer's ARN ends with a time, which those who call it by its name leave out.
void complete_consumer(const aws::Authorization&, Kinesis& kinesis, Actions& out) {
  for (aws::RequestedAction& each : out) {
    const auto stream = kinesis.find_or_null(stream_arn_in(each.resource));
    if (!stream) continue;
    if (auto found = find_consumer(kinesis, *stream, consumer_name_in(each.resource)))
      each.resource = std::move(found->consumer_arn);
  }
}

struct NamedOtherwise {
  std::string_view operation;
  void (*mend)(const aws::Authorization& asked, Kinesis& kinesis, Actions& out);
};
constexpr NamedOtherwise kNamedOtherwise[] = {
    {"GetRecords", add_iterator},
    {"ListShards", add_page},
    {"DescribeStreamConsumer", complete_consumer},
    {"DeregisterStreamConsumer", complete_consumer},
};

}  // namespace

Actions Kinesis::requested_actions(const aws::Authorization& asked) {
  Actions out = Service::requested_actions(asked);
  for (const auto& each : kNamedOtherwise) {
    if (each.operation == asked.operation.name) each.mend(asked, *this, out);
  }
  return out;
}

aws::Map<std::string> Kinesis::resource_tags(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  aws::Caller owner;
  owner.account = arn->account;
  owner.region = arn->region;
  aws::Map<std::string> out;
  const auto found = list_tags_for_resource(*this, owner, {std::string(text)});
  if (!found || !found->tags) return out;
  for (const auto& tag : *found->tags) out[tag.key] = tag.value.value_or("");
  return out;
}

}  // namespace leat::kinesis
