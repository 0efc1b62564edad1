#pragma once
// Order-preserving pieces of keys.
//
//   text     bytes with 0x00 written as 0x00 0xFF, ended by 0x00 0x01; so "a" < "ab" < "b" holds for tuples too
//   u32, u64 big-endian

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::kv {

inline void append_text(std::string& key, std::string_view text) {
  for (char c : text) {
    key.push_back(c);
    if (c == '\0') key.push_back('\xFF');
  }
  key.push_back('\0');
  key.push_back('\x01');
}

// Removes one text from the front of `key` and returns it.
inline std::string take_text(std::string_view& key) {
  std::string out;
  std::size_t i = 0;
  while (i + 1 < key.size() && !(key[i] == '\0' && key[i + 1] == '\x01')) {
    out.push_back(key[i]);
    i += key[i] == '\0' ? 2 : 1;
  }
  key.remove_prefix(i + 2 <= key.size() ? i + 2 : key.size());
  return out;
}

inline void append_u32(std::string& key, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift & 255));
}

inline void append_u64(std::string& key, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(value >> shift & 255));
}

[[noreturn]] void fail_short();

// Throws DamagedRow where `bytes` holds less than eight.
inline std::uint64_t read_u64(std::string_view bytes) {
  if (bytes.size() < 8) [[unlikely]]
    fail_short();
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// A tuple of texts.
template <class... Parts>
std::string make_key(const Parts&... parts) {
  std::string key;
  (append_text(key, parts), ...);
  return key;
}

// Where a service keeps what it has of an account and a region: text(account) text(region), a letter of the service's own,
// and one for the kind of row: its operations.list has both. What belongs to no account has empty texts for both, and a
// letter that no other service has.
inline std::string home_key(std::string_view account, std::string_view region, char service, char room) {
  std::string key = make_key(account, region);
  key += service;
  key += room;
  return key;
}

}  // namespace leat::kv
