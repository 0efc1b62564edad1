#pragma once
// From a request to its caller.

#include <string>

#include "aws/caller.h"
#include "aws/error.h"
#include "aws/operation.h"
#include "base/clock.h"
#include "gateway/ambient.h"
#include "runtime/http.h"
#include "wire/sigv4.h"

namespace leat::gateway {

// What a signature is held against.
struct SigningScope {
  std::string_view service;
  Duration skew = std::chrono::minutes(15);
};
inline SigningScope scope_of(const aws::ServiceModel& model) { return {model.signing_name, model.skew}; }

class Authenticator {
 public:
  Authenticator(const aws::CredentialSource& credentials, const Clock& clock, const AmbientAuthority& ambient)
      : credentials_(credentials), clock_(clock), ambient_(ambient) {}

  // The service is the one that will answer: a signature for another is none.
  aws::Result<aws::Caller> authenticate(const runtime::HttpRequest& request, const wire::Signature& signature,
                                        const SigningScope& scope) const;

 private:
  aws::Result<aws::Caller> known(const runtime::HttpRequest& request, const wire::Signature& signature,
                                 const aws::Credential& credential, Duration skew) const;
  aws::Result<aws::Caller> unknown(const runtime::HttpRequest& request, const wire::Signature& signature,
                                   Duration skew) const;

  const aws::CredentialSource& credentials_;
  const Clock& clock_;
  const AmbientAuthority& ambient_;
};

}  // namespace leat::gateway
