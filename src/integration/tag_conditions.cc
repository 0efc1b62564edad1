#include "integration/tag_conditions.h"

#include "aws/arn.h"
#include "aws/dynamodb/operations.h"
#include "aws/kinesis/operations.h"
#include "aws/lambda/operations.h"
#include "base/encoding.h"

namespace leat::integration {
namespace {

using Tags = aws::Map<std::string>;

// From a list of tags, or a map, or nothing.
template <class Answer>
Tags tags_in(const Answer& answer) {
  Tags out;
  if (!answer || !answer->tags) return out;
  if constexpr (requires { *answer->tags == out; }) {
    return *answer->tags;
  } else {
    for (const auto& tag : *answer->tags) {
      if constexpr (requires { out[tag.key] = tag.value; })
        out[tag.key] = tag.value;
      else
        out[tag.key] = tag.value.value_or("");
    }
    return out;
  }
}

// A text member of that name, in small or capital first letter; null where there is none.
const std::string* text_in(const aws::Shape& shape, const void* value, std::string_view name) {
  for (const aws::Member& member : shape.members) {
    if (member.shape->kind != aws::Kind::kString || member.name.substr(1) != name.substr(1)) continue;
    if (const void* text = member.find(value)) return static_cast<const std::string*>(text);
  }
  return nullptr;
}

void add_tag(aws::PolicyContext::Keys& keys, const std::string& key, const std::string& value) {
  keys.emplace("aws:requesttag/" + lower_case(key), value);
  keys.emplace("aws:tagkeys", key);
}

void add_list(const aws::Shape& shape, const void* list, aws::PolicyContext::Keys& keys) {
  for (std::size_t i = 0; i < shape.list->size(list); ++i) {
    const void* each = shape.list->at(list, i);
    if (shape.element->kind == aws::Kind::kString) {
      keys.emplace("aws:tagkeys", *static_cast<const std::string*>(each));
      continue;
    }
    const std::string* key = text_in(*shape.element, each, "Key");
    const std::string* value = text_in(*shape.element, each, "Value");
    if (key) add_tag(keys, *key, value ? *value : std::string());
  }
}

}  // namespace

aws::Map<std::string> resource_tags(const TaggedServices& services, std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn) return {};
  aws::Caller owner;
  owner.account = arn->account;
  owner.region = arn->region;
  if (arn->service == "sqs") {
    const auto queue = services.sqs.find_or_null(text);
    return queue ? queue->definition()->stored.tags.value_or(Tags()) : Tags();
  }
  if (arn->service == "dynamodb" && arn->resource.starts_with("table/")) {
    const std::string_view resource = arn->resource;
    const std::string table(resource.substr(0, resource.find('/', sizeof "table/" - 1)));
    return tags_in(dynamodb::list_tags_of_resource(services.dynamodb, owner,
                                                   {aws::make_arn("dynamodb", arn->region, arn->account, table)}));
  }
  if (arn->service == "kinesis")
    return tags_in(kinesis::list_tags_for_resource(services.kinesis, owner, {std::string(text)}));
  if (arn->service == "lambda" && arn->resource.starts_with("function:"))
    return tags_in(lambda::list_tags(
        services.lambda, owner, {lambda::function_arn(owner, lambda::function_name_in(arn->resource))}));
  return {};
}

void add_request_tags(const aws::Authorization& asked, aws::PolicyContext::Keys& keys) {
  if (!asked.operation.input) return;
  for (const aws::Member& member : asked.operation.input->members) {
    if (member.name != "Tags" && member.name != "tags" && member.name != "TagKeys") continue;
    const void* value = member.find(asked.input);
    if (!value) continue;
    if (member.shape->kind == aws::Kind::kList) add_list(*member.shape, value, keys);
    if (member.shape->kind == aws::Kind::kMap) {
      member.shape->map->each(value, &keys, [](void* context, const std::string& key, const void* text) {
        add_tag(*static_cast<aws::PolicyContext::Keys*>(context), key, *static_cast<const std::string*>(text));
      });
    }
  }
}

}  // namespace leat::integration
