#pragma once
// What GET / answers where nobody has signed it: a page to a browser, and AWS's few words to all others.

#include "runtime/http.h"

namespace leat::gateway {

// Whether it asks for no service's anything.
bool is_greeting(const runtime::HttpRequest& request);
runtime::HttpResponse greeting(const runtime::HttpRequest& request);

}  // namespace leat::gateway
