#include "wire/sigv4.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "wire/canonical_request.h"
#include "wire/split.h"

namespace leat::wire {
namespace {

using runtime::HttpRequest;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string_view query_of(std::string_view target) { return split(target, '?').second; }

// AKID/20261121/us-east-1/dynamodb/aws4_request
bool parse_credential(std::string_view credential, Signature& out) {
  // An access key holds no slash in AWS, but the last four parts are what is certain.
  std::string_view parts[4];
  for (int i = 3; i >= 0; --i) {
    const auto slash = credential.rfind('/');
    if (slash == std::string_view::npos) return false;
    parts[i] = credential.substr(slash + 1);
    credential = credential.substr(0, slash);
  }
  out.access_key = credential;
  out.date = parts[0];
  out.region = parts[1];
  out.service = parts[2];
  return parts[3] == "aws4_request" && !credential.empty() && out.date.size() == 8;
}

std::string_view header_parameter(std::string_view authorization, std::string_view name) {
  std::string_view rest = authorization;
  while (!rest.empty()) {
    auto [part, later] = split(rest, ',');
    part = trimmed(part);
    if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=')
      return part.substr(name.size() + 1);
    rest = later;
  }
  return {};
}

SignatureForm parse_header(const HttpRequest& request, std::string_view authorization, Signature& out,
                           std::string& problem) {
  const std::string_view parameters = trimmed(authorization.substr(kAlgorithm.size()));
  const std::string_view credential = header_parameter(parameters, "Credential");
  out.signature = header_parameter(parameters, "Signature");
  out.signed_headers = header_parameter(parameters, "SignedHeaders");
  out.time = request.header("x-amz-date");
  out.session_token = request.header("x-amz-security-token");
  for (const auto& [value, name] :
       {std::pair{credential, "Credential"}, {out.signature, "Signature"}, {out.signed_headers, "SignedHeaders"}}) {
    if (value.empty()) problem += std::string("Authorization header requires '") + name + "' parameter. ";
  }
  if (out.time.empty() && request.header("date").empty()) {
    problem += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (problem.empty() && parse_credential(credential, out)) return SignatureForm::kWellFormed;
  if (problem.empty())
    problem = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" +
              std::string(credential) + "'";
  problem += "Authorization=" + std::string(authorization);
  return SignatureForm::kIncomplete;
}

// Fills `out`, where `text` is a number of seconds up to a week. What it is else is the answer, in AWS's words.
std::string parse_life(std::string_view text, std::optional<std::uint32_t>& out) {
  constexpr std::uint32_t kWeek = 604800;
  std::int64_t seconds = 0;
  if (text.empty()) return {};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return "X-Amz-Expires should be a number";
  if (seconds < 0) return "X-Amz-Expires must be non-negative";
  if (seconds > kWeek) {
    return "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
           "604800 seconds";
  }
  out = static_cast<std::uint32_t>(seconds);
  return {};
}

SignatureForm parse_query(std::string_view query, Signature& out, std::string& problem) {
  static constexpr std::string_view kNames[] = {"X-Amz-Credential", "X-Amz-Date",           "X-Amz-SignedHeaders",
                                                "X-Amz-Signature",  "X-Amz-Security-Token", "X-Amz-Expires"};
  while (!query.empty()) {
    auto [parameter, rest] = split(query, '&');
    const auto [name, value] = split(parameter, '=');
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
      if (name == kNames[i]) out.storage[i] = percent_decode(value).value_or("");
    }
    query = rest;
  }
  out.time = out.storage[1];
  out.signed_headers = out.storage[2];
  out.signature = out.storage[3];
  out.session_token = out.storage[4];
  problem = parse_life(out.storage[5], out.expires);
  if (!problem.empty()) return SignatureForm::kIncomplete;
  if (parse_credential(out.storage[0], out) && !out.time.empty() && !out.signed_headers.empty() &&
      !out.signature.empty() && out.expires) {
    return SignatureForm::kWellFormed;
  }
  problem =
      "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', "
      "'X-Amz-SignedHeaders', 'X-Amz-Date' and 'X-Amz-Expires'. Re-examine the query-string parameters.";
  return SignatureForm::kIncomplete;
}

}  // namespace

SignatureForm parse_signature(const HttpRequest& request, Signature& out, std::string& problem) {
  const std::string_view authorization = request.header("authorization");
  if (split(authorization, ' ').first == kAlgorithm) return parse_header(request, authorization, out, problem);
  if (!authorization.empty()) {
    problem = "Unsupported authorization type. Authorization=" + std::string(split(authorization, ' ').first);
    return SignatureForm::kIncomplete;
  }
  const std::string_view query = query_of(request.target);
  if (query.find("X-Amz-Algorithm=") == std::string_view::npos) return SignatureForm::kNone;
  if (query.find("X-Amz-Algorithm=AWS4-HMAC-SHA256&") != std::string_view::npos ||
      query.ends_with("X-Amz-Algorithm=AWS4-HMAC-SHA256"))
    return parse_query(query, out, problem);
  problem = "Unsupported AWS 'algorithm': (only AWS4-HMAC-SHA256 for now). ";
  return SignatureForm::kIncomplete;
}

HmacKey signing_key(std::string_view secret, const Signature& signature) {
  HmacKey key("AWS4" + std::string(secret));
  for (std::string_view part : {signature.date, signature.region, signature.service, std::string_view("aws4_request")})
    key = HmacKey(view(key.of(part)));
  return key;
}

namespace {

std::string sign(const HttpRequest& request, const Signature& signature, const HmacKey& key) {
  thread_local std::string canonical, to_sign;  // kept for their room
  canonical.clear();
  append_canonical_request(canonical, request, signature);
  to_sign = kAlgorithm;
  to_sign += '\n';
  to_sign += signature.time;
  to_sign += '\n';
  for (std::string_view part : {signature.date, signature.region, signature.service}) {
    to_sign += part;
    to_sign += '/';
  }
  to_sign += "aws4_request\n";
  append_hex(to_sign, sha256(canonical));
  std::string out;
  append_hex(out, key.of(to_sign));
  return out;
}

}  // namespace

bool verify(const HttpRequest& request, const Signature& signature, const HmacKey& key) {
  const std::string expected = sign(request, signature, key);
  return signature.signature.size() == expected.size() &&
         CRYPTO_memcmp(expected.data(), signature.signature.data(), expected.size()) == 0;
}

std::string authorization(const HttpRequest& request, const aws::Credential& credential, const SigningScope& scope) {
  Signature signature;
  signature.time = request.header("x-amz-date");
  signature.date = signature.time.substr(0, 8);
  signature.region = scope.region;
  signature.service = scope.service;
  std::vector<std::string> names;
  for (const auto& header : request.headers) names.push_back(lower_case(header.name));
  std::sort(names.begin(), names.end());
  const std::string joined = fmt::format("{}", fmt::join(names, ";"));
  signature.signed_headers = joined;
  return fmt::format("{} Credential={}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={}", kAlgorithm,
                     credential.access_key, signature.date, scope.region, scope.service, joined,
                     sign(request, signature, signing_key(credential.secret_key, signature)));
}

std::string basic_date(TimePoint time) {
  std::string text = format_iso8601(time);
  text.erase(text.find('.'), 4);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace leat::wire
