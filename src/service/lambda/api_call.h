#pragma once
// What a worker asks on its port, and how it is answered.

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/encoding.h"
#include "runtime/http.h"

namespace leat::lambda {

// Held until it is answered.
struct ApiCall {
  std::uint16_t port;
  std::string method, path, body;
  bool streamed;           // Lambda-Runtime-Function-Response-Mode: streaming
  std::string error_body;  // of a streamed response that failed: a trailer, base64
  std::string extension_name, extension_id, error_type, features;  // headers
  std::string content_type;
  runtime::HttpRespond respond;
};

inline runtime::HttpResponse api_json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

inline runtime::HttpResponse api_accepted() { return api_json(202, "{\"status\":\"OK\"}\n"); }

inline runtime::HttpResponse api_refusal(int status, std::string_view type, std::string_view message) {
  return api_json(status,
                  fmt::format("{{\"errorMessage\":{},\"errorType\":{}}}\n", json_string(message), json_string(type)));
}

}  // namespace leat::lambda
