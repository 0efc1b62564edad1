#include "aws/access_key_id.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

namespace leat::aws {
namespace {

constexpr std::size_t kPrefixSize = 4, kDigits = 16;
constexpr unsigned kDigitBits = 5, kRandomBits = 25, kMarkBits = 14;

using Bits = unsigned __int128;

// The finalizer of MurmurHash3 over what stands before the mark. It never changes: keys live long.
std::uint64_t mark_of(Bits named) {
  std::uint64_t mixed = static_cast<std::uint64_t>(named) ^ (static_cast<std::uint64_t>(named >> 64) << 13) ^ 0x6C65617400000001U;
  mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDU;
  mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53U;
  return (mixed ^ (mixed >> 33)) & ((1U << kMarkBits) - 1);
}

std::optional<Bits> decode(std::string_view digits) {
  Bits out = 0;
  for (const char digit : digits) {
    const auto value = kBase32.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    out = out << kDigitBits | value;
  }
  return out;
}

std::string encode(Bits bits) {
  std::string out(kDigits, '\0');
  for (std::size_t i = kDigits; i-- > 0; bits >>= kDigitBits) out[i] = kBase32[static_cast<std::size_t>(bits & 31)];
  return out;
}

}  // namespace

std::string make_access_key_id(std::string_view prefix, std::string_view account, Random& random) {
  std::uint64_t number = 0;
  std::from_chars(account.data(), account.data() + account.size(), number);
  std::uint32_t drawn = 0;
  const std::string bytes = random.bytes(sizeof drawn);
  std::memcpy(&drawn, bytes.data(), sizeof drawn);
  const Bits named = static_cast<Bits>(number) << kRandomBits | (drawn & ((1U << kRandomBits) - 1));
  return std::string(prefix) + encode(named << kMarkBits | mark_of(named));
}

bool was_issued(std::string_view id) {
  if (id.size() != kPrefixSize + kDigits || (!id.starts_with(kPermanentKey) && !id.starts_with(kTemporaryKey)))
    return false;
  const auto bits = decode(id.substr(kPrefixSize));
  if (!bits || *bits >> (kDigits * kDigitBits - 1)) return false;
  return (*bits & ((1U << kMarkBits) - 1)) == mark_of(*bits >> kMarkBits);
}

}  // namespace leat::aws
