#include "service/dynamodb/value/decimal.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "engine/kv/key.h"

namespace leat::dynamodb {
namespace {

constexpr std::size_t kMaxDigits = 38;
constexpr int kMaxExponent = 126;   // 9.99E+125 = 0.999E+126
constexpr int kMinExponent = -129;  // 1E-130 = 0.1E-129

constexpr std::string_view kNoNumber = "The parameter cannot be converted to a numeric value";
constexpr std::string_view kOverflow =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
constexpr std::string_view kUnderflow =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";

std::unexpected<std::string> problem(std::string_view message) { return std::unexpected(std::string(message)); }
std::unexpected<std::string> not_a_number(std::string_view text) {
  return std::unexpected(std::string(kNoNumber) + ": " + std::string(text));
}

// Strips zeros and checks the range.
Result<Decimal, std::string> normalized(Decimal value) {
  const auto first = value.digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal{};
  value.digits.erase(0, first);
  value.exponent -= static_cast<int>(first);
  value.digits.erase(value.digits.find_last_not_of('0') + 1);
  if (value.exponent > kMaxExponent) return problem(kOverflow);
  if (value.exponent < kMinExponent) return problem(kUnderflow);
  if (value.digits.size() > kMaxDigits) return problem("Attempting to store more than 38 significant digits in a Number");
  return value;
}

// Of a sum: one with too many digits overflows.
Result<Decimal, std::string> computed(Decimal value) {
  auto out = normalized(std::move(value));
  if (!out && out.error() != kUnderflow) return problem(kOverflow);
  return out;
}

// How a number is written: sign, digits with their point, exponent. Parts of a text that is no number are missing.
struct Written {
  bool negative = false;
  std::string digits;
  std::int64_t fraction = 0;  // digits behind the point
  std::int64_t power = 0;
};

// Nothing where it is no number, or its exponent has more than 64 bits.
std::optional<Written> read(std::string_view text) {
  Written out;
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) out.negative = text[i++] == '-';
  bool point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      out.digits.push_back(c);
      out.fraction += point ? 1 : 0;
    } else {
      break;
    }
  }
  if (out.digits.empty()) return std::nullopt;
  if (i == text.size()) return out;
  if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
  if (++i < text.size() && text[i] == '+') ++i;
  const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), out.power);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

int compare_magnitude(const Decimal& left, const Decimal& right) {
  if (left.digits.empty() || right.digits.empty())
    return static_cast<int>(!left.digits.empty()) - static_cast<int>(!right.digits.empty());
  if (left.exponent != right.exponent) return left.exponent < right.exponent ? -1 : 1;
  return left.digits.compare(right.digits);
}

// Both as digit strings of equal length over the same exponent.
struct Aligned {
  std::string left, right;
  int exponent;
};
Aligned align(const Decimal& left, const Decimal& right) {
  const int top = std::max(left.exponent, right.exponent);
  const auto padded = [&](const Decimal& value) {
    return std::string(static_cast<std::size_t>(top - value.exponent), '0') + value.digits;
  };
  Aligned out{padded(left), padded(right), top};
  const std::size_t size = std::max(out.left.size(), out.right.size());
  out.left.resize(size, '0');
  out.right.resize(size, '0');
  return out;
}

std::string add_digits(const std::string& left, const std::string& right) {
  std::string out(left.size() + 1, '0');
  int carry = 0;
  for (std::size_t i = left.size(); i-- > 0;) {
    const int sum = left[i] - '0' + right[i] - '0' + carry;
    out[i + 1] = static_cast<char>('0' + sum % 10);
    carry = sum / 10;
  }
  out[0] = static_cast<char>('0' + carry);
  return out;
}

// left >= right
std::string subtract_digits(const std::string& left, const std::string& right) {
  std::string out(left.size(), '0');
  int borrow = 0;
  for (std::size_t i = left.size(); i-- > 0;) {
    const int difference = left[i] - right[i] - borrow;
    borrow = difference < 0;
    out[i] = static_cast<char>('0' + difference + (borrow ? 10 : 0));
  }
  return out;
}

}  // namespace

Result<Decimal, std::string> Decimal::parse(std::string_view text) {
  auto written = read(text);
  if (!written) return not_a_number(text);
  constexpr std::int64_t kFar = 100000;
  const std::int64_t power = std::clamp(written->power, -kFar, kFar);
  const std::int64_t size = static_cast<std::int64_t>(written->digits.size());
  if (power != 0 && written->digits.find_first_not_of('0') == std::string::npos) {
    // Zero has the range of its exponent.
    if (power - written->fraction >= kMaxExponent) return problem(kOverflow);
    if (power - written->fraction < kMinExponent - 1) return problem(kUnderflow);
  }
  const int exponent = static_cast<int>(size - written->fraction + power);
  return normalized({written->negative, exponent, std::move(written->digits)});
}

std::string older_problem(std::string_view text, std::string_view current) {
  if (text.empty()) return std::string(kNoNumber);
  const auto written = read(text);
  if (!written) return {};
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (written->power > kMost || written->power < -kMost) return not_a_number(text).error();
  const std::int64_t size = static_cast<std::int64_t>(written->digits.size());
  return current == kOverflow && size - written->fraction + written->power > kMost ? std::string(kUnderflow)
                                                                                   : std::string();
}

std::string Decimal::text() const {
  if (digits.empty()) return "0";
  std::string out = negative ? "-" : "";
  const int size = static_cast<int>(digits.size());
  if (exponent <= 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent), '0') + digits;
  if (exponent >= size) return out + digits + std::string(static_cast<std::size_t>(exponent - size), '0');
  return out + digits.substr(0, static_cast<std::size_t>(exponent)) + "." +
         digits.substr(static_cast<std::size_t>(exponent));
}

// sign (0 negative, 1 zero, 2 positive), then u32 exponent + 1000, then each digit as 1 to 10, ended by 0.
// For a negative number everything after the sign is complemented.
void Decimal::append_ordered(std::string& out) const {
  if (digits.empty()) {
    out.push_back('\1');
    return;
  }
  out.push_back(negative ? '\0' : '\2');
  const std::size_t start = out.size();
  kv::append_u32(out, static_cast<std::uint32_t>(exponent + 1000));
  for (char digit : digits) out.push_back(static_cast<char>(digit - '0' + 1));
  out.push_back('\0');
  if (!negative) return;
  for (std::size_t i = start; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

Decimal Decimal::take_ordered(std::string_view& bytes) {
  Decimal out;
  const char sign = bytes.front();
  bytes.remove_prefix(1);
  if (sign == '\1') return out;
  out.negative = sign == '\0';
  const unsigned char flip = out.negative ? 0xFF : 0;
  std::uint32_t exponent = 0;
  for (std::size_t i = 0; i < 4; ++i) exponent = exponent << 8 | (static_cast<unsigned char>(bytes[i]) ^ flip);
  out.exponent = static_cast<int>(exponent) - 1000;
  bytes.remove_prefix(4);
  while (true) {
    const unsigned char digit = static_cast<unsigned char>(bytes.front()) ^ flip;
    bytes.remove_prefix(1);
    if (digit == 0) return out;
    out.digits.push_back(static_cast<char>('0' + digit - 1));
  }
}

int compare(const Decimal& left, const Decimal& right) {
  if (left.negative != right.negative) return left.negative ? -1 : 1;
  const int magnitude = compare_magnitude(left, right);
  return left.negative ? -magnitude : magnitude;
}

Result<Decimal, std::string> add(const Decimal& left, const Decimal& right) {
  if (left.digits.empty()) return right;
  if (right.digits.empty()) return left;
  const Aligned aligned = align(left, right);
  if (left.negative == right.negative) {
    return computed({left.negative, aligned.exponent + 1, add_digits(aligned.left, aligned.right)});
  }
  const int order = compare_magnitude(left, right);
  if (order == 0) return Decimal{};
  if (order > 0) return computed({left.negative, aligned.exponent, subtract_digits(aligned.left, aligned.right)});
  return computed({right.negative, aligned.exponent, subtract_digits(aligned.right, aligned.left)});
}

Result<Decimal, std::string> subtract(const Decimal& left, const Decimal& right) {
  Decimal negated = right;
  if (!negated.digits.empty()) negated.negative = !negated.negative;
  return add(left, negated);
}

}  // namespace leat::dynamodb
