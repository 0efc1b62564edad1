#include "wire/signed_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "wire/split.h"

namespace leat::wire {
namespace {

// Of these a signature need not tell: it holds the date by itself, a token belongs to one key, the others decide
// nothing here. AWS takes them unsigned, too, and some clients send them so.
constexpr std::string_view kNeedNoSignature[] = {"x-amz-date", "x-amz-security-token", "x-amz-user-agent",
                                                 "x-amz-cf-id"};
constexpr std::string_view kContentHash = "x-amz-content-sha256";  // decides in S3 alone

bool is_amz(std::string_view name) {
  constexpr std::string_view kPrefix = "x-amz-";
  return name.size() > kPrefix.size() && runtime::equals_ignoring_case(name.substr(0, kPrefix.size()), kPrefix);
}

bool lists(std::string_view signed_headers, std::string_view name) {
  while (!signed_headers.empty()) {
    const auto [each, rest] = split(signed_headers, ';');
    if (each.size() == name.size() && runtime::equals_ignoring_case(each, name)) return true;
    signed_headers = rest;
  }
  return false;
}

bool needs_signature(std::string_view name, std::string_view service) {
  if (runtime::equals_ignoring_case(name, kContentHash)) return service == "s3";
  return std::none_of(std::begin(kNeedNoSignature), std::end(kNeedNoSignature),
                      [&](std::string_view each) { return runtime::equals_ignoring_case(each, name); });
}

// Regions are not listed: any name is one that could be.
bool is_region(std::string_view region) {
  constexpr std::size_t kLongest = 63;
  return !region.empty() && region.size() <= kLongest &&
         std::all_of(region.begin(), region.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

std::string unsigned_header(std::string_view name) {
  return fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", name);
}

}  // namespace

std::optional<std::string> uncovered(const runtime::HttpRequest& request, const Signature& signature,
                                     std::string_view service) {
  if (signature.service != service)
    return fmt::format("Credential should be scoped to correct service: '{}'. ", service);
  if (!is_region(signature.region)) return "Credential should be scoped to a valid region. ";
  if (!lists(signature.signed_headers, "host") && !lists(signature.signed_headers, ":authority"))
    return unsigned_header("Host' or ':authority");
  for (const auto& header : request.headers) {
    if (is_amz(header.name) && !lists(signature.signed_headers, header.name) && needs_signature(header.name, service))
      return unsigned_header(lower_case(header.name));
  }
  return std::nullopt;
}

}  // namespace leat::wire
