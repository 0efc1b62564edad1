#include "aws/shape_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <stdexcept>

#include "aws/time_form.h"
#include "base/encoding.h"

namespace leat::aws {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// The wording of type errors was read off dynalite's recordings of DynamoDB (validations/index.js).
class Reader {
 public:
  explicit Reader(Violations& violations) : violations_(violations) {}

  // Returns false with error() set where the JSON type does not fit.
  bool value(const Shape& shape, element from, void* to, const Path& path) {
    bool fits = false;
    switch (shape.kind) {
      case Kind::kString: fits = string(from, *static_cast<std::string*>(to)); break;
      case Kind::kBlob: fits = blob(from, *static_cast<Blob*>(to)); break;
      case Kind::kBoolean: fits = boolean(from, *static_cast<bool*>(to)); break;
      case Kind::kInteger: fits = integer(from, *static_cast<std::int32_t*>(to), "Integer"); break;
      case Kind::kLong: fits = integer(from, *static_cast<std::int64_t*>(to), "Long"); break;
      case Kind::kDouble: fits = number(from, *static_cast<double*>(to), "Double"); break;
      case Kind::kTimestamp: fits = timestamp(shape, from, *static_cast<Timestamp*>(to)); break;
      case Kind::kList: fits = list(shape, from, to, path); break;
      case Kind::kMap: fits = map(shape, from, to, path); break;
      case Kind::kStructure: return structure(shape, from, to, path);
      case Kind::kEventStream: return false;
      case Kind::kCustom: error_ = shape.custom->decode(&from, to); return error_.empty();
    }
    if (fits) violations_.check(shape, to, path);
    return fits;
  }

  bool structure(const Shape& shape, element from, void* to, const Path& path) {
    if (from.type() != element_type::OBJECT) {
      return fail(from.type() == element_type::ARRAY
                      ? fmt::format("Unrecognized collection type class {}", shape.name)
                      : std::string(path.is_root() ? "Unexpected field type" : "Unexpected value type in payload"));
    }
    if (!violations_.admit_structure()) return fail("Too many structures");
    MemberSet present;
    for (auto [key, field] : simdjson::dom::object(from)) {
      const Member* member = find(shape, key);
      if (!member || field.is_null()) continue;
      present[static_cast<std::size_t>(member - shape.members.data())] = true;
      if (!value(*member->shape, field, member->emplace(to), path.inner(member->name))) return false;
    }
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (member.required && !present[i] && member.location == Location::kBody) {
        violations_.missing(path.inner(member.name));
      }
    }
    return true;
  }

  std::string& error() { return error_; }

 private:
  static const Member* find(const Shape& shape, std::string_view key) {
    for (const Member& member : shape.members) {
      if (member.name == key) return member.location == Location::kBody ? &member : nullptr;
    }
    return nullptr;
  }

  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  bool mismatch(element from, std::string_view target) {
    switch (from.type()) {
      case element_type::ARRAY: return fail(fmt::format("Unrecognized collection type class java.lang.{}", target));
      case element_type::OBJECT: return fail("Start of structure or map found where not expected");
      case element_type::BOOL:
        return fail(fmt::format("{}_VALUE cannot be converted to {}", bool(from) ? "TRUE" : "FALSE", target));
      case element_type::STRING: return fail(fmt::format("STRING_VALUE cannot be converted to {}", target));
      case element_type::DOUBLE: return fail(fmt::format("DECIMAL_VALUE cannot be converted to {}", target));
      default: return fail(fmt::format("NUMBER_VALUE cannot be converted to {}", target));
    }
  }

  bool string(element from, std::string& to) {
    std::string_view text;
    if (from.get(text)) return mismatch(from, "String");
    to = text;
    return true;
  }

  bool blob(element from, Blob& to) {
    std::string_view text;
    if (from.get(text)) {
      if (from.is_array()) return fail("Unrecognized collection type class java.nio.ByteBuffer");
      if (from.is_object()) return fail("Start of structure or map found where not expected");
      return fail("only base-64-encoded strings are convertible to bytes");
    }
    auto bytes = base64_decode(text);
    if (!bytes) {
      return fail(text.size() % 4 ? fmt::format("Base64 encoded length is expected a multiple of 4 bytes but found: {}",
                                                text.size())
                                  : std::string("Invalid last non-pad Base64 character dectected"));
    }
    to = std::move(*bytes);
    return true;
  }

  bool boolean(element from, bool& to) {
    std::string_view text;
    if (!from.get(to)) return true;
    if (from.get(text)) return mismatch(from, "Boolean");
    if (text == "true" || text == "TRUE" || text == "1")
      to = true;
    else if (text == "false" || text == "FALSE" || text == "0")
      to = false;
    else
      return fail("Unexpected token received from parser");
    return true;
  }

  template <class T>
  bool integer(element from, T& to, std::string_view target) {
    double value = 0;
    if (from.type() == element_type::INT64) {
      const std::int64_t whole = std::int64_t(from);
      to =
          static_cast<T>(std::clamp<std::int64_t>(whole, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
      return true;
    }
    if (!number(from, value, target)) return false;
    value = std::floor(value);
    to = value >= static_cast<double>(std::numeric_limits<T>::max())   ? std::numeric_limits<T>::max()
         : value <= static_cast<double>(std::numeric_limits<T>::min()) ? std::numeric_limits<T>::min()
                                                                       : static_cast<T>(value);
    return true;
  }

  bool number(element from, double& to, std::string_view target) {
    if (from.is_string() || from.get(to)) return mismatch(from, target);
    return true;
  }

  bool timestamp(const Shape& shape, element from, Timestamp& to) {
    if (is_text(shape.time)) {
      std::string_view text;
      const auto time = from.get(text) ? std::nullopt : parse_time(shape.time, text);
      if (time) to = *time;
      return time || mismatch(from, "Date");
    }
    double seconds = 0;
    if (!number(from, seconds, "Date")) return false;
    if (!(std::abs(seconds) < 1e12)) return fail("NUMBER_VALUE cannot be converted to Date");
    to = from_millis(std::llround(seconds * 1000));
    return true;
  }

  bool list(const Shape& shape, element from, void* to, const Path& path) {
    if (from.type() != element_type::ARRAY) {
      return fail(from.is_object() ? "Start of structure or map found where not expected" : "Unexpected field type");
    }
    std::size_t index = 0;
    for (element item : simdjson::dom::array(from)) {
      if (violations_.enough()) break;
      const Path inner{&path, {}, ++index};
      if (item.is_null()) {
        violations_.missing(inner);
        continue;
      }
      if (!value(*shape.element, item, shape.list->append(to), inner)) return false;
    }
    return true;
  }

  bool map(const Shape& shape, element from, void* to, const Path& path) {
    if (from.type() != element_type::OBJECT) {
      return fail(from.is_array() ? fmt::format("Unrecognized collection type java.util.Map<java.lang.String, {}>",
                                                shape.element->name)
                                  : std::string("Unexpected field type"));
    }
    for (auto [key, field] : simdjson::dom::object(from)) {
      if (violations_.enough()) break;
      const Path entry{&path, key, 0, true};
      const Path inner{&entry, "member"};
      if (field.is_null()) {
        violations_.missing(inner);
        continue;
      }
      if (!value(*shape.element, field, shape.map->insert(to, key), inner)) return false;
    }
    return true;
  }

  Violations& violations_;
  std::string error_;
};

void append_timestamp(const Shape& shape, Timestamp time, std::string& out) {
  if (is_text(shape.time))
    append_json_string(out, format_time(shape.time, time));
  else
    out += format_time(TimeForm::kUnix, time);
}

void append_value(const Shape& shape, const void* value, std::string& out);

void append_structure(const Shape& shape, const void* object, std::string& out) {
  out += '{';
  bool first = true;
  for (const Member& member : shape.members) {
    const void* field = member.location == Location::kBody ? member.find(object) : nullptr;
    if (!field) continue;
    if (!first) out += ',';
    first = false;
    append_json_string(out, member.name);
    out += ':';
    append_value(*member.shape, field, out);
  }
  out += '}';
}

void append_list(const Shape& shape, const void* list, std::string& out) {
  out += '[';
  const std::size_t size = shape.list->size(list);
  for (std::size_t i = 0; i < size; ++i) {
    if (i != 0) out += ',';
    append_value(*shape.element, shape.list->at(list, i), out);
  }
  out += ']';
}

void append_map(const Shape& shape, const void* map, std::string& out) {
  out += '{';
  bool first = true;
  each_entry(shape, map, [&](const std::string& key, const void* entry) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, key);
    out += ':';
    append_value(*shape.element, entry, out);
  });
  out += '}';
}

void append_value(const Shape& shape, const void* value, std::string& out) {
  switch (shape.kind) {
    case Kind::kString: append_json_string(out, *static_cast<const std::string*>(value)); break;
    case Kind::kBlob:
      out += '"';
      append_base64(out, *static_cast<const Blob*>(value));
      out += '"';
      break;
    case Kind::kBoolean: out += *static_cast<const bool*>(value) ? "true" : "false"; break;
    case Kind::kInteger: fmt::format_to(std::back_inserter(out), "{}", *static_cast<const std::int32_t*>(value)); break;
    case Kind::kLong: fmt::format_to(std::back_inserter(out), "{}", *static_cast<const std::int64_t*>(value)); break;
    case Kind::kDouble: append_double(out, *static_cast<const double*>(value)); break;
    case Kind::kTimestamp: append_timestamp(shape, *static_cast<const Timestamp*>(value), out); break;
    case Kind::kList: append_list(shape, value, out); break;
    case Kind::kMap: append_map(shape, value, out); break;
    case Kind::kStructure: append_structure(shape, value, out); break;
    case Kind::kCustom: shape.custom->encode(value, out); break;
    case Kind::kEventStream: break;  // wire/event_stream.h
  }
}

}  // namespace

JsonReader::JsonReader() : parser_(std::make_unique<simdjson::dom::parser>()) {}
JsonReader::~JsonReader() = default;

std::optional<JsonError> JsonReader::read(const Shape& shape, std::string_view text, void* object,
                                          Violations& violations) {
  constexpr std::size_t kKept = 1U << 20;  // bytes of text; buffers for it take several times as much
  auto problem = parse(shape, text, object, violations);
  if (parser_->capacity() > kKept) *parser_ = simdjson::dom::parser();
  return problem;
}

std::optional<JsonError> JsonReader::parse(const Shape& shape, std::string_view text, void* object,
                                           Violations& violations) {
  element root;
  if (parser_->parse(text.data(), text.size()).get(root)) return JsonError{};
  if (!root.is_object()) return JsonError{};
  Reader reader(violations);
  if (!reader.structure(shape, root, object, Path{})) return JsonError{std::move(reader.error())};
  return std::nullopt;
}

void append_double(std::string& out, double value) {
  const std::size_t start = out.size();
  fmt::format_to(std::back_inserter(out), "{}", value);
  if (out.find_first_of(".ein", start) == std::string::npos) out += ".0";
}

void append_json(const Shape& shape, const void* object, std::string& out) { append_value(shape, object, out); }

void from_json(const Shape& shape, std::string_view text, void* object) {
  JsonReader reader;
  Violations ignored;
  if (auto error = reader.read(shape, text, object, ignored)) {
    throw std::runtime_error(fmt::format("damaged {} record: {}", shape.name, error->message));
  }
}

}  // namespace leat::aws
