#include "gateway/authenticate.h"

#include <fmt/format.h>

#include <unordered_map>

#include "aws/access_key_id.h"
#include "base/encoding.h"
#include "gateway/host_names.h"
#include "wire/signed_parts.h"

namespace leat::gateway {
namespace {

using namespace aws::errors;

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
const wire::HmacKey& cached_signing_key(const aws::Credential& credential, const wire::Signature& signature) {
  constexpr std::size_t kMaxKeys = 1024;
  thread_local std::unordered_map<std::string, wire::HmacKey> cache;
  thread_local std::string made_from;  // kept for its room
  made_from = credential.secret_key;
  for (const std::string_view part : {signature.date, signature.region, signature.service}) {
    made_from += '/';
    made_from += part;
  }
  auto found = cache.find(made_from);
  if (found == cache.end()) {
    if (cache.size() >= kMaxKeys) cache.clear();
    found = cache.emplace(made_from, wire::signing_key(credential.secret_key, signature)).first;
  }
  return found->second;
}

std::unexpected<aws::Error> nobody() {
  return aws::fail(kUnrecognizedClient, "The security token included in the request is invalid.");
}

}  // namespace

aws::Result<aws::Caller> Authenticator::authenticate(const runtime::HttpRequest& request,
                                                     const wire::Signature& signature,
                                                     const SigningScope& scope) const {
  if (auto problem = wire::uncovered(request, signature, scope.service))
    return aws::fail(kInvalidSignature, std::move(*problem));
  const auto credential = credentials_.find_credential(signature.access_key);
  aws::Caller caller = credential ? TRY(known(request, signature, *credential, scope.skew))
                                  : TRY(unknown(request, signature, scope.skew));
  caller.region = region_in(request.header("host"));
  if (caller.region.empty()) caller.region = signature.region;
  caller.access_key = signature.access_key;
  return caller;
}

aws::Result<aws::Caller> Authenticator::known(const runtime::HttpRequest& request, const wire::Signature& signature,
                                              const aws::Credential& credential, Duration skew) const {
  if (credential.secret_key.empty() || credential.session_token != signature.session_token) return nobody();
  if (credential.expiration && *credential.expiration <= clock_.now())
    return aws::fail(kExpiredToken, "The security token included in the request is expired");
  TRY_VOID(check_time(signature, clock_.unmoved(), skew));
  if (!wire::verify(request, signature, cached_signing_key(credential, signature))) {
    return aws::fail(kInvalidSignature,
                     "The request signature we calculated does not match the signature you provided. Check your AWS "
                     "Secret Access Key and signing method. Consult the service documentation for details.");
  }
  aws::Caller caller;
  caller.account = credential.account;
  caller.arn = credential.arn;
  caller.principal_id = credential.principal_id;
  return caller;
}

// The secret of an unknown key is unknown too; its date is still held against the clock.
aws::Result<aws::Caller> Authenticator::unknown(const runtime::HttpRequest& request,
                                                const wire::Signature& signature, Duration skew) const {
  if (aws::was_issued(signature.access_key)) return nobody();
  auto caller = ambient_.caller(request, signature.access_key);
  if (!caller) return nobody();
  TRY_VOID(check_time(signature, clock_.unmoved(), skew));
  return std::move(*caller);
}

}  // namespace leat::gateway
