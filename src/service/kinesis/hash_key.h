#pragma once
// Hash keys: the 128 bits that place a record in a shard, written in decimal.

#include <optional>
#include <string>
#include <string_view>

namespace leat::kinesis {

using HashKey = unsigned __int128;

inline constexpr HashKey kLastHashKey = ~HashKey(0);

std::string format_hash_key(HashKey key);
std::optional<HashKey> parse_hash_key(std::string_view text);

// The MD5 of a partition key.
HashKey hash_of(std::string_view partition_key);

// The first hash key of the nth of `count` equal ranges.
HashKey range_start(std::size_t n, std::size_t count);

}  // namespace leat::kinesis
