#pragma once
// What lets a page read an answer: https://developer.mozilla.org/docs/Web/HTTP/Guides/CORS
// The user's own pages are named. To all others AWS's services say "*", and so does leat: there a page has read nothing
// but what its own key gave it, since it has no other authority (pages.h).

#include "gateway/pages.h"
#include "runtime/http.h"

namespace leat::gateway {

void add_cors(const Pages& pages, const runtime::HttpRequest& request, runtime::HttpResponse& response);

// A browser's question before a request: OPTIONS with an Origin.
bool is_preflight(const runtime::HttpRequest& request);
runtime::HttpResponse preflight(const Pages& pages, const runtime::HttpRequest& request);

}  // namespace leat::gateway
