#include "engine/sandbox/package_names.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "base/encoding.h"

namespace leat::sandbox {
namespace {

constexpr std::size_t kHeader = 46;  // of an entry in the central directory, before its name
constexpr std::size_t kNameLength = 28;
constexpr std::uint32_t kBuckets = 1U << 17;
constexpr std::uint8_t kMaxInBucket = 64;       // a million names have some thirty in the fullest
constexpr std::size_t kMaxOtherEncoding = 1000;  // they are hashed as libzip converts them

// https://github.com/nih-at/libzip/blob/v1.7.3/lib/zip_hash.c
std::uint32_t hash_of(std::string_view name) {
  std::uint32_t out = 5381;
  for (const char c : name) out = out * 33 + static_cast<unsigned char>(c);
  return out;
}

}  // namespace

// Every header is looked at, wherever it stands: which directory libzip takes for the package's is its own choice. Names
// that stand in packages within the package again are the same names.
bool has_colliding_names(std::string_view zip) {
  std::unordered_set<std::size_t> seen;
  std::unordered_map<std::uint32_t, std::uint8_t> buckets;
  std::size_t others = 0;
  for (std::size_t at = 0; (at = zip.find("PK\1\2", at)) != std::string_view::npos; at += 4) {
    if (zip.size() - at < kHeader) break;
    const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(zip[at + offset]); };
    const std::string_view name = zip.substr(at + kHeader, byte(kNameLength) | byte(kNameLength + 1) << 8U);
    if (!seen.insert(std::hash<std::string_view>()(name)).second) continue;
    if (!is_valid_utf8(name) && ++others > kMaxOtherEncoding) return true;
    if (++buckets[hash_of(name) % kBuckets] > kMaxInBucket) return true;
  }
  return false;
}

}  // namespace leat::sandbox
