#pragma once
// How large a body each service takes. What is larger is refused while it comes.

#include "gateway/route.h"

namespace leat::gateway {

// In bytes.
std::uint64_t largest_body(const Route& route);

// The limit for a request that was routed by its head, and the refusal in its client's words.
runtime::HttpBodyLimit body_limit(const Route& route, std::string_view request_id);

}  // namespace leat::gateway
