#include "wire/rest_parts.h"

#include <algorithm>

#include "base/encoding.h"
#include "wire/codecs.h"
#include "wire/split.h"

namespace leat::wire {
namespace {

using aws::Form;
using aws::Kind;
using aws::Location;
using aws::Member;
using aws::TimeForm;
using runtime::HttpHeader;

bool begins_ignoring_case(std::string_view text, std::string_view begin) {
  return text.size() >= begin.size() && runtime::equals_ignoring_case(text.substr(0, begin.size()), begin);
}

// The next of the values that commas divide; "a, b" in quotes is one.
std::string take_value(std::string_view& rest, bool dates) {
  rest = trimmed(rest);
  std::string out;
  if (rest.starts_with('"')) {
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
      out += rest[i];
    }
    rest = split(rest.substr(std::min(i, rest.size())), ',').second;
    return out;
  }
  // A date has a comma of its own.
  const auto day = dates ? rest.find(',') : std::string_view::npos;
  const auto end = rest.find(',', day == std::string_view::npos ? 0 : day + 1);
  out = trimmed(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return out;
}

class Reader {
 public:
  Reader(const Call& call, void* input, aws::Violations& violations)
      : call_(call), input_(input), violations_(violations) {}

  // False where its text cannot be read.
  bool read(const Member& member) {
    to_ = nullptr;
    member_ = &member;
    bool fits = true;
    switch (member.location) {
      case Location::kUri: fits = label(); break;
      case Location::kQuery: fits = query(); break;
      case Location::kHeader: fits = header(); break;
      case Location::kHeaders: fits = headers(); break;
      default: return true;
    }
    const aws::Path where{nullptr, member.name};
    if (to_)
      violations_.check(*member.shape, to_, where);
    else if (member.required)
      violations_.missing(where);
    return fits;
  }

 private:
  void* place() {
    if (!to_) to_ = member_->emplace(input_);
    return to_;
  }

  bool scalar(std::string_view text, TimeForm form) { return read_scalar(*member_->shape, text, place(), form); }
  bool element(std::string_view text, TimeForm form) {
    const auto& shape = *member_->shape;
    return read_scalar(*shape.element, text, shape.list->append(place()), form);
  }

  bool label() {
    for (const auto& [name, value] : call_.read.labels) {
      if (name == member_->wire_name) return scalar(value, TimeForm::kIso8601);
    }
    return true;
  }

  bool query() {
    if (member_->shape->kind == Kind::kMap) return other_parameters();
    for (const auto& [name, value] : call_.read.parameters) {
      if (name != member_->wire_name) continue;
      if (member_->shape->kind != Kind::kList) return scalar(value, TimeForm::kIso8601);
      if (!element(value, TimeForm::kIso8601)) return false;
    }
    return true;
  }

  // What no other member is called.
  bool other_parameters() {
    const auto& shape = *member_->shape;
    const auto& members = call_.operation.input->members;
    for (const auto& [name, value] : call_.read.parameters) {
      const bool taken = std::any_of(members.begin(), members.end(), [&name = name](const Member& each) {
        return each.location == Location::kQuery && each.wire_name == name;
      });
      if (taken) continue;
      const bool list = shape.element->kind == Kind::kList;
      void* to = shape.map->insert(place(), name);
      if (!read_scalar(list ? *shape.element->element : *shape.element, value,
                       list ? shape.element->list->append(to) : to, TimeForm::kIso8601))
        return false;
    }
    return true;
  }

  bool header() {
    if (member_->shape->kind == Kind::kList) return header_list();
    const std::string_view text = call_.request.header(member_->wire_name);
    if (text.empty()) return true;
    if (member_->form != Form::kJson) return scalar(text, TimeForm::kHttp);
    const auto json = base64_decode(text);
    return json && scalar(*json, TimeForm::kHttp);
  }

  bool header_list() {
    const bool dates = member_->shape->element->kind == Kind::kTimestamp &&
                       member_->shape->element->time != TimeForm::kIso8601 &&
                       member_->shape->element->time != TimeForm::kUnix;
    for (const HttpHeader& each : call_.request.headers) {
      if (!runtime::equals_ignoring_case(each.name, member_->wire_name)) continue;
      for (std::string_view rest = each.value; !trimmed(rest).empty();) {
        if (!element(take_value(rest, dates), TimeForm::kHttp)) return false;
      }
    }
    return true;
  }

  // Names of headers have no case: keys are in lower case.
  bool headers() {
    const std::string_view prefix = member_->wire_name;
    for (const HttpHeader& each : call_.request.headers) {
      if (!begins_ignoring_case(each.name, prefix)) continue;
      const std::string key = lower_case(each.name.substr(prefix.size()));
      auto& value = *static_cast<std::string*>(member_->shape->map->insert(place(), key));
      if (!value.empty()) value += ',';
      value += each.value;
      if (!is_valid_utf8(value)) return false;
    }
    return true;
  }

  const Call& call_;
  void* input_;
  aws::Violations& violations_;
  const Member* member_ = nullptr;
  void* to_ = nullptr;  // the member's value, once there is one
};

// A header ends with its line, whatever its value came from.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' && c != '\t') c = ' ';
  }
  return text;
}

std::string header_text(const Member& member, const void* value) {
  if (member.form == Form::kJson) return base64_encode(*static_cast<const std::string*>(value));
  const aws::Shape& shape = *member.shape;
  if (shape.kind != Kind::kList) return write_scalar(shape, value, TimeForm::kHttp);
  std::string out;
  for (std::size_t i = 0; i < shape.list->size(value); ++i) {
    std::string text = write_scalar(*shape.element, shape.list->at(value, i), TimeForm::kHttp);
    if (shape.element->kind == Kind::kString && text.find_first_of(",\"") != std::string::npos) text = json_string(text);
    out += (i == 0 ? "" : ", ") + text;
  }
  return out;
}

// Of its length an answer says itself; only where it answers HEAD it is not its body's.
void encode_header(const Call& call, const Member& member, const void* value, runtime::HttpResponse& response) {
  constexpr int kPartialContent = 206;
  std::string text = on_one_line(header_text(member, value));
  if (text.empty()) return;
  if (runtime::equals_ignoring_case(member.wire_name, "Content-Range")) response.status = kPartialContent;
  if (!runtime::equals_ignoring_case(member.wire_name, "Content-Length"))
    return set_header(response, member.wire_name, std::move(text));
  if (call.request.method == "HEAD" && member.shape->kind == Kind::kLong)
    response.length = static_cast<std::uint64_t>(*static_cast<const std::int64_t*>(value));
}

void encode_headers(const Member& member, const void* map, runtime::HttpResponse& response) {
  aws::each_entry(*member.shape, map, [&](const std::string& key, const void* value) {
    response.headers.emplace_back(std::string(member.wire_name) + key,
                                  on_one_line(*static_cast<const std::string*>(value)));
  });
}

}  // namespace

bool has_header(const runtime::HttpResponse& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [&](const auto& each) { return runtime::equals_ignoring_case(each.first, name); });
}

void set_header(runtime::HttpResponse& response, std::string_view name, std::string value) {
  std::erase_if(response.headers, [&](const auto& each) { return runtime::equals_ignoring_case(each.first, name); });
  response.headers.emplace_back(name, std::move(value));
}

aws::Result<void> decode_located(const Call& call, void* input, aws::Violations& violations) {
  Reader reader(call, input, violations);
  for (const Member& member : call.operation.input->members) {
    if (!reader.read(member)) return aws::fail(aws::errors::kSerialization, "");
  }
  return {};
}

void encode_located(const Call& call, const void* output, runtime::HttpResponse& response) {
  for (const Member& member : call.operation.output->members) {
    const void* value = member.find(output);
    if (!value) continue;
    switch (member.location) {
      case Location::kHeader: encode_header(call, member, value, response); break;
      case Location::kHeaders: encode_headers(member, value, response); break;
      case Location::kStatusCode: response.status = *static_cast<const std::int32_t*>(value); break;
      default: break;
    }
  }
}

}  // namespace leat::wire
