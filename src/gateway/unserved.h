#pragma once
// The answer to a request for a service that leat lacks, or for none at all, in the protocol that its client reads.

#include <string_view>

#include "gateway/route.h"
#include "runtime/http.h"
#include "wire/codec.h"

namespace leat::gateway {

// The answer where no operation has that path, or none is named: 404 in all protocols of AWS.
runtime::HttpResponse unknown_path(const wire::ErrorContext& context);

// `signed_service` is the credential scope's, or empty. `route` has found nobody.
runtime::HttpResponse unserved(const runtime::HttpRequest& request, std::string_view signed_service, const Route& route,
                               std::string_view request_id);

}  // namespace leat::gateway
