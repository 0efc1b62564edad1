#pragma once
// Compressed bodies, of requests (SDKs of today send PutMetricData so) and of answers, where the client asks for them.

#include <optional>
#include <string>
#include <string_view>

#include "runtime/http.h"

namespace leat::gateway {

enum class Coding : std::uint8_t { kNone, kGzip, kDeflate };

// nullopt where it is no gzip, or is larger than `limit` bytes unpacked.
std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit);

// Which of ours a client likes best, as DynamoDB reads Accept-Encoding.
Coding preferred_coding(std::string_view accept_encoding);

// Compresses an answer that is large enough, where its request asks for it.
void compress(const runtime::HttpRequest& request, runtime::HttpResponse& response);

}  // namespace leat::gateway
