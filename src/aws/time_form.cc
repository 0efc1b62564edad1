#include "aws/time_form.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/encoding.h"

namespace leat::aws {
namespace {

std::optional<Timestamp> parse_unix(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(seconds) < 1e12)) return std::nullopt;
  return from_millis(std::llround(seconds * 1000));
}

std::string format_unix(Timestamp time) {
  const std::int64_t millis = to_millis(time);
  return millis % 1000 ? fmt::format("{}.{:03}", millis / 1000, std::abs(millis % 1000)) : std::to_string(millis / 1000);
}

}  // namespace

std::optional<Timestamp> parse_time(TimeForm form, std::string_view text) {
  if (form == TimeForm::kHttp) return parse_http_date(text);
  return form == TimeForm::kUnix ? parse_unix(text) : parse_iso8601(text);
}

std::string format_time(TimeForm form, Timestamp time) {
  if (form == TimeForm::kHttp) return format_http_date(time);
  return form == TimeForm::kUnix ? format_unix(time) : format_iso8601(time);
}

}  // namespace leat::aws
