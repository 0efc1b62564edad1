#include "service/lambda/http_event.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/encoding.h"
#include "base/query_string.h"

namespace leat::lambda {
namespace {

using runtime::HttpRequest;
using runtime::HttpResponse;
using Texts = std::map<std::string, std::string>;

// Of several of a name, all, with commas between them.
void add(Texts& texts, const std::string& name, std::string_view value) {
  auto [entry, fresh] = texts.try_emplace(name, value);
  if (!fresh) entry->second += fmt::format(",{}", value);
}

std::string json_of(const Texts& texts) {
  std::string out = "{";
  for (const auto& [name, value] : texts) append_json_member(out, name, value);
  return out + "}";
}

Texts query_of(std::string_view query) {
  Texts out;
  for (const auto& [name, value] : parse_query_string(query)) add(out, name, value);
  return out;
}

// The media types that AWS gives as text; everything else comes in base64.
bool is_text(std::string_view content_type) {
  const std::string type = lower_case(content_type.substr(0, content_type.find(';')));
  static constexpr std::array kTexts{"application/json", "application/xml", "application/javascript"};
  return type.empty() || type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::find(kTexts.begin(), kTexts.end(), type) != kTexts.end();
}

std::string cookies_json(std::string_view header) {
  std::string out = "[";
  while (!header.empty()) {
    const auto end = header.find(';');
    std::string_view cookie = header.substr(0, end);
    while (cookie.starts_with(' ')) cookie.remove_prefix(1);
    if (!cookie.empty()) out += (out.size() > 1 ? "," : "") + json_string(cookie);
    header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);
  }
  return out + "]";
}

std::string authorizer_json(const aws::Caller& caller) {
  return fmt::format(
      R"("authorizer":{{"iam":{{"accessKey":{},"accountId":{},"callerId":{},"cognitoIdentity":null,"principalOrgId":null,"userArn":{},"userId":{}}}}},)",
      json_string(caller.access_key), json_string(caller.account), json_string(caller.principal_id),
      json_string(caller.arn), json_string(caller.principal_id));
}

// 12/Mar/2020:19:03:58 +0000
std::string clf_time(TimePoint time) {
  return fmt::format("{:%d/%b/%Y:%H:%M:%S} +0000", fmt::gmtime(static_cast<std::time_t>(to_millis(time) / 1000)));
}

std::string request_context(const HttpRequest& request, const HttpEventContext& context, std::string_view path) {
  const std::string_view host = request.header("host");
  return fmt::format(
      R"({{"accountId":{},"apiId":{},{}"domainName":{},"domainPrefix":{},"http":{{"method":{},"path":{},"protocol":"HTTP/1.1","sourceIp":{},"userAgent":{}}},"requestId":{},"routeKey":"$default","stage":"$default","time":{},"timeEpoch":{}}})",
      json_string(context.caller ? context.account : "anonymous"), json_string(context.url_id),
      context.caller ? authorizer_json(*context.caller) : "", json_string(host.substr(0, host.find(':'))),
      json_string(context.url_id), json_string(request.method), json_string(path), json_string(request.peer),
      json_string(request.header("user-agent")), json_string(context.request_id), json_string(clf_time(context.time)),
      to_millis(context.time));
}

HttpResponse bad_gateway() { return {502, {{"Content-Type", "application/json"}}, "Internal Server Error"}; }

// A header's or a status's value in JSON, as text.
std::string text_of(simdjson::dom::element value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::to_string(value);
}

// Status, headers and cookies of an object that has a statusCode. nullopt where what it says cannot be said in HTTP.
std::optional<HttpResponse> head_of(simdjson::dom::object object) {
  HttpResponse out;
  std::int64_t status = 0;
  if (object["statusCode"].get(status) != simdjson::SUCCESS || status < 100 || status > 599) return std::nullopt;
  out.status = static_cast<int>(status);
  simdjson::dom::object headers;
  if (object["headers"].get(headers) == simdjson::SUCCESS) {
    for (const auto& [name, value] : headers) out.headers.emplace_back(std::string(name), text_of(value));
  }
  simdjson::dom::array cookies;
  if (object["cookies"].get(cookies) == simdjson::SUCCESS) {
    for (const auto cookie : cookies) out.headers.emplace_back("Set-Cookie", text_of(cookie));
  }
  for (auto& [name, value] : out.headers) {
    const auto breaks = [](const std::string& text) { return text.find_first_of("\r\n") != std::string::npos; };
    if (breaks(name) || breaks(value)) return std::nullopt;
  }
  // The connection's own affair.
  std::erase_if(out.headers, [](const auto& header) {
    const std::string name = lower_case(header.first);
    return name == "content-length" || name == "transfer-encoding" || name == "connection";
  });
  return out;
}

bool has_content_type(const HttpResponse& response) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [](const auto& header) { return runtime::equals_ignoring_case(header.first, "content-type"); });
}

}  // namespace

std::string http_event(const HttpRequest& request, const HttpEventContext& context) {
  const auto [path, query] = split_target(request.target);
  Texts headers;
  for (const auto& header : request.headers) {
    const std::string name = lower_case(header.name);
    if (name != "cookie") add(headers, name, header.value);
  }
  headers.try_emplace("x-forwarded-for", request.peer);
  headers.try_emplace("x-forwarded-proto", request.secure ? "https" : "http");
  headers.try_emplace("x-forwarded-port", std::to_string(request.port));
  std::string out = fmt::format(R"({{"version":"2.0","routeKey":"$default","rawPath":{},"rawQueryString":{},)",
                                json_string(path), json_string(query));
  if (const auto cookie = request.header("cookie"); !cookie.empty())
    out += fmt::format("\"cookies\":{},", cookies_json(cookie));
  out += fmt::format("\"headers\":{},", json_of(headers));
  if (const Texts parameters = query_of(query); !parameters.empty())
    out += fmt::format("\"queryStringParameters\":{},", json_of(parameters));
  out += fmt::format("\"requestContext\":{},", request_context(request, context, path));
  const bool text = is_text(request.header("content-type"));
  if (!request.body.empty())
    out += fmt::format("\"body\":{},", text ? json_string(request.body) : '"' + base64_encode(request.body) + '"');
  return made_utf8(std::move(out)) + fmt::format("\"isBase64Encoded\":{}}}", !text && !request.body.empty());
}

HttpResponse http_response(std::string_view result) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  simdjson::dom::object object;
  const simdjson::padded_string padded(result);
  if (parser.parse(padded).get(element) != simdjson::SUCCESS) return bad_gateway();
  if (element.get(object) != simdjson::SUCCESS || object["statusCode"].error() == simdjson::NO_SUCH_FIELD)
    return {200, {{"Content-Type", "application/json"}}, std::string(result)};
  auto out = head_of(object);
  if (!out) return bad_gateway();
  if (!has_content_type(*out)) out->headers.emplace_back("Content-Type", "application/json");
  std::string_view body;
  if (object["body"].error() == simdjson::SUCCESS && object["body"].get(body) != simdjson::SUCCESS) {
    if (!object["body"].is_null()) out->body = simdjson::to_string(object["body"].value());
    return *out;
  }
  bool encoded = false;
  if (object["isBase64Encoded"].get(encoded) == simdjson::SUCCESS && encoded) {
    const auto decoded = base64_decode(body);
    if (!decoded) return bad_gateway();
    out->body = *decoded;
  } else {
    out->body = body;
  }
  return *out;
}

std::optional<HttpResponse> http_prelude(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  simdjson::dom::object object;
  const simdjson::padded_string padded(json);
  if (parser.parse(padded).get(element) != simdjson::SUCCESS || element.get(object) != simdjson::SUCCESS)
    return std::nullopt;
  if (object["statusCode"].error() == simdjson::NO_SUCH_FIELD) {
    std::string with_status = R"({"statusCode":200,)";
    with_status += json.substr(json.find('{') + 1);
    return json.find(':') == std::string_view::npos ? HttpResponse{} : http_prelude(with_status);
  }
  return head_of(object);
}

}  // namespace leat::lambda
