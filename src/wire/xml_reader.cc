#include "wire/xml_reader.h"

#include <pugixml.hpp>

#include "wire/codecs.h"
#include "wire/split.h"

namespace leat::wire {
namespace {

using aws::Form;
using aws::Kind;
using aws::Member;
using aws::Path;
using aws::Shape;

constexpr int kMaxDepth = 64;

// Without its namespace's prefix.
std::string_view local(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// What stands in an element; false where that is more than text.
bool text_of(pugi::xml_node node, std::string& out) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element) return false;
    out += child.value();
  }
  return true;
}

class Reader {
 public:
  explicit Reader(aws::Violations& violations) : violations_(violations) {}

  bool structure(const Shape& shape, pugi::xml_node from, void* to, const Path& path) {
    if (!violations_.admit_structure()) return false;
    aws::MemberSet present;
    for (const pugi::xml_attribute each : from.attributes()) {
      const Member* member = find(shape, local(each.name()), true);
      if (member && !attribute(*member, each.value(), to, path)) return false;
      if (member) present[index(shape, *member)] = true;
    }
    for (const pugi::xml_node each : from.children()) {
      const Member* member = each.type() == pugi::node_element ? find(shape, local(each.name()), false) : nullptr;
      if (member && !this->member(*member, present[index(shape, *member)], each, to, path)) return false;
    }
    settle(shape, present, to, path);
    return true;
  }

 private:
  static std::size_t index(const Shape& shape, const Member& member) {
    return static_cast<std::size_t>(&member - shape.members.data());
  }

  static const Member* find(const Shape& shape, std::string_view name, bool attribute) {
    for (const Member& member : shape.members) {
      if (member.location == aws::Location::kBody && (member.form == Form::kAttribute) == attribute &&
          local(member.wire_name) == name)
        return &member;
    }
    return nullptr;
  }

  bool attribute(const Member& member, std::string_view text, void* object, const Path& path) {
    void* to = member.emplace(object);
    if (!read_scalar(*member.shape, text, to, aws::TimeForm::kIso8601)) return false;
    violations_.check(*member.shape, to, path.inner(member.name));
    return true;
  }

  bool member(const Member& member, aws::MemberSet::reference present, pugi::xml_node from, void* object,
              const Path& path) {
    const Path inner = path.inner(member.name);
    const bool flat = member.form == Form::kFlat;
    void* to = flat && present ? const_cast<void*>(member.find(object)) : member.emplace(object);
    present = true;
    if (!flat) return value(*member.shape, from, to, inner);
    return member.shape->kind == Kind::kList ? element(*member.shape, from, to, inner)
                                             : entry(*member.shape, from, to, inner);
  }

  // What is known only when all has been read.
  void settle(const Shape& shape, const aws::MemberSet& present, const void* object, const Path& path) {
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (present[i] && member.form == Form::kFlat)
        violations_.check(*member.shape, member.find(object), path.inner(member.name));
      if (!present[i] && member.required && member.location == aws::Location::kBody)
        violations_.missing(path.inner(member.name));
    }
  }

  bool value(const Shape& shape, pugi::xml_node from, void* to, const Path& path) {
    if (++depth_ > kMaxDepth) return false;
    const bool fits = shape.kind == Kind::kStructure ? structure(shape, from, to, path)
                      : shape.kind == Kind::kList    ? list(shape, from, to, path)
                      : shape.kind == Kind::kMap     ? map(shape, from, to, path)
                                                     : scalar(shape, from, to);
    --depth_;
    if (fits && shape.kind != Kind::kStructure) violations_.check(shape, to, path);
    return fits;
  }

  static bool scalar(const Shape& shape, pugi::xml_node from, void* to) {
    std::string text;
    if (!text_of(from, text)) return false;
    // Numbers, times and bytes may stand on lines of their own.
    const std::string_view whole = shape.kind == Kind::kString ? std::string_view(text) : without_space(text);
    return read_scalar(shape, whole, to, aws::TimeForm::kIso8601);
  }

  static std::string_view without_space(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  }

  bool list(const Shape& shape, pugi::xml_node from, void* to, const Path& path) {
    for (const pugi::xml_node each : from.children()) {
      if (each.type() != pugi::node_element || local(each.name()) != local(shape.element_name)) continue;
      if (!element(shape, each, to, path)) return false;
    }
    return true;
  }

  bool element(const Shape& shape, pugi::xml_node from, void* list, const Path& path) {
    if (violations_.enough()) return true;
    void* to = shape.list->append(list);
    return value(*shape.element, from, to, Path{&path, {}, shape.list->size(list)});
  }

  bool map(const Shape& shape, pugi::xml_node from, void* to, const Path& path) {
    for (const pugi::xml_node each : from.children()) {
      if (each.type() != pugi::node_element || local(each.name()) != "entry") continue;
      if (!entry(shape, each, to, path)) return false;
    }
    return true;
  }

  bool entry(const Shape& shape, pugi::xml_node from, void* map, const Path& path) {
    if (violations_.enough()) return true;
    pugi::xml_node key, value;
    for (const pugi::xml_node each : from.children()) {
      if (local(each.name()) == local(shape.key_name)) key = each;
      if (local(each.name()) == local(shape.element_name)) value = each;
    }
    std::string name;
    if (!key || !scalar(aws::kPlainString, key, &name)) return false;
    if (!value) return true;
    const Path entry{&path, name, 0, true};
    return this->value(*shape.element, value, shape.map->insert(map, name), Path{&entry, "member"});
  }

  aws::Violations& violations_;
  int depth_ = 0;
};

}  // namespace

bool read_xml(const Shape& shape, std::string_view root, std::string_view text, void* object,
              aws::Violations& violations) {
  constexpr unsigned kForm = pugi::parse_escapes | pugi::parse_cdata | pugi::parse_eol | pugi::parse_wconv_attribute |
                             pugi::parse_ws_pcdata_single | pugi::parse_doctype;
  pugi::xml_document document;
  if (!text.empty() && !document.load_buffer(text.data(), text.size(), kForm)) return false;
  for (const pugi::xml_node each : document.children()) {
    if (each.type() == pugi::node_doctype) return false;
  }
  const pugi::xml_node element = document.document_element();
  if (!text.empty() && !root.empty() && local(element.name()) != local(root)) return false;
  if (element.next_sibling()) return false;
  return Reader(violations).structure(shape, element, object, Path{});
}

}  // namespace leat::wire
