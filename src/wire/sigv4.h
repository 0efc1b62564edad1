#pragma once
// Signature Version 4, in headers and in query strings.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.h"
#include "base/clock.h"
#include "base/result.h"
#include "runtime/http.h"
#include "wire/sha256.h"

namespace leat::wire {

// What a request says of its own signature. Views into the request, but for what had to be decoded.
struct Signature {
  std::string access_key;
  std::string_view date;  // 20261121
  std::string_view region;
  std::string_view service;
  std::string_view signed_headers;  // host;x-amz-date
  std::string_view signature;       // 64 hexadecimal digits
  std::string_view time;            // 20261121T045400Z
  std::string_view session_token;
  std::optional<std::uint32_t> expires;  // seconds; of a presigned URL
  std::string storage[6];                // decoded query parameters that the views point into

  Signature() = default;
  Signature(const Signature&) = delete;  // the views would dangle
  Signature(Signature&&) = delete;
};

enum class SignatureForm : std::uint8_t { kNone, kWellFormed, kIncomplete };

// Fills `out`. `problem` says what an incomplete one lacks, in AWS's words.
SignatureForm parse_signature(const runtime::HttpRequest& request, Signature& out, std::string& problem);

// Good for a day in one region and service.
HmacKey signing_key(std::string_view secret, const Signature& signature);

// Whether the request was signed with that key.
bool verify(const runtime::HttpRequest& request, const Signature& signature, const HmacKey& signing_key);

struct SigningScope {
  std::string_view region, service;
};

// The Authorization header of a request that is to be sent. It has X-Amz-Date already; all its headers are signed.
std::string authorization(const runtime::HttpRequest& request, const aws::Credential& credential,
                          const SigningScope& scope);

// 20261121T045400Z
std::string basic_date(TimePoint time);

}  // namespace leat::wire
