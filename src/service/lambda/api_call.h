#pragma once
// What a worker asks on its port, and how it is answered.

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "runtime/http.h"

namespace leat::lambda {

// Of a response that is streamed.
inline constexpr const char* kResponseMode = "lambda-runtime-function-response-mode";
inline constexpr const char* kStreaming = "streaming";

// Held until it is answered.
struct ApiCall {
  std::uint32_t place;  // of the worker that asks
  std::string method, path, body;
  std::map<std::string, std::string> headers;  // and trailers; names in small letters
  runtime::HttpRespond respond;
  std::shared_ptr<const void> room = {};  // as in HttpRequest

  const std::string& header(const std::string& name) const {
    static const std::string kNone;
    const auto found = headers.find(name);
    return found == headers.end() ? kNone : found->second;
  }
};

inline runtime::HttpResponse api_json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

inline runtime::HttpResponse api_accepted() { return api_json(202, "{\"status\":\"OK\"}\n"); }

inline runtime::HttpResponse api_refusal(int status, std::string_view type, std::string_view message) {
  return api_json(status,
                  fmt::format("{{\"errorMessage\":{},\"errorType\":{}}}\n", json_string(message), json_string(type)));
}

inline constexpr std::size_t kMaxResponse = 6291556;  // bytes: 6 MB and a little, as Lambda says it

inline runtime::HttpResponse too_large(std::size_t limit) {
  return api_refusal(413, "RequestEntityTooLarge",
                     fmt::format("Exceeded maximum allowed payload size ({} bytes).", limit));
}

}  // namespace leat::lambda
