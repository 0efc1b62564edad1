// AWS Query: a form in, XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/query_string.h"
#include "wire/codecs.h"

namespace leat::wire {
namespace {

using aws::Kind;
using aws::Path;
using aws::Shape;

constexpr std::size_t kMaxListIndex = 10000;

class Reader {
 public:
  Reader(const QueryParameters& parameters, aws::Violations& violations) : violations_(violations) {
    for (const auto& [name, value] : parameters) fields_.emplace(name, value);
  }

  aws::Result<void> structure(const Shape& shape, const std::string& prefix, void* to, const Path& path) {
    if (!violations_.admit_structure()) return aws::fail(aws::errors::kSerialization, "Too many structures");
    for (const auto& member : shape.members) {
      const auto* flat = member.shape->flat;
      const std::string name = prefix + std::string(flat ? flat->name : member.wire_name);
      const Path inner = path.inner(member.name);
      if (!present(name)) {
        if (member.required) violations_.missing(inner);
        continue;
      }
      TRY_VOID(value(*member.shape, name, member.emplace(to), inner));
    }
    return {};
  }

 private:
  // The field itself, or anything below it.
  bool present(const std::string& name) const {
    const auto found = fields_.lower_bound(name);
    return found != fields_.end() && (found->first == name || below(name));
  }
  bool below(const std::string& name) const {
    const auto found = fields_.lower_bound(name + ".");
    return found != fields_.end() && found->first.starts_with(name + ".");
  }

  aws::Result<void> value(const Shape& shape, const std::string& name, void* to, const Path& path) {
    switch (shape.kind) {
      case Kind::kStructure: return structure(shape, name + ".", to, path);
      case Kind::kList: TRY_VOID(list(shape, name, to, path)); break;
      case Kind::kMap: TRY_VOID(map(shape, name, to, path)); break;
      default: {
        const auto found = fields_.find(name);
        if (found == fields_.end() || !read_scalar(shape, found->second, to)) {
          return aws::fail(aws::errors::kSerialization, fmt::format("Invalid value for {}", name));
        }
      }
    }
    violations_.check(shape, to, path);
    return {};
  }

  aws::Result<void> list(const Shape& shape, const std::string& name, void* to, const Path& path) {
    for (std::size_t i = 1; i <= kMaxListIndex; ++i) {
      const std::string element =
          shape.flat ? fmt::format("{}.{}", name, i) : fmt::format("{}.{}.{}", name, shape.element_name, i);
      if (!present(element)) break;
      TRY_VOID(value(*shape.element, element, shape.list->append(to), Path{&path, {}, i}));
    }
    return {};
  }

  aws::Result<void> map(const Shape& shape, const std::string& name, void* to, const Path& path) {
    for (std::size_t i = 1; i <= kMaxListIndex; ++i) {
      const aws::FlatNames names = shape.flat ? *shape.flat : aws::FlatNames{"", "key", "value"};
      const std::string entry = fmt::format("{}{}.{}.", name, shape.flat ? "" : ".entry", i);
      const auto key = fields_.find(entry + std::string(names.key));
      if (key == fields_.end()) break;
      if (!is_valid_utf8(key->second)) return aws::fail(aws::errors::kSerialization, fmt::format("Invalid value for {}", key->first));
      const Path where{&path, key->second, 0, true};
      TRY_VOID(value(*shape.element, entry + std::string(names.value), shape.map->insert(to, key->second), where));
    }
    return {};
  }

  std::map<std::string, std::string> fields_;
  aws::Violations& violations_;
};

void append_value(const Shape& shape, const void* value, std::string& out);

void append_element(std::string_view name, const Shape& shape, const void* value, std::string& out) {
  fmt::format_to(std::back_inserter(out), "<{}>", name);
  append_value(shape, value, out);
  fmt::format_to(std::back_inserter(out), "</{}>", name);
}

// A list's or map's elements, without one around them.
void append_flat(const Shape& shape, const void* value, std::string& out) {
  const auto& names = *shape.flat;
  if (shape.kind == Kind::kList) {
    for (std::size_t i = 0; i < shape.list->size(value); ++i)
      append_element(names.name, *shape.element, shape.list->at(value, i), out);
    return;
  }
  aws::each_entry(shape, value, [&](const std::string& key, const void* entry) {
    fmt::format_to(std::back_inserter(out), "<{}>", names.name);
    append_element(names.key, aws::kPlainString, &key, out);
    append_element(names.value, *shape.element, entry, out);
    fmt::format_to(std::back_inserter(out), "</{}>", names.name);
  });
}

void append_value(const Shape& shape, const void* value, std::string& out) {
  switch (shape.kind) {
    case Kind::kStructure:
      for (const auto& member : shape.members) {
        const void* field = member.find(value);
        if (!field) continue;
        if (member.shape->flat)
          append_flat(*member.shape, field, out);
        else
          append_element(member.wire_name, *member.shape, field, out);
      }
      break;
    case Kind::kList:
      for (std::size_t i = 0; i < shape.list->size(value); ++i)
        append_element(shape.element_name, *shape.element, shape.list->at(value, i), out);
      break;
    case Kind::kMap:
      aws::each_entry(shape, value, [&](const std::string& key, const void* entry) {
        out += "<entry><key>";
        append_xml_text(out, key);
        out += "</key>";
        append_element("value", *shape.element, entry, out);
        out += "</entry>";
      });
      break;
    default: append_xml_text(out, write_scalar(shape, value));
  }
}

}  // namespace

void append_xml_text(std::string& out, std::string_view text) {
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += "&#13;"; break;
      default: out.push_back(c);
    }
  }
}

aws::Result<void> QueryCodec::decode(const Call& call, void* input, aws::Violations& violations) const {
  if (!call.operation.input) return {};
  QueryParameters parameters = parse_query_string(split_target(call.request.target).second);
  for (auto& each : parse_query_string(call.request.body)) parameters.push_back(std::move(each));
  return Reader(parameters, violations).structure(*call.operation.input, "", input, Path{});
}

runtime::HttpResponse QueryCodec::encode(const Call& call, const void* output) const {
  runtime::HttpResponse response;
  response.headers.emplace_back("Content-Type", "text/xml");
  auto& body = response.body;
  body = fmt::format("<{}Response xmlns=\"{}\">", call.operation.name, call.service.xml_namespace);
  if (output && !call.operation.result_wrapper.empty())
    append_element(call.operation.result_wrapper, *call.operation.output, output, body);
  body += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>", call.request_id,
                      call.operation.name);
  return response;
}

}  // namespace leat::wire
