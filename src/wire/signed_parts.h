#pragma once
// What a signature must cover, and for what it is good, whoever made it.

#include <optional>
#include <string>
#include <string_view>

#include "runtime/http.h"
#include "wire/sigv4.h"

namespace leat::wire {

// What is wrong with the signature for that service, in AWS's words; nullopt where it covers the host and all headers
// that decide something, and is for that service and a region.
std::optional<std::string> uncovered(const runtime::HttpRequest& request, const Signature& signature,
                                     std::string_view service);

}  // namespace leat::wire
