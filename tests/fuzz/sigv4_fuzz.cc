// Any bytes as a request's target and its headers.

#include <cstdint>

#include "base/query_string.h"
#include "wire/paths.h"
#include "wire/sigv4.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = text.find('\n');
  const auto second = first == std::string_view::npos ? first : text.find('\n', first + 1);
  runtime::HttpRequest request;
  request.method = "POST";
  request.target = text.substr(0, first);
  if (first != std::string_view::npos)
    request.headers.push_back({"authorization", text.substr(first + 1, second - first - 1)});
  if (second != std::string_view::npos) request.headers.push_back({"x-amz-date", text.substr(second + 1)});
  wire::Signature signature;
  std::string problem;
  if (wire::parse_signature(request, signature, problem) == wire::SignatureForm::kWellFormed) {
    (void)wire::verify(request, signature, wire::signing_key("secret", signature));
  }
  (void)parse_query_string(split_target(request.target).second);
  static constexpr aws::Operation kOperation{.http_method = "POST", .http_path = "/functions/{FunctionName}/{Rest+}", .selector = "?a b"};
  static const wire::Paths kPaths(aws::ServiceModel{.operations = std::span(&kOperation, 1)});
  wire::Labels labels;
  (void)kPaths.find(request, parse_query_string(split_target(request.target).second), labels);
  return 0;
}
