#include "service/dynamodb/value/item_codec.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/varint.h"
#include "engine/kv/rows.h"
#include "engine/kv/store.h"
#include "service/dynamodb/value/returned_item.h"

namespace leat::dynamodb {
namespace {

constexpr char kVersion = 2;

void append_bytes(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

void append_map(std::string& out, const Item& map);

struct Writer {
  std::string& out;

  void operator()(const Null&) {}
  void operator()(bool truth) { out.push_back(truth ? '\1' : '\0'); }
  void operator()(const Number& number) { append_bytes(out, number.text); }
  void operator()(const std::string& text) { append_bytes(out, text); }
  void operator()(const Binary& binary) { append_bytes(out, binary.bytes); }
  void operator()(const List& list) {
    append_varint(out, list.size());
    for (const auto& each : list) value(each);
  }
  void operator()(const Item& map) { append_map(out, map); }
  void operator()(const StringSet& set) { strings(set.values); }
  void operator()(const NumberSet& set) { strings(set.values); }
  void operator()(const BinarySet& set) { strings(set.values); }
  void operator()(const Invalid&) { throw std::logic_error("an invalid value reached the store"); }

  void value(const AttributeValue& each) {
    out.push_back(static_cast<char>(each.variant().index()));
    std::visit(*this, each.variant());
  }
  void strings(const std::vector<std::string>& values) {
    append_varint(out, values.size());
    for (const auto& each : values) append_bytes(out, each);
  }
};

void append_map(std::string& out, const Item& map) {
  append_varint(out, map.size());
  for (const auto& [name, value] : map) {
    append_bytes(out, name);
    Writer{out}.value(value);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Item map(std::size_t depth) {
    Item out;
    for (std::uint64_t left = varint(); left > 0; --left) {
      const std::string_view name = text();
      out.add_unsorted(name, value(depth));
    }
    return out;
  }

  AttributeValue value(std::size_t depth) {
    if (depth > 2 * kMaxDepth) damaged();
    switch (byte()) {
      case 0: return Null{};
      case 1: return byte() != '\0';
      case 2: return Number{std::string(text())};
      case 3: return std::string(text());
      case 4: return Binary{std::string(text())};
      case 5: {
        List list;
        for (std::uint64_t left = varint(); left > 0; --left) list.push_back(value(depth + 1));
        return list;
      }
      case 6: return map(depth + 1);
      case 7: return StringSet{strings()};
      case 8: return NumberSet{strings()};
      case 9: return BinarySet{strings()};
      default: damaged();
    }
  }

  char byte() {
    if (bytes_.empty()) damaged();
    const char out = bytes_.front();
    bytes_.remove_prefix(1);
    return out;
  }

  std::uint64_t varint() {
    const auto value = take_varint(bytes_);
    if (!value) damaged();
    return *value;
  }

  void append_map(std::string& out, std::size_t depth) {
    out += '{';
    append_each(out, [&] {
      append_json_string(out, text());
      out += ':';
      append_value(out, depth);
    });
    out += '}';
  }

  // Calls visit(name) before each attribute's value is at the front; the visitor says whether it has read the value.
  template <class Visit>
  void each_attribute(Visit visit) {
    for (std::uint64_t left = varint(); left > 0; --left) {
      if (!visit(text())) skip(0);
    }
  }

  // Removes a value from the front and returns its bytes.
  std::string_view raw_value() {
    const std::string_view from = bytes_;
    skip(0);
    return from.substr(0, from.size() - bytes_.size());
  }

  bool done() const { return bytes_.empty(); }
  [[noreturn]] static void damaged() { throw kv::DamagedRow("damaged item"); }

 private:
  // Appends a counted sequence with commas.
  template <class Append>
  void append_each(std::string& out, Append append) {
    for (std::uint64_t left = varint(); left > 0; --left) {
      append();
      if (left > 1) out += ',';
    }
  }

  template <class Append>
  void append_array(std::string& out, Append append) {
    out += '[';
    append_each(out, append);
    out += ']';
  }

  void skip(std::size_t depth) {
    if (depth > 2 * kMaxDepth) damaged();
    switch (byte()) {
      case 0: return;
      case 1: byte(); return;
      case 2:
      case 3:
      case 4: text(); return;
      case 5:
        for (std::uint64_t left = varint(); left > 0; --left) skip(depth + 1);
        return;
      case 6:
        for (std::uint64_t left = varint(); left > 0; --left) {
          text();
          skip(depth + 1);
        }
        return;
      case 7:
      case 8:
      case 9:
        for (std::uint64_t left = varint(); left > 0; --left) text();
        return;
      default: damaged();
    }
  }

  void append_binary(std::string& out) {
    out += '"';
    append_base64(out, text());
    out += '"';
  }

  void append_value(std::string& out, std::size_t depth) {
    static constexpr std::string_view kTypes[] = {"NULL", "BOOL", "N", "S", "B", "L", "M", "SS", "NS", "BS"};
    const auto tag = static_cast<unsigned char>(byte());
    if (depth > 2 * kMaxDepth || tag >= std::size(kTypes)) damaged();
    out += "{\"";
    out += kTypes[tag];
    out += "\":";
    switch (tag) {
      case 0: out += "true"; break;
      case 1: out += byte() != '\0' ? "true" : "false"; break;
      case 2:
      case 3: append_json_string(out, text()); break;
      case 4: append_binary(out); break;
      case 5: append_array(out, [&] { append_value(out, depth + 1); }); break;
      case 6: append_map(out, depth + 1); break;
      case 9: append_array(out, [&] { append_binary(out); }); break;
      default: append_array(out, [&] { append_json_string(out, text()); });
    }
    out += '}';
  }

  std::string_view text() {
    const std::uint64_t size = varint();
    if (size > bytes_.size()) damaged();
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }

  std::vector<std::string> strings() {
    std::vector<std::string> out;
    for (std::uint64_t left = varint(); left > 0; --left) out.emplace_back(text());
    return out;
  }

  std::string_view bytes_;
};

}  // namespace

std::string encode_item(const Item& item) {
  std::string out(1, kVersion);
  append_varint(out, size_of(item));
  append_map(out, item);
  return out;
}

std::optional<AttributeValue> stored_attribute(std::string_view stored, std::string_view wanted) {
  Reader reader(stored);
  if (reader.byte() != kVersion) Reader::damaged();
  reader.varint();
  std::optional<AttributeValue> found;
  reader.each_attribute([&](std::string_view name) {
    if (name != wanted) return false;
    found = reader.value(0);
    return true;
  });
  return found;
}

std::string project_stored(std::string_view stored, const std::vector<std::string>& names) {
  Reader reader(stored);
  if (reader.byte() != kVersion) Reader::damaged();
  reader.varint();
  std::string attributes;
  std::size_t count = 0, size = 0;
  reader.each_attribute([&](std::string_view name) {
    if (!std::binary_search(names.begin(), names.end(), name)) return false;
    const std::string_view raw = reader.raw_value();
    append_bytes(attributes, name);
    attributes += raw;
    size += name.size() + size_of(Reader(raw).value(0));
    ++count;
    return true;
  });
  std::string out(1, kVersion);
  append_varint(out, size);
  append_varint(out, count);
  return out + attributes;
}

void append_stored_json(std::string_view stored, std::string& out) {
  Reader reader(stored);
  if (reader.byte() != kVersion) Reader::damaged();
  out.reserve(out.size() + 2 * reader.varint());
  reader.append_map(out, 0);
  if (!reader.done()) Reader::damaged();
}

std::size_t stored_size(std::string_view stored) {
  if (stored.empty()) return 0;
  Reader reader(stored);
  if (reader.byte() != kVersion) Reader::damaged();
  return reader.varint();
}

Item decode_item(std::string_view stored) {
  Reader reader(stored);
  if (reader.byte() != kVersion) Reader::damaged();
  reader.varint();
  Item item = reader.map(0);
  if (!reader.done()) Reader::damaged();
  return item;
}

// Only outputs hold returned items; they are read back where a service keeps an output.
const aws::CustomAccess ReturnedItem::kJson{[](const void* element, void* value) -> std::string {
                                              Item item;
                                              std::string problem = Item::kJson.decode(element, &item);
                                              if (problem.empty()) *static_cast<ReturnedItem*>(value) = std::move(item);
                                              return problem;
                                            },
                                            [](const void* value, std::string& out) {
                                              const auto& item = *static_cast<const ReturnedItem*>(value);
                                              if (item.stored().empty())
                                                append_json(item.item(), out);
                                              else
                                                append_stored_json(item.stored(), out);
                                            }};

}  // namespace leat::dynamodb
