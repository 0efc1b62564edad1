#include "authorization/tag_conditions.h"

#include "base/encoding.h"

namespace leat::authorization {
namespace {

// A text member of that name, in small or capital first letter; null where there is none.
const std::string* text_in(const aws::Shape& shape, const void* value, std::string_view name) {
  for (const aws::Member& member : shape.members) {
    if (member.shape->kind != aws::Kind::kString || member.name.substr(1) != name.substr(1)) continue;
    if (const void* text = member.find(value)) return static_cast<const std::string*>(text);
  }
  return nullptr;
}

void add_tag(aws::ConditionKeys& keys, const std::string& key, const std::string& value) {
  keys.emplace("aws:requesttag/" + lower_case(key), value);
  keys.emplace("aws:tagkeys", key);
}

void add_list(const aws::Shape& shape, const void* list, aws::ConditionKeys& keys) {
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

void add_request_tags(const aws::Authorization& asked, aws::ConditionKeys& keys) {
  if (!asked.operation.input) return;
  for (const aws::Member& member : asked.operation.input->members) {
    if (member.name != "Tags" && member.name != "tags" && member.name != "TagKeys") continue;
    const void* value = member.find(asked.input);
    if (!value) continue;
    if (member.shape->kind == aws::Kind::kList) add_list(*member.shape, value, keys);
    if (member.shape->kind == aws::Kind::kMap) {
      member.shape->map->each(value, &keys, [](void* context, const std::string& key, const void* text) {
        add_tag(*static_cast<aws::ConditionKeys*>(context), key, *static_cast<const std::string*>(text));
      });
    }
  }
}

}  // namespace leat::authorization
