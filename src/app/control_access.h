#pragma once
// Who may use the control endpoints. They ask for no key on loopback, so that any test suite can reset the server, and
// are therefore closed to every web page but the console's, which brings the token of this start. Where other machines
// reach the server they want a signature of the account's root, for the service "leat".

#include <string>

#include "gateway/authenticate.h"
#include "runtime/http.h"

namespace leat::app {

inline constexpr std::string_view kControlService = "leat";
inline constexpr std::string_view kConsoleHost = "console.localhost";

class ControlAccess {
 public:
  enum class Programs : std::uint8_t { kOpen, kSigned };
  ControlAccess(Programs programs, const gateway::Authenticator& authenticator, std::string token)
      : programs_(programs), authenticator_(authenticator), token_(std::move(token)) {}

  bool allows(const runtime::HttpRequest& request) const;

 private:
  bool bears_token(const runtime::HttpRequest& request) const;
  bool signed_by_root(const runtime::HttpRequest& request) const;

  const Programs programs_;
  const gateway::Authenticator& authenticator_;
  const std::string token_;
};

}  // namespace leat::app
