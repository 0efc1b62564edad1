#pragma once
// HTTP requests as events of payload version 2.0, and what functions answer to them as responses.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads

#include <optional>
#include <string>
#include <string_view>

#include "aws/caller.h"
#include "base/clock.h"
#include "runtime/http.h"

namespace leat::lambda {

struct HttpEventContext {
  std::string account;  // that owns the function
  std::string url_id;
  std::string request_id;
  TimePoint time;
  std::optional<aws::Caller> caller;  // who signed
};

// The event, as JSON.
std::string http_event(const runtime::HttpRequest& request, const HttpEventContext& context);

// What a function's result means: an object with a statusCode says all of it, anything else is a JSON body.
runtime::HttpResponse http_response(std::string_view result);

// The head of a streamed response: the JSON before eight zero bytes. nullopt where it is none.
std::optional<runtime::HttpResponse> http_prelude(std::string_view json);

}  // namespace leat::lambda
