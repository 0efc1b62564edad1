#include "gateway/cors.h"

namespace leat::gateway {
namespace {

void add_origin(const Pages& pages, std::string_view origin, const runtime::HttpRequest& request,
                runtime::HttpResponse& response) {
  const bool own = pages.allows(origin, request);
  response.headers.emplace_back("Access-Control-Allow-Origin", own ? std::string(origin) : "*");
  response.headers.emplace_back("Vary", "Origin");
}

}  // namespace

void add_cors(const Pages& pages, const runtime::HttpRequest& request, runtime::HttpResponse& response) {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return;
  add_origin(pages, origin, request, response);
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "x-amz-*,ETag,x-amzn-requestid,x-amzn-errortype,x-amz-crc32");
}

bool is_preflight(const runtime::HttpRequest& request) {
  return request.method == "OPTIONS" && !request.header("origin").empty();
}

runtime::HttpResponse preflight(const Pages& pages, const runtime::HttpRequest& request) {
  runtime::HttpResponse response;
  add_origin(pages, request.header("origin"), request, response);
  const std::string_view wanted = request.header("access-control-request-headers");
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET,HEAD,PUT,POST,DELETE,OPTIONS,PATCH");
  response.headers.emplace_back("Access-Control-Allow-Headers", wanted.empty() ? "*" : std::string(wanted));
  response.headers.emplace_back("Access-Control-Max-Age", "172800");
  return response;
}

}  // namespace leat::gateway
