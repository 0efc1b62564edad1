#include "service/dynamodb/item_codec.h"

#include "base/varint.h"
#include "engine/kv/store.h"

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

  bool done() const { return bytes_.empty(); }
  [[noreturn]] static void damaged() { throw kv::StoreFailure("damaged item"); }

 private:
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

  std::string_view bytes_;
};

}  // namespace

std::string encode_item(const Item& item) {
  std::string out(1, kVersion);
  append_varint(out, size_of(item));
  append_map(out, item);
  return out;
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

}  // namespace leat::dynamodb
