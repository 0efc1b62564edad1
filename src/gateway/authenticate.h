#pragma once
// From a request to its caller.

#include <string>

#include "aws/caller.h"
#include "aws/error.h"
#include "base/clock.h"
#include "gateway/ambient.h"
#include "runtime/http.h"
#include "wire/sigv4.h"

namespace leat::gateway {

struct Authenticator {
  const aws::CredentialSource& credentials;
  const Clock& clock;
  const AmbientAuthority& ambient;

  // The service is the one that will answer, for the clock skew that it allows.
  aws::Result<aws::Caller> authenticate(const runtime::HttpRequest& request, const wire::Signature& signature,
                                        std::string_view service) const;
};

}  // namespace leat::gateway
