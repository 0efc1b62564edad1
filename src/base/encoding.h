#pragma once
// Text forms of bytes: hexadecimal, base64, JSON strings, percent-encoding; and dates.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace leat {

std::string hex_encode(std::string_view bytes);

std::string base64_encode(std::string_view bytes);
void append_base64(std::string& out, std::string_view bytes);

// Strict: standard alphabet, padding required, nothing else. nullopt otherwise.
std::optional<std::string> base64_decode(std::string_view text);

// Appends `text` as a quoted JSON string. Bytes of 0x80 and above pass through, so valid UTF-8 stays valid.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);
// To an object that has begun: a member whose value is a text.
void append_json_member(std::string& out, std::string_view name, std::string_view text);

// RFC 3986, upper-case hexadecimal; everything but unreserved characters is encoded (and '/' unless kept).
enum class Slash { kEncode, kKeep };
std::string percent_encode(std::string_view text, Slash slash = Slash::kEncode);

// nullopt for a broken escape. '+' is a space where `plus_is_space` asks for form encoding.
enum class Plus { kLiteral, kSpace };
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::kLiteral);

// ASCII letters in lower case; other bytes as they are.
std::string lower_case(std::string_view text);

bool is_valid_utf8(std::string_view text);
// The same, with U+FFFD for each byte that is of no character.
std::string made_utf8(std::string text);

// 2026-11-21T04:54:00.000Z
std::string format_iso8601(TimePoint time);
// 20261121T045400Z, as SigV4 writes dates.
std::optional<TimePoint> parse_basic_date(std::string_view text);
// 2026-11-21T04:54:00Z with or without a fraction.
std::optional<TimePoint> parse_iso8601(std::string_view text);
// Sun, 06 Nov 1994 08:49:37 GMT, as headers have it; a fraction of a second is read, too.
std::string format_http_date(TimePoint time);
std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace leat
