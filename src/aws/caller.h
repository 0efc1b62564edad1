#pragma once
// Who makes a request, and where.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/departure.h"

namespace leat::aws {

struct Caller {
  std::string account;       // 12 digits
  std::string region;        // us-east-1
  std::string arn;           // arn:aws:iam::000000000000:root, or the user or assumed role
  std::string principal_id;  // the account, AIDA…, or AROA…:session
  std::string service = {};     // events.amazonaws.com, where a service acts and nobody else
  std::string source_arn = {};  // the resource that it acts for
  std::string access_key;
  std::string request_id;
  std::string source_ip;  // empty where no client asks
  std::string user_agent;
  std::string trace;     // X-Amzn-Trace-Id, as it came
  std::string endpoint;  // where leat was reached, for URLs in answers: http://localhost:4566
  std::shared_ptr<Departure> departure;  // tells a waiting operation that nobody waits for its answer any longer
};

// What a key belongs to. Permanent keys have no session token and no expiry. One that must not be used has no secret.
struct Credential {
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  std::optional<TimePoint> expiration;
  std::string account;
  std::string arn;
  std::string principal_id;
};

// Who knows access keys. Implemented by the IAM service.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual std::optional<Credential> find_credential(std::string_view access_key) const = 0;
};

}  // namespace leat::aws
