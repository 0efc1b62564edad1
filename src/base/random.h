#pragma once
// Identifiers and secrets from the kernel's random source.

#include <cstddef>
#include <string>
#include <string_view>

namespace leat {

class Random {
 public:
  virtual ~Random() = default;

  // `size` unpredictable bytes.
  virtual std::string bytes(std::size_t size);

  // A version 4 UUID in lower case, 36 characters.
  std::string uuid();

  // `size` characters drawn evenly from `alphabet` (at most 256 characters).
  std::string text(std::size_t size, std::string_view alphabet);
};

// The alphabets of AWS's identifiers.
inline constexpr std::string_view kUpperAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
inline constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
inline constexpr std::string_view kSecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace leat
