#pragma once
// The tables that describe generated structs. Each codec is written once against them.

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace leat::aws {

using Timestamp = TimePoint;
using Blob = std::string;
template <class T>
using Map = std::map<std::string, T>;

struct Shape;
class Violations;

enum class Kind : std::uint8_t {
  kString,       // std::string
  kBlob,         // Blob
  kBoolean,      // bool
  kInteger,      // std::int32_t
  kLong,         // std::int64_t
  kDouble,       // double
  kTimestamp,    // Timestamp
  kList,         // std::vector<T>
  kMap,          // Map<T>
  kStructure,    // a generated struct
  kCustom,       // a hand-written type behind a type override
  kEventStream,  // EventSource: of outputs only
};

// kHeaders: all headers whose names begin so, a map.
enum class Location : std::uint8_t { kBody, kUri, kQuery, kHeader, kHeaders, kStatusCode, kPayload, kEventStream };

// How a member is written, where its kind leaves that open.
enum class Form : std::uint8_t {
  kPlain,
  kFlat,       // XML and Query: a list or map without an element around it: NAME.1, or NAME.1.KEY and NAME.1.VALUE
  kAttribute,  // XML: of the element that the structure is
  kStream,     // REST: a payload of any size
  kJson,       // a header: base64 of the text
};

enum class TimeForm : std::uint8_t { kOfProtocol, kIso8601, kUnix, kHttp };

// How to reach the value inside a std::optional<T>.
struct OptionalAccess {
  const void* (*get)(const void* optional);  // null where empty
  void* (*emplace)(void* optional);
};

struct ListAccess {
  std::size_t (*size)(const void* list);
  const void* (*at)(const void* list, std::size_t index);
  void* (*append)(void* list);
};

struct MapAccess {
  std::size_t (*size)(const void* map);
  void* (*insert)(void* map, std::string_view key);
  // Calls visit(context, key, value) for each entry, in key order.
  void (*each)(const void* map, void* context, void (*visit)(void* context, const std::string& key, const void* value));
};

// JSON of a hand-written type. `element` is a simdjson::dom::element.
// decode returns an error message for a wrong type, or an empty string.
struct CustomAccess {
  std::string (*decode)(const void* element, void* value);
  void (*encode)(const void* value, std::string& out);
};

struct Member {
  std::string_view name;       // in JSON and in error paths
  std::string_view wire_name;  // of a header, a query parameter, an XML element
  const Shape* shape;
  const OptionalAccess* optional;  // null where the member is held by value
  std::uint32_t offset;
  Location location;
  bool required;
  Form form = Form::kPlain;

  // The member's value inside `object`, or null where it is absent.
  const void* find(const void* object) const {
    const void* field = static_cast<const char*>(object) + offset;
    return optional ? optional->get(field) : field;
  }
  void* emplace(void* object) const {
    void* field = static_cast<char*>(object) + offset;
    return optional ? optional->emplace(field) : field;
  }
};

// A set of a structure's members, by index.
inline constexpr std::size_t kMostMembers = 256;
using MemberSet = std::bitset<kMostMembers>;

struct XmlNamespace {
  std::string_view attribute;  // xmlns:xsi
  std::string_view uri;
};

inline constexpr std::int64_t kNoLimit = INT64_MIN;

struct Shape {
  Kind kind;
  std::string_view name;
  // Of a value (numbers) or of a length (strings, blobs, lists, maps).
  std::int64_t min = kNoLimit;
  std::int64_t max = kNoLimit;
  std::string_view pattern = {};
  std::span<const std::string_view> values = {};  // of an enum
  std::span<const Member> members = {};           // of a structure, at most kMostMembers
  const Shape* element = nullptr;                 // of a list or map
  const Shape* key = nullptr;                     // of a map
  const ListAccess* list = nullptr;
  const MapAccess* map = nullptr;
  const CustomAccess* custom = nullptr;
  std::string_view key_name = {};        // XML and Query: of a map's keys
  std::string_view element_name = {};    // and of a list's elements or a map's values
  const XmlNamespace* space = nullptr;   // XML: what a structure's element declares
  const Shape* plain = nullptr;          // what it must satisfy where it is no ARN
  bool nullable = false;                 // of a list or map: nobody says that elements must not be null
  TimeForm time = TimeForm::kOfProtocol;
};

template <class T>
inline constexpr OptionalAccess kOptional{
    [](const void* optional) -> const void* {
      const auto& value = *static_cast<const std::optional<T>*>(optional);
      return value ? &*value : nullptr;
    },
    [](void* optional) -> void* { return &static_cast<std::optional<T>*>(optional)->emplace(); },
};

template <class T>
inline constexpr ListAccess kList{
    [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
      return &(*static_cast<const std::vector<T>*>(list))[index];
    },
    [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); },
};

template <class T>
inline constexpr MapAccess kMap{
    [](const void* map) { return static_cast<const Map<T>*>(map)->size(); },
    [](void* map, std::string_view key) -> void* { return &(*static_cast<Map<T>*>(map))[std::string(key)]; },
    [](const void* map, void* context, void (*visit)(void*, const std::string&, const void*)) {
      for (const auto& [key, value] : *static_cast<const Map<T>*>(map)) visit(context, key, &value);
    },
};

// Calls visit(key, value) for each entry of a map value.
template <class Visit>
void each_entry(const Shape& shape, const void* map, Visit visit) {
  shape.map->each(map, &visit, [](void* context, const std::string& key, const void* value) {
    (*static_cast<Visit*>(context))(key, value);
  });
}

// The shapes of scalars that have no constraints, shared by all services.
inline constexpr Shape kPlainString{.kind = Kind::kString, .name = "String"};

}  // namespace leat::aws
