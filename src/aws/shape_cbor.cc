#include "aws/shape_cbor.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/encoding.h"

namespace leat::aws {
namespace {

enum Major : std::uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kPairs, kTag, kSimple };

constexpr int kMaxDepth = 64;

// A data item's first bytes: what it is, and its number or length.
struct Head {
  Major major;
  std::uint8_t info;  // the low five bits
  std::uint64_t value = 0;
  bool indefinite() const { return info == 31; }
};

class Reader {
 public:
  Reader(std::string_view bytes, CborTime time, Violations& violations)
      : rest_(bytes), time_(time), violations_(violations) {}

  bool value(const Shape& shape, void* to, const Path& path) {
    if (++depth_ > kMaxDepth) return fail("The document is nested too deeply");
    bool fits = false;
    switch (shape.kind) {
      case Kind::kString: fits = text(kText, *static_cast<std::string*>(to)); break;
      case Kind::kBlob: fits = text(kBytes, *static_cast<Blob*>(to)); break;
      case Kind::kBoolean: fits = boolean(*static_cast<bool*>(to)); break;
      case Kind::kInteger: fits = integer(*static_cast<std::int32_t*>(to)); break;
      case Kind::kLong: fits = integer(*static_cast<std::int64_t*>(to)); break;
      case Kind::kDouble: fits = number(*static_cast<double*>(to)); break;
      case Kind::kTimestamp: fits = timestamp(*static_cast<Timestamp*>(to)); break;
      case Kind::kList: fits = list(shape, to, path); break;
      case Kind::kMap: fits = map(shape, to, path); break;
      case Kind::kStructure: fits = structure(shape, to, path); break;
      case Kind::kEventStream:
      case Kind::kCustom: fits = fail("This shape is not spoken in CBOR"); break;
    }
    --depth_;
    if (fits && shape.kind != Kind::kStructure) violations_.check(shape, to, path);
    return fits;
  }

  std::string& error() { return error_; }

 private:
  bool fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
  }

  bool head(Head& out) {
    if (rest_.empty()) return fail("Unexpected end of CBOR");
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    out = {static_cast<Major>(first >> 5), static_cast<std::uint8_t>(first & 31),
           static_cast<std::uint64_t>(first & 31)};
    if (out.info < 24 || out.info == 31) return true;
    if (out.info > 27) return fail("Invalid CBOR");
    const std::size_t size = std::size_t(1) << (out.info - 24);
    if (rest_.size() < size) return fail("Unexpected end of CBOR");
    out.value = 0;
    for (std::size_t i = 0; i < size; ++i) out.value = out.value << 8 | static_cast<std::uint8_t>(rest_[i]);
    rest_.remove_prefix(size);
    return true;
  }

  bool at_break() {
    if (rest_.empty() || rest_.front() != '\xFF') return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool at_null() {
    if (rest_.empty() || (rest_.front() != '\xF6' && rest_.front() != '\xF7')) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool text(Major major, std::string& out) {
    return chunks(major, out) && (major != kText || is_valid_utf8(out) || fail("Invalid UTF-8 in CBOR"));
  }

  bool chunks(Major major, std::string& out) {
    Head item{};
    if (!head(item)) return false;
    if (item.major != major) return fail("Unexpected CBOR type");
    out.clear();
    if (!item.indefinite()) return take(item.value, out);
    while (!at_break()) {
      Head part{};
      if (!head(part)) return false;
      if (part.major != major || part.indefinite()) return fail("Invalid CBOR");
      if (!take(part.value, out)) return false;
    }
    return true;
  }

  bool take(std::uint64_t size, std::string& out) {
    if (rest_.size() < size) return fail("Unexpected end of CBOR");
    out.append(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }

  bool boolean(bool& out) {
    Head item{};
    if (!head(item)) return false;
    if (item.major != kSimple || (item.info != 20 && item.info != 21)) return fail("Unexpected CBOR type");
    out = item.info == 21;
    return true;
  }

  template <class T>
  bool integer(T& out) {
    double value = 0;
    if (!number(value)) return false;
    value = std::floor(value);
    const auto most = static_cast<double>(std::numeric_limits<T>::max());
    const auto least = static_cast<double>(std::numeric_limits<T>::min());
    if (!(value >= least && value <= most)) return fail("A number is out of range");
    // Whole numbers beyond what a double holds exactly are taken from where they stand.
    out = value == most ? std::numeric_limits<T>::max() : static_cast<T>(value);
    if (whole_) out = static_cast<T>(*whole_);
    return true;
  }

  bool number(double& out) {
    Head item{};
    if (!head(item)) return false;
    whole_.reset();
    if (item.major == kTag) return number(out);
    if (item.major == kUnsigned || item.major == kNegative) {
      if (item.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return fail("A number is out of range");
      whole_ =
          item.major == kUnsigned ? static_cast<std::int64_t>(item.value) : -1 - static_cast<std::int64_t>(item.value);
      out = static_cast<double>(*whole_);
      return true;
    }
    if (item.major != kSimple || item.info < 25 || item.info > 27) return fail("Unexpected CBOR type");
    out = item.info == 27   ? std::bit_cast<double>(item.value)
          : item.info == 26 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(item.value)))
                            : half(static_cast<std::uint16_t>(item.value));
    return true;
  }

  static double half(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 0) return sign * std::ldexp(mantissa, -24);
    if (exponent == 31) return mantissa ? std::nan("") : sign * std::numeric_limits<double>::infinity();
    return sign * std::ldexp(mantissa + 1024, exponent - 25);
  }

  bool timestamp(Timestamp& out) {
    double value = 0;
    if (!number(value)) return false;
    if (time_ == CborTime::kSeconds) value *= 1000;
    if (!(std::abs(value) < 1e15)) return fail("A timestamp is out of range");
    out = from_millis(std::llround(value));
    return true;
  }

  // Calls each() for every element of an array or entry of a map.
  template <class Each>
  bool elements(Major major, Each each) {
    Head item{};
    if (!head(item)) return false;
    if (item.major != major) return fail("Unexpected CBOR type");
    for (std::uint64_t i = 0; item.indefinite() ? !at_break() : i < item.value; ++i) {
      if (violations_.enough()) return true;
      if (!each(i)) return false;
    }
    return true;
  }

  bool list(const Shape& shape, void* to, const Path& path) {
    return elements(kArray, [&](std::uint64_t i) {
      const Path inner{&path, {}, i + 1};
      if (!at_null()) return value(*shape.element, shape.list->append(to), inner);
      violations_.missing(inner);
      return true;
    });
  }

  bool map(const Shape& shape, void* to, const Path& path) {
    return elements(kPairs, [&](std::uint64_t) {
      std::string key;
      if (!text(kText, key)) return false;
      const Path entry{&path, key, 0, true};
      if (at_null()) return true;
      return value(*shape.element, shape.map->insert(to, key), Path{&entry, "member"});
    });
  }

  bool structure(const Shape& shape, void* to, const Path& path) {
    if (!violations_.admit_structure()) return fail("Too many structures");
    MemberSet present;
    const bool read = elements(kPairs, [&](std::uint64_t) {
      std::string key;
      if (!text(kText, key)) return false;
      for (std::size_t i = 0; i < shape.members.size(); ++i) {
        const Member& member = shape.members[i];
        if (member.name != key) continue;
        if (at_null()) return true;
        present[i] = true;
        return value(*member.shape, member.emplace(to), path.inner(member.name));
      }
      return skip();
    });
    if (!read) return false;
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      if (shape.members[i].required && !present[i]) violations_.missing(path.inner(shape.members[i].name));
    }
    return true;
  }

  // What nobody asked for.
  bool skip() {
    if (++depth_ > kMaxDepth) return fail("The document is nested too deeply");
    Head item{};
    const std::string_view before = rest_;
    bool read = head(item);
    std::string ignored;
    if (read && (item.major == kBytes || item.major == kText)) {
      rest_ = before;
      read = text(item.major, ignored);
    } else if (read && (item.major == kArray || item.major == kPairs)) {
      rest_ = before;
      read = elements(item.major, [&](std::uint64_t) { return skip() && (item.major == kArray || skip()); });
    } else if (read && item.major == kTag) {
      read = skip();
    } else if (read && item.indefinite()) {
      read = fail("Invalid CBOR");
    }
    --depth_;
    return read;
  }

  std::string_view rest_;
  CborTime time_;
  Violations& violations_;
  int depth_ = 0;
  std::optional<std::int64_t> whole_;  // the number that was read last, where it was an integer
  std::string error_;
};

void append_head(std::string& out, Major major, std::uint64_t value) {
  const auto first = static_cast<std::uint8_t>(major << 5);
  int bytes = 0;
  if (value < 24) {
    out.push_back(static_cast<char>(first | value));
    return;
  }
  if (value <= 0xFF) {
    out.push_back(static_cast<char>(first | 24));
    bytes = 1;
  } else if (value <= 0xFFFF) {
    out.push_back(static_cast<char>(first | 25));
    bytes = 2;
  } else if (value <= 0xFFFFFFFF) {
    out.push_back(static_cast<char>(first | 26));
    bytes = 4;
  } else {
    out.push_back(static_cast<char>(first | 27));
    bytes = 8;
  }
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i) & 255));
}

void append_integer(std::string& out, std::int64_t value) {
  if (value >= 0)
    append_head(out, kUnsigned, static_cast<std::uint64_t>(value));
  else
    append_head(out, kNegative, static_cast<std::uint64_t>(-1 - value));
}

void append_double(std::string& out, double value) {
  out.push_back('\xFB');
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 7; i >= 0; --i) out.push_back(static_cast<char>(bits >> (8 * i) & 255));
}

void append_timestamp(std::string& out, Timestamp value, CborTime time) {
  constexpr std::uint64_t kEpochTag = 1;
  append_head(out, kTag, kEpochTag);
  const std::int64_t millis = to_millis(value);
  if (time == CborTime::kMilliseconds)
    append_integer(out, millis);
  else
    append_double(out, static_cast<double>(millis) / 1000);
}

void append_value(const Shape& shape, const void* value, CborTime time, std::string& out) {
  switch (shape.kind) {
    case Kind::kString: append_cbor_text(out, *static_cast<const std::string*>(value)); break;
    case Kind::kBlob: {
      const auto& bytes = *static_cast<const Blob*>(value);
      append_head(out, kBytes, bytes.size());
      out += bytes;
      break;
    }
    case Kind::kBoolean: out.push_back(*static_cast<const bool*>(value) ? '\xF5' : '\xF4'); break;
    case Kind::kInteger: append_integer(out, *static_cast<const std::int32_t*>(value)); break;
    case Kind::kLong: append_integer(out, *static_cast<const std::int64_t*>(value)); break;
    case Kind::kDouble: append_double(out, *static_cast<const double*>(value)); break;
    case Kind::kTimestamp: append_timestamp(out, *static_cast<const Timestamp*>(value), time); break;
    case Kind::kList:
      append_head(out, kArray, shape.list->size(value));
      for (std::size_t i = 0; i < shape.list->size(value); ++i)
        append_value(*shape.element, shape.list->at(value, i), time, out);
      break;
    case Kind::kMap:
      append_head(out, kPairs, shape.map->size(value));
      each_entry(shape, value, [&](const std::string& key, const void* entry) {
        append_cbor_text(out, key);
        append_value(*shape.element, entry, time, out);
      });
      break;
    case Kind::kStructure: append_cbor(shape, value, time, out); break;
    case Kind::kCustom: out.push_back('\xF6'); break;
    case Kind::kEventStream: break;  // wire/event_stream.h
  }
}

}  // namespace

std::optional<std::string> read_cbor(const Shape& shape, std::string_view bytes, void* object, CborTime time,
                                     Violations& violations) {
  Reader reader(bytes, time, violations);
  if (reader.value(shape, object, Path{})) return std::nullopt;
  return std::move(reader.error());
}

void append_cbor(const Shape& shape, const void* object, CborTime time, std::string& out) {
  std::size_t present = 0;
  const auto find = [object](const Member& member) {
    return member.location == Location::kEventStream ? nullptr : member.find(object);
  };
  for (const Member& member : shape.members) present += find(member) ? 1 : 0;
  append_head(out, kPairs, present);
  for (const Member& member : shape.members) {
    const void* field = find(member);
    if (!field) continue;
    append_cbor_text(out, member.name);
    append_value(*member.shape, field, time, out);
  }
}

void append_cbor_text(std::string& out, std::string_view text) {
  append_head(out, kText, text.size());
  out += text;
}

void append_cbor_map(std::string& out, std::size_t entries) { append_head(out, kPairs, entries); }

}  // namespace leat::aws
