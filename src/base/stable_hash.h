#pragma once
// FNV-1a with a final mix: the same in every version, for it is persisted.

#include <cstdint>
#include <string_view>

namespace leat {

inline std::uint32_t stable_hash(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001B3ULL;
  hash ^= hash >> 32;
  hash *= 0x9E3779B97F4A7C15ULL;
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace leat
