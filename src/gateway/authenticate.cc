#include "gateway/authenticate.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/encoding.h"

namespace leat::gateway {
namespace {

using namespace aws::errors;

Duration allowed_skew(std::string_view service) {
  const bool strict = service == "lambda" || service == "monitoring" || service == "logs";
  return std::chrono::minutes(strict ? 5 : 15);
}

aws::Result<void> check_time(const wire::Signature& signature, TimePoint now, Duration skew) {
  const auto time = parse_basic_date(signature.time);
  if (!time || !signature.time.starts_with(signature.date)) {
    return aws::fail(
        kInvalidSignature,
        fmt::format(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}'",
            signature.date, signature.time));
  }
  const Duration life =
      signature.expires ? std::chrono::duration_cast<Duration>(std::chrono::seconds(*signature.expires)) : skew;
  if (*time + life < now) {
    return aws::fail(kInvalidSignature,
                     fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", signature.time,
                                 wire::basic_date(now - skew), wire::basic_date(now), skew / std::chrono::minutes(1)));
  }
  if (*time - skew > now) {
    return aws::fail(kInvalidSignature,
                     fmt::format("Signature not yet current: {} is still later than {} ({} + {} min.)", signature.time,
                                 wire::basic_date(now + skew), wire::basic_date(now), skew / std::chrono::minutes(1)));
  }
  return {};
}

// Signing keys of this thread, by what they were made from: five hashes saved on each request.
const std::string& cached_signing_key(const aws::Credential& credential, const wire::Signature& signature) {
  constexpr std::size_t kMaxKeys = 1024;
  thread_local std::unordered_map<std::string, std::string> cache;
  std::string made_from =
      fmt::format("{}/{}/{}/{}", credential.secret_key, signature.date, signature.region, signature.service);
  auto found = cache.find(made_from);
  if (found == cache.end()) {
    if (cache.size() >= kMaxKeys) cache.clear();
    found = cache.emplace(std::move(made_from), wire::signing_key(credential.secret_key, signature)).first;
  }
  return found->second;
}

}  // namespace

aws::Result<aws::Caller> Authenticator::authenticate(const runtime::HttpRequest& request,
                                                     const wire::Signature& signature, std::string_view service) const {
  const auto credential = credentials.find_credential(signature.access_key);
  aws::Caller caller;
  if (credential) {
    if (credential->session_token != signature.session_token)
      return aws::fail(kUnrecognizedClient, "The security token included in the request is invalid.");
    if (credential->expiration && *credential->expiration <= clock.now())
      return aws::fail(kExpiredToken, "The security token included in the request is expired");
    TRY_VOID(check_time(signature, clock.unmoved(), allowed_skew(service)));
    if (!wire::verify(request, signature, cached_signing_key(*credential, signature))) {
      return aws::fail(kInvalidSignature,
                       "The request signature we calculated does not match the signature you provided. Check your AWS "
                       "Secret Access Key and "
                       "signing method. Consult the service documentation for details.");
    }
    caller.account = credential->account;
    caller.arn = credential->arn;
    caller.principal_id = credential->principal_id;
  } else if (auto ambient_caller = ambient.caller(request, signature.access_key)) {
    // The secret of an unknown key is unknown too; its date is still held against the clock.
    TRY_VOID(check_time(signature, clock.unmoved(), allowed_skew(service)));
    caller = std::move(*ambient_caller);
  } else {
    return aws::fail(kUnrecognizedClient, "The security token included in the request is invalid.");
  }
  caller.region = signature.region;
  caller.access_key = signature.access_key;
  return caller;
}

}  // namespace leat::gateway
