#include "wire/sigv4.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "base/encoding.h"

namespace leat::wire {
namespace {

using runtime::HttpRequest;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kBlock = 64;

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// Fetched once for each thread: looking the algorithm up costs more than hashing a small request.
class Sha256 {
 public:
  Sha256()
      : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free),
        algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free) {}
  void begin() { EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  Digest end() {
    Digest digest;
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
  }
  static Digest of(std::string_view bytes) {
    Sha256& hash = instance();
    hash.begin();
    hash.add(bytes);
    return hash.end();
  }
  static Sha256& instance() {
    thread_local Sha256 hash;
    return hash;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
};

std::string_view view(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

// RFC 2104, on the hash above.
Digest hmac(std::string_view key, std::string_view text) {
  std::array<char, kBlock> inner{}, outer{};
  Digest hashed;
  if (key.size() > kBlock) {
    hashed = Sha256::of(key);
    key = view(hashed);
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    const char byte = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(byte ^ 0x36);
    outer[i] = static_cast<char>(byte ^ 0x5C);
  }
  Sha256& hash = Sha256::instance();
  hash.begin();
  hash.add({inner.data(), kBlock});
  hash.add(text);
  const Digest first = hash.end();
  hash.begin();
  hash.add({outer.data(), kBlock});
  hash.add(view(first));
  return hash.end();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A value with inner runs of spaces made one.
void append_header_value(std::string& out, std::string_view value) {
  bool space = false;
  for (char c : trimmed(value)) {
    if (c == ' ' && space) continue;
    space = c == ' ';
    out.push_back(c);
  }
}

std::pair<std::string_view, std::string_view> split(std::string_view text, char at) {
  const auto found = text.find(at);
  return found == std::string_view::npos ? std::pair{text, std::string_view()}
                                         : std::pair{text.substr(0, found), text.substr(found + 1)};
}

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
  std::uint32_t expires = 0;
  const auto& text = out.storage[5];
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), expires);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) out.expires = expires;
  if (parse_credential(out.storage[0], out) && !out.time.empty() && !out.signed_headers.empty() &&
      !out.signature.empty() && out.expires) {
    return SignatureForm::kWellFormed;
  }
  problem =
      "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', "
      "'X-Amz-SignedHeaders', 'X-Amz-Date' and 'X-Amz-Expires'. Re-examine the query-string parameters.";
  return SignatureForm::kIncomplete;
}

// The path is encoded once more than it was sent, for every service but S3.
void append_canonical_path(std::string& out, std::string_view path, bool encode_again) {
  if (path.empty()) path = "/";
  if (encode_again)
    out += percent_encode(path, Slash::kKeep);
  else
    out += percent_encode(percent_decode(path).value_or(std::string(path)), Slash::kKeep);
}

void append_canonical_query(std::string& out, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    auto [parameter, rest] = split(query, '&');
    const auto [name, value] = split(parameter, '=');
    if (!parameter.empty() && name != "X-Amz-Signature") {
      parameters.emplace_back(percent_encode(percent_decode(name).value_or("")),
                              percent_encode(percent_decode(value).value_or("")));
    }
    query = rest;
  }
  std::sort(parameters.begin(), parameters.end());
  bool first = true;
  for (const auto& [name, value] : parameters) {
    if (!first) out.push_back('&');
    first = false;
    out += name;
    out.push_back('=');
    out += value;
  }
}

void append_canonical_headers(std::string& out, const HttpRequest& request, std::string_view signed_headers) {
  while (!signed_headers.empty()) {
    const auto [name, rest] = split(signed_headers, ';');
    out += name;
    out.push_back(':');
    bool first = true;
    for (const auto& header : request.headers) {
      if (!runtime::equals_ignoring_case(header.name, name)) continue;
      if (!first) out.push_back(',');
      first = false;
      append_header_value(out, header.value);
    }
    out.push_back('\n');
    signed_headers = rest;
  }
}

std::string canonical_request(const HttpRequest& request, const Signature& signature) {
  const auto [path, query] = split(request.target, '?');
  std::string out;
  out.reserve(512);
  out += request.method;
  out.push_back('\n');
  append_canonical_path(out, path, signature.service != "s3");
  out.push_back('\n');
  append_canonical_query(out, query);
  out.push_back('\n');
  append_canonical_headers(out, request, signature.signed_headers);
  out.push_back('\n');
  out += signature.signed_headers;
  out.push_back('\n');
  const std::string_view declared = request.header("x-amz-content-sha256");
  if (signature.service == "s3" && !declared.empty())
    out += declared;
  else if (signature.service == "s3" && signature.expires)
    out += "UNSIGNED-PAYLOAD";
  else
    out += hex_encode(view(Sha256::of(request.body)));
  return out;
}

}  // namespace

SignatureForm parse_signature(const HttpRequest& request, Signature& out, std::string& problem) {
  const std::string_view authorization = request.header("authorization");
  if (authorization.starts_with(kAlgorithm)) return parse_header(request, authorization, out, problem);
  if (!authorization.empty()) {
    problem = "Unsupported authorization type. Authorization=" + std::string(split(authorization, ' ').first);
    return SignatureForm::kIncomplete;
  }
  const std::string_view query = query_of(request.target);
  if (query.find("X-Amz-Algorithm=") != std::string_view::npos) return parse_query(query, out, problem);
  return SignatureForm::kNone;
}

std::string signing_key(std::string_view secret, const Signature& signature) {
  Digest key = hmac("AWS4" + std::string(secret), signature.date);
  for (std::string_view part : {signature.region, signature.service, std::string_view("aws4_request")})
    key = hmac(view(key), part);
  return std::string(view(key));
}

namespace {

std::string sign(const HttpRequest& request, const Signature& signature, std::string_view key) {
  std::string to_sign;
  to_sign.reserve(200);
  to_sign += kAlgorithm;
  to_sign += '\n';
  to_sign += signature.time;
  to_sign += '\n';
  for (std::string_view part : {signature.date, signature.region, signature.service}) {
    to_sign += part;
    to_sign += '/';
  }
  to_sign += "aws4_request\n";
  to_sign += hex_encode(view(Sha256::of(canonical_request(request, signature))));
  return hex_encode(view(hmac(key, to_sign)));
}

}  // namespace

bool verify(const HttpRequest& request, const Signature& signature, std::string_view key) {
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
