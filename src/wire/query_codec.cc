// AWS Query: a form in, XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/query_string.h"
#include "wire/codecs.h"
#include "wire/xml_writer.h"

namespace leat::wire {
namespace {

using aws::Kind;
using aws::Path;
using aws::Shape;

constexpr std::size_t kMaxListIndex = 10000;
constexpr int kMaxDepth = 64;

class Reader {
 public:
  Reader(const QueryParameters& parameters, aws::Violations& violations) : violations_(violations) {
    for (const auto& [name, value] : parameters) fields_.emplace(name, value);
  }

  aws::Result<void> structure(const Shape& shape, const std::string& prefix, void* to, const Path& path) {
    if (!violations_.admit_structure()) return aws::fail(aws::errors::kSerialization, "Too many structures");
    for (const auto& member : shape.members) {
      const std::string name = prefix + std::string(member.wire_name);
      const Path inner = path.inner(member.name);
      if (!present(name)) {
        if (member.required) violations_.missing(inner);
        continue;
      }
      TRY_VOID(value(*member.shape, member.form == aws::Form::kFlat, name, member.emplace(to), inner));
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

  aws::Result<void> value(const Shape& shape, bool flat, const std::string& name, void* to, const Path& path) {
    if (depth_ == kMaxDepth) return invalid(name);
    ++depth_;
    const auto read = shape.kind == Kind::kStructure ? structure(shape, name + ".", to, path)
                      : shape.kind == Kind::kList    ? list(shape, flat, name, to, path)
                      : shape.kind == Kind::kMap     ? map(shape, flat, name, to, path)
                                                     : scalar(shape, name, to);
    --depth_;
    if (read && shape.kind != Kind::kStructure) violations_.check(shape, to, path);
    return read;
  }

  static std::unexpected<aws::Error> invalid(std::string_view name) {
    return aws::fail(aws::errors::kSerialization, fmt::format("Invalid value for {}", name));
  }

  aws::Result<void> scalar(const Shape& shape, const std::string& name, void* to) {
    const auto found = fields_.find(name);
    if (found == fields_.end() || !read_scalar(shape, found->second, to, aws::TimeForm::kIso8601)) return invalid(name);
    return {};
  }

  aws::Result<void> list(const Shape& shape, bool flat, const std::string& name, void* to, const Path& path) {
    for (std::size_t i = 1; i <= kMaxListIndex; ++i) {
      const std::string element =
          flat ? fmt::format("{}.{}", name, i) : fmt::format("{}.{}.{}", name, shape.element_name, i);
      if (!present(element)) break;
      TRY_VOID(value(*shape.element, false, element, shape.list->append(to), Path{&path, {}, i}));
    }
    return {};
  }

  aws::Result<void> map(const Shape& shape, bool flat, const std::string& name, void* to, const Path& path) {
    for (std::size_t i = 1; i <= kMaxListIndex; ++i) {
      const std::string entry = fmt::format("{}{}.{}.", name, flat ? "" : ".entry", i);
      const auto key = fields_.find(entry + std::string(shape.key_name));
      if (key == fields_.end()) break;
      if (!is_valid_utf8(key->second)) return invalid(key->first);
      const Path where{&path, key->second, 0, true};
      void* inner = shape.map->insert(to, key->second);
      TRY_VOID(value(*shape.element, false, entry + std::string(shape.element_name), inner, where));
    }
    return {};
  }

  std::map<std::string_view, std::string_view> fields_;
  aws::Violations& violations_;
  int depth_ = 0;
};

}  // namespace

QueryParameters form_parameters(const runtime::HttpRequest& request) {
  QueryParameters out = parse_query_string(split_target(request.target).second);
  for (auto& each : parse_query_string(request.body)) out.push_back(std::move(each));
  return out;
}

aws::Result<void> QueryCodec::decode(const Call& call, void* input, aws::Violations& violations) const {
  if (!call.operation.input) return {};
  return Reader(call.read.parameters, violations).structure(*call.operation.input, "", input, Path{});
}

runtime::HttpResponse QueryCodec::encode(const Call& call, const void* output) const {
  runtime::HttpResponse response;
  response.headers.emplace_back("Content-Type", "text/xml");
  const std::string root = fmt::format("{}Response", call.operation.name);
  XmlWriter xml(response.body);
  xml.open(root);
  xml.attribute("xmlns", call.service.xml_namespace);
  if (output && !call.operation.result_wrapper.empty())
    xml.element(call.operation.result_wrapper, *call.operation.output, output);
  xml.open("ResponseMetadata");
  xml.element("RequestId", call.request_id);
  xml.close("ResponseMetadata");
  xml.close(root);
  return response;
}

}  // namespace leat::wire
