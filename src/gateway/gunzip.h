#pragma once
// Compressed request bodies: SDKs of today send PutMetricData so.

#include <optional>
#include <string>
#include <string_view>

namespace leat::gateway {

// nullopt where it is no gzip, or is larger than `limit` bytes unpacked.
std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit);

}  // namespace leat::gateway
