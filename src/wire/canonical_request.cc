#include "wire/canonical_request.h"

#include <algorithm>
#include <vector>

#include "base/encoding.h"
#include "wire/sha256.h"
#include "wire/split.h"

namespace leat::wire {
namespace {

using runtime::HttpRequest;

// A value with inner runs of spaces made one.
void append_header_value(std::string& out, std::string_view value) {
  value = trimmed(value);
  if (value.find("  ") == std::string_view::npos) {
    out += value;
    return;
  }
  bool space = false;
  for (char c : value) {
    if (c == ' ' && space) continue;
    space = c == ' ';
    out.push_back(c);
  }
}

// The path is encoded once more than it was sent, for every service but S3.
void append_canonical_path(std::string& out, std::string_view path, bool encode_again) {
  if (path.empty() || path == "/") {
    out += '/';
    return;
  }
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
    const std::string_view sent_as = name == ":authority" ? "host" : name;  // in HTTP/2
    bool first = true;
    for (const auto& header : request.headers) {
      if (header.name.size() != sent_as.size() || !runtime::equals_ignoring_case(header.name, sent_as)) continue;
      if (!first) out.push_back(',');
      first = false;
      append_header_value(out, header.value);
    }
    out.push_back('\n');
    signed_headers = rest;
  }
}

}  // namespace

void append_canonical_request(std::string& out, const HttpRequest& request, const Signature& signature) {
  const auto [path, query] = split(request.target, '?');
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
    append_hex(out, sha256(request.body));
}

}  // namespace leat::wire
