#include "service/lambda/package_links.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <charconv>

#include "base/encoding.h"
#include "base/query_string.h"

namespace leat::lambda {
namespace {

constexpr auto kLifetime = std::chrono::minutes(10);

}  // namespace

std::string PackageLinks::link(std::string_view endpoint_url, std::string_view package) const {
  const std::string expires = std::to_string(to_millis(clock_.now() + kLifetime));
  return fmt::format("{}{}{}?Expires={}&Signature={}", endpoint_url, kPath, package, expires, signature(package, expires));
}

std::optional<std::string> PackageLinks::package(std::string_view path, std::string_view query) const {
  std::string expires, given;
  for (const auto& [name, value] : parse_query_string(query)) {
    if (name == "Expires") expires = value;
    if (name == "Signature") given = value;
  }
  const std::string_view package = path.substr(kPath.size());
  const std::string right = signature(package, expires);
  if (given.size() != right.size() || CRYPTO_memcmp(given.data(), right.data(), right.size()) != 0) return std::nullopt;
  std::int64_t until = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), until);
  return to_millis(clock_.now()) <= until ? std::optional(std::string(package)) : std::nullopt;
}

std::string PackageLinks::signature(std::string_view package, std::string_view expires) const {
  const std::string text = fmt::format("{}\n{}", package, expires);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  std::size_t size = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key_.data(), key_.size(),
            reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), out.size(), &size);
  return hex_encode({reinterpret_cast<const char*>(out.data()), size});
}

}  // namespace leat::lambda
