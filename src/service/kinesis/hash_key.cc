#include "service/kinesis/hash_key.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace leat::kinesis {

std::string format_hash_key(HashKey key) {
  std::string out;
  do {
    out.push_back(static_cast<char>('0' + static_cast<int>(key % 10)));
    key /= 10;
  } while (key > 0);
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<HashKey> parse_hash_key(std::string_view text) {
  HashKey out = 0;
  if (text.empty()) return std::nullopt;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const HashKey digit = static_cast<HashKey>(c - '0');
    if (out > (kLastHashKey - digit) / 10) return std::nullopt;
    out = out * 10 + digit;
  }
  return out;
}

HashKey hash_of(std::string_view partition_key) {
  // Found once and kept: OpenSSL looks an algorithm up anew for each digest that is made without.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "MD5", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  unsigned char digest[16];
  EVP_DigestInit_ex2(context.get(), algorithm, nullptr);
  EVP_DigestUpdate(context.get(), partition_key.data(), partition_key.size());
  EVP_DigestFinal_ex(context.get(), digest, nullptr);
  HashKey out = 0;
  for (unsigned char byte : digest) out = out << 8 | byte;
  return out;
}

HashKey range_start(std::size_t n, std::size_t count) {
  // The last of all ranges may be a little longer: 2^128 need not divide.
  return kLastHashKey / count * n +
         (n > 0 && count > 1 ? static_cast<HashKey>(n) * (kLastHashKey % count + 1) / count : 0);
}

}  // namespace leat::kinesis
