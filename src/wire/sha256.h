#pragma once
// SHA-256 and HMAC on plain states that are copied, not allocated: a request is hashed four times.

#include <openssl/sha.h>

#include <array>
#include <string>
#include <string_view>

namespace leat::wire {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

inline std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest sha256(std::string_view bytes);

// Appends 64 digits in lower case.
void append_hex(std::string& out, const Digest& digest);

// A key of HMAC (RFC 2104), with what is the same for all texts already hashed.
class HmacKey {
 public:
  explicit HmacKey(std::string_view key);
  Digest of(std::string_view text) const;

 private:
  SHA256_CTX inner_, outer_;
};

}  // namespace leat::wire
