#pragma once
// From a request to its caller.

#include <string>

#include "aws/caller.h"
#include "aws/error.h"
#include "base/clock.h"
#include "runtime/http.h"
#include "wire/sigv4.h"

namespace leat::gateway {

// What becomes of access keys that leat does not know.
enum class UnknownKeys : std::uint8_t {
  kRoot,  // the account's root; a 12-digit key is the account
  kRefused,
};

struct Authenticator {
  const aws::CredentialSource& credentials;
  const Clock& clock;
  UnknownKeys unknown_keys;

  // The service is the one that will answer, for the clock skew that it allows.
  aws::Result<aws::Caller> authenticate(const runtime::HttpRequest& request, const wire::Signature& signature,
                                        std::string_view service) const;
};

inline constexpr std::string_view kDefaultAccount = "000000000000";

}  // namespace leat::gateway
