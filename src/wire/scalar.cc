#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "aws/time_form.h"
#include "base/encoding.h"
#include "wire/codecs.h"

namespace leat::wire {
namespace {

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

aws::TimeForm time_form(const aws::Shape& shape, aws::TimeForm of_protocol) {
  return shape.time == aws::TimeForm::kOfProtocol ? of_protocol : shape.time;
}

std::string double_text(double value) {
  if (std::isfinite(value)) return fmt::format("{}", value);
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

}  // namespace

bool read_scalar(const aws::Shape& shape, std::string_view text, void* value, aws::TimeForm form) {
  using aws::Kind;
  switch (shape.kind) {
    case Kind::kString: static_cast<std::string*>(value)->assign(text); return is_valid_utf8(text);
    case Kind::kBlob: {
      auto bytes = base64_decode(text);
      if (bytes) *static_cast<aws::Blob*>(value) = std::move(*bytes);
      return bytes.has_value();
    }
    case Kind::kBoolean:
      *static_cast<bool*>(value) = text == "true" || text == "True";
      return *static_cast<bool*>(value) || text == "false" || text == "False";
    case Kind::kInteger: return read_number(text, *static_cast<std::int32_t*>(value));
    case Kind::kLong: return read_number(text, *static_cast<std::int64_t*>(value));
    case Kind::kDouble: return read_number(text, *static_cast<double*>(value));
    case Kind::kTimestamp: {
      const auto time = aws::parse_time(time_form(shape, form), text);
      if (time) *static_cast<aws::Timestamp*>(value) = *time;
      return time.has_value();
    }
    default: return false;
  }
}

std::string write_scalar(const aws::Shape& shape, const void* value, aws::TimeForm form) {
  using aws::Kind;
  switch (shape.kind) {
    case Kind::kString: return *static_cast<const std::string*>(value);
    case Kind::kBlob: return base64_encode(*static_cast<const aws::Blob*>(value));
    case Kind::kBoolean: return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kInteger: return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong: return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::kDouble: return double_text(*static_cast<const double*>(value));
    case Kind::kTimestamp: return aws::format_time(time_form(shape, form), *static_cast<const aws::Timestamp*>(value));
    default: return {};
  }
}

}  // namespace leat::wire
