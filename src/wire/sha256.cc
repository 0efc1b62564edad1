// The newer interface looks algorithms up and allocates contexts; that cost more than the hashing.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "wire/sha256.h"

#include <cstdint>

namespace leat::wire {
namespace {

SHA256_CTX begun_with(const std::array<char, SHA256_CBLOCK>& block) {
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, block.data(), block.size());
  return state;
}

Digest ended_with(SHA256_CTX state, std::string_view bytes) {
  Digest digest;
  SHA256_Update(&state, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &state);
  return digest;
}

}  // namespace

Digest sha256(std::string_view bytes) {
  SHA256_CTX state;
  SHA256_Init(&state);
  return ended_with(state, bytes);
}

void append_hex(std::string& out, const Digest& digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 2 * SHA256_DIGEST_LENGTH> text;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = kDigits[digest[i] >> 4];
    text[2 * i + 1] = kDigits[digest[i] & 15];
  }
  out.append(text.data(), text.size());
}

HmacKey::HmacKey(std::string_view key) {
  constexpr char kInner = 0x36, kOuter = 0x5C;
  Digest hashed;
  if (key.size() > SHA256_CBLOCK) {
    hashed = sha256(key);
    key = view(hashed);
  }
  std::array<char, SHA256_CBLOCK> inner{}, outer{};
  for (std::size_t i = 0; i < SHA256_CBLOCK; ++i) {
    const char byte = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(byte ^ kInner);
    outer[i] = static_cast<char>(byte ^ kOuter);
  }
  inner_ = begun_with(inner);
  outer_ = begun_with(outer);
}

Digest HmacKey::of(std::string_view text) const { return ended_with(outer_, view(ended_with(inner_, text))); }

}  // namespace leat::wire
