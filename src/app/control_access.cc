#include "app/control_access.h"

#include <openssl/crypto.h>

#include "gateway/host_names.h"

namespace leat::app {
namespace {

// The console's page asks its own origin only.
bool is_console(const runtime::HttpRequest& request) {
  const std::string_view host = request.header("host");
  const std::string_view origin = request.header("origin");
  return gateway::without_port(host) == kConsoleHost && (origin.empty() || origin.substr(origin.find("//") + 2) == host);
}

}  // namespace

bool ControlAccess::allows(const runtime::HttpRequest& request) const {
  if (request.door != 0) return false;
  if (gateway::Pages::sent(request)) return is_console(request) && bears_token(request);
  return programs_ == Programs::kOpen || bears_token(request) || signed_by_root(request);
}

bool ControlAccess::bears_token(const runtime::HttpRequest& request) const {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view given = request.header("authorization");
  return given.starts_with(kBearer) && given.size() == kBearer.size() + token_.size() &&
         CRYPTO_memcmp(given.data() + kBearer.size(), token_.data(), token_.size()) == 0;
}

bool ControlAccess::signed_by_root(const runtime::HttpRequest& request) const {
  wire::Signature signature;
  std::string problem;
  if (wire::parse_signature(request, signature, problem) != wire::SignatureForm::kWellFormed) return false;
  if (signature.service != kControlService) return false;
  const auto caller = authenticator_.authenticate(request, signature, {kControlService});
  return caller && caller->arn.ends_with(":root");
}

}  // namespace leat::app
