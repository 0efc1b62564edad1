#include "gateway/greeting.h"

#include <fmt/format.h>

#include "base/query_string.h"

namespace leat::gateway {
namespace {

constexpr std::string_view kPage = R"(<!doctype html>
<meta charset="utf-8">
<title>leat</title>
<h1>leat answers</h1>
<p>The AWS APIs of the event-driven stack, on one port. Use it with any AWS client:</p>
<pre>export AWS_ENDPOINT_URL=http://localhost:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1</pre>
)";

}  // namespace

bool is_greeting(const runtime::HttpRequest& request) {
  const auto [path, query] = split_target(request.target);
  return (request.method == "GET" || request.method == "HEAD") && path == "/" &&
         query.find("Action=") == std::string_view::npos;
}

runtime::HttpResponse greeting(const runtime::HttpRequest& request) {
  if (request.header("accept").find("text/html") != std::string_view::npos)
    return {200, {{"Content-Type", "text/html"}, {"Content-Security-Policy", "default-src 'none'"}}, std::string(kPage)};
  return {200,
          {{"Content-Type", "text/plain"}, {"X-Content-Type-Options", "nosniff"}},
          fmt::format("healthy: {} ", request.header("host"))};
}

}  // namespace leat::gateway
