#include "base/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace leat {
namespace {

constexpr std::string_view kHexLower = "0123456789abcdef";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_base64_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64.size(); ++i)
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto kBase64Values = make_base64_values();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::optional<TimePoint> civil_time(int year, int month, int day, int hour, int minute, int second) {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
                        std::chrono::day(static_cast<unsigned>(day));
  return time_point_cast<Duration>(date) + hours(hour) + minutes(minute) + seconds(second);
}

// True where a byte of the eight is below 0x20, a quote or a backslash.
bool has_escaped(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U, kHigh = 0x8080808080808080U;
  const auto has_below = [](std::uint64_t word, std::uint64_t limit) { return (word - kOnes * limit) & ~word & kHigh; };
  return (has_below(bytes, 0x20) | has_below(bytes ^ (kOnes * '"'), 1) | has_below(bytes ^ (kOnes * '\\'), 1)) != 0;
}

// Where the next character stands that a JSON string does not hold as it is, or the end.
std::size_t next_escaped(std::string_view text, std::size_t from) {
  for (std::uint64_t bytes = 0; from + sizeof bytes <= text.size(); from += sizeof bytes) {
    std::memcpy(&bytes, text.data() + from, sizeof bytes);
    if (has_escaped(bytes)) break;
  }
  for (; from < text.size(); ++from) {
    const unsigned char c = static_cast<unsigned char>(text[from]);
    if (c < 0x20 || c == '"' || c == '\\') break;
  }
  return from;
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) {
    out.push_back(kHexLower[byte >> 4]);
    out.push_back(kHexLower[byte & 15]);
  }
  return out;
}

void append_base64(std::string& out, std::string_view bytes) {
  std::size_t i = 0;
  const auto at = [&](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[index]));
  };
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int shift : {18, 12, 6, 0}) out.push_back(kBase64[group >> shift & 63]);
  }
  if (i == bytes.size()) return;
  const bool two = i + 2 == bytes.size();
  const std::uint32_t group = at(i) << 16 | (two ? at(i + 1) << 8 : 0);
  out.push_back(kBase64[group >> 18 & 63]);
  out.push_back(kBase64[group >> 12 & 63]);
  out.push_back(two ? kBase64[group >> 6 & 63] : '=');
  out.push_back('=');
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  append_base64(out, bytes);
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const int value = pad ? 0 : kBase64Values[static_cast<unsigned char>(text[i])];
    if (value < 0) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 == 3) {
      for (int shift : {16, 8, 0}) out.push_back(static_cast<char>(group >> shift & 255));
      group = 0;
    }
  }
  out.resize(out.size() - padding);
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = next_escaped(text, 0); i < text.size(); i = next_escaped(text, i + 1)) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out.push_back(kHexLower[c >> 4]);
        out.push_back(kHexLower[c & 15]);
    }
  }
  out.append(text, plain, text.size() - plain);
  out.push_back('"');
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_json_member(std::string& out, std::string_view name, std::string_view text) {
  if (!out.ends_with('{')) out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

std::string percent_encode(std::string_view text, Slash slash) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c) || (c == '/' && slash == Slash::kKeep)) {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    out.push_back(kHexUpper[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kHexUpper[c & 15]);
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    }
  }
  return out;
}

namespace {

// How many bytes the character at the beginning has; 0 where there is none.
std::size_t utf8_character(std::string_view text) {
  const unsigned char lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t extra = lead >= 0xF0 && lead < 0xF5   ? 3
                            : lead >= 0xE0 && lead < 0xF0 ? 2
                            : lead >= 0xC2 && lead < 0xE0 ? 1
                                                          : 0;
  if (extra == 0 || extra >= text.size()) return 0;
  std::uint32_t point = lead & (0x3FU >> extra);
  for (std::size_t k = 1; k <= extra; ++k) {
    const unsigned char next = static_cast<unsigned char>(text[k]);
    if ((next & 0xC0) != 0x80) return 0;
    point = point << 6 | (next & 0x3F);
  }
  const bool overlong = (extra == 2 && point < 0x800) || (extra == 3 && point < 0x10000);
  return overlong || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000) ? 0 : extra + 1;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string made_utf8(std::string text) {
  if (is_valid_utf8(text)) return text;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t size = utf8_character(rest);
    out += size == 0 ? "\xEF\xBF\xBD" : rest.substr(0, size);
    rest.remove_prefix(std::max<std::size_t>(1, size));
  }
  return out;
}

std::string format_iso8601(TimePoint time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<TimePoint> parse_basic_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  int field[6];
  constexpr std::size_t kStart[] = {0, 4, 6, 9, 11, 13};
  for (int i = 0; i < 6; ++i) {
    int value = 0;
    for (std::size_t k = kStart[i]; k < kStart[i] + (i == 0 ? 4U : 2U); ++k) {
      if (text[k] < '0' || text[k] > '9') return std::nullopt;
      value = value * 10 + (text[k] - '0');
    }
    field[i] = value;
  }
  return civil_time(field[0], field[1], field[2], field[3], field[4], field[5]);
}

namespace {

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kWeekdays = "SunMonTueWedThuFriSat";

// `second` may have a fraction.
std::optional<TimePoint> civil_time(int year, int month, int day, int hour, int minute, double second) {
  if (!(second >= 0 && second < 61)) return std::nullopt;
  const auto whole = civil_time(year, month, day, hour, minute, static_cast<int>(second));
  if (!whole) return std::nullopt;
  return *whole + Duration(std::lround((second - static_cast<int>(second)) * 1000));
}

}  // namespace

std::optional<TimePoint> parse_iso8601(std::string_view text) {
  int year, month, day, hour, minute, used = 0;
  double second;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%lfZ%n", &year, &month, &day, &hour, &minute, &second, &used) !=
          6 ||
      static_cast<std::size_t>(used) != copy.size()) {
    return std::nullopt;
  }
  return civil_time(year, month, day, hour, minute, second);
}

std::string format_http_date(TimePoint time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kWeekdays.substr(3 * weekday(day).c_encoding(), 3),
                     static_cast<unsigned>(date.day()), kMonths.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3),
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  int year, day, hour, minute, used = 0;
  double second;
  char name[4];
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%lf GMT%n", &day, name, &year, &hour, &minute,
                  &second, &used) != 6 ||
      static_cast<std::size_t>(used) != copy.size()) {
    return std::nullopt;
  }
  const auto month = kMonths.find(name);
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  return civil_time(year, static_cast<int>(month / 3) + 1, day, hour, minute, second);
}

}  // namespace leat
