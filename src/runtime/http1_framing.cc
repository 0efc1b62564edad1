#include "runtime/http1_framing.h"

#include "runtime/http.h"

namespace leat::runtime {

namespace http = boost::beast::http;

namespace {

constexpr int kBadRequest = 400;
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
constexpr int kUnknownTransferEncoding = 501;

// A header that goes on in the next line: https://www.rfc-editor.org/rfc/rfc9112#name-obsolete-line-folding
bool is_folded(std::string_view raw) {
  for (auto at = raw.find('\n'); at != std::string_view::npos && at + 1 < raw.size(); at = raw.find('\n', at + 1)) {
    if (raw[at + 1] == ' ' || raw[at + 1] == '\t') return true;
  }
  return false;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view value_of(const http::request_header<>& head, http::field field) {
  const auto value = head[field];
  return {value.data(), value.size()};
}

}  // namespace

int framing_problem(std::string_view raw, const http::request_header<>& head) {
  const std::size_t lengths = head.count(http::field::content_length);
  const std::size_t encodings = head.count(http::field::transfer_encoding);
  if (is_folded(raw) || lengths > 1 || encodings > 1) return kBadRequest;
  // Beast takes a list of equal ones.
  if (lengths > 0 && !is_number(value_of(head, http::field::content_length))) return kBadRequest;
  if (encodings == 0) return 0;
  if (!equals_ignoring_case(value_of(head, http::field::transfer_encoding), "chunked")) return kUnknownTransferEncoding;
  return lengths > 0 || head.version() < 11 ? kBadRequest : 0;
}

}  // namespace leat::runtime
