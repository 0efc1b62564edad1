#pragma once
// One request to a server of this machine, for command lines and tests.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http.h"

namespace leat::runtime {

// Waits for the answer, however long. nullopt where nobody answers.
std::optional<HttpResponse> http_request(const std::string& address, std::uint16_t port, const HttpRequest& request);

}  // namespace leat::runtime
