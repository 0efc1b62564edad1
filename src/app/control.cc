#include "app/control.h"

#include <fmt/format.h>

#include <charconv>

#include "app/configuration.h"
#include "base/encoding.h"
#include "base/query_string.h"

namespace leat::app {
namespace {

using runtime::HttpResponse;

HttpResponse json(std::string body, int status = 200) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

HttpResponse health(const aws::Services& offered) {
  std::string services;
  for (const aws::Service* service : offered)
    services += fmt::format("{}\"{}\": \"running\"", services.empty() ? "" : ", ", service->model().id);
  return json(
      fmt::format("{{\"services\": {{{}}}, \"edition\": \"leat\", \"version\": \"{}\"}}\n", services, kVersion));
}

std::string parameter(std::string_view query, std::string_view name) {
  for (auto& [key, value] : parse_query_string(query)) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

Control::Control(ControlParts parts) : parts_(std::move(parts)), followers_(parts_.logs) {}

bool Control::handle(const runtime::HttpRequest& request, runtime::HttpRespond& respond) {
  const auto [path, query] = split_target(request.target);
  const bool post = request.method == "POST";
  if (path == "/_leat/health" || path == "/_localstack/health") {
    respond(health(parts_.services));
  } else if (path == "/_localstack/info") {
    respond(json(
        fmt::format("{{\"version\": \"{}\", \"edition\": \"leat\", \"is_license_activated\": false}}\n", kVersion)));
  } else if (path == "/_localstack/init") {
    respond(json(parts_.init_scripts.json()));
  } else if (path.starts_with(lambda::PackageLinks::kPath)) {
    const auto named = parts_.links.package(path, query);
    auto package = named ? parts_.blobs.get(*named) : std::nullopt;
    respond(package ? HttpResponse{200, {{"Content-Type", "application/zip"}}, std::move(*package)}
                    : json("{}\n", 404));
  } else if (!parts_.access.allows(request)) {
    respond(json("{\"message\": \"Not for pages and functions; beyond loopback, for the account's root alone\"}\n", 403));
  } else if (post && (path == "/_leat/reset" || path == "/_localstack/state/reset")) {
    parts_.reset();
    respond(json("{}\n"));
  } else if (path == "/_aws/dynamodb/expired" && request.method == "DELETE") {
    respond(json("{\"ExpiredItems\": 0}\n"));  // leat removes what expires when it expires
  } else if (path == "/_leat/clock") {
    respond(clock(request, query));
  } else if (path == "/_leat/logs") {
    follow_logs(request, query, std::move(respond));
  } else {
    return false;
  }
  return true;
}

HttpResponse Control::clock(const runtime::HttpRequest& request, std::string_view query) {
  if (request.method == "POST") {
    if (!parts_.clock_may_move)
      return json("{\"message\": \"The clock moves only where the server was started with --test-clock\"}\n", 403);
    const std::string text = parameter(query, "advance");
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0 && seconds < 4e9))
      return json("{\"message\": \"advance is a number of seconds\"}\n", 400);
    parts_.clock.advance(Duration(static_cast<std::int64_t>(seconds * 1000)));
  }
  return json(fmt::format("{{\"now\": {}}}\n", to_millis(parts_.clock.now())));
}

void Control::follow_logs(const runtime::HttpRequest& request, std::string_view query, runtime::HttpRespond respond) {
  using Patience = LogFollowers::Patience;
  const auto or_else = [](std::string given, std::string_view otherwise) {
    return given.empty() ? std::string(otherwise) : given;
  };
  LogFollowers::Question question{{or_else(parameter(query, "account"), gateway::kDefaultAccount),
                                   or_else(parameter(query, "region"), "us-east-1"),
                                   "/aws/lambda/" + parameter(query, "function"), ""},
                                  0,
                                  parameter(query, "wait") == "0" ? Patience::kNone : Patience::kUntilSomethingCame};
  const std::string after = parameter(query, "after");
  std::from_chars(after.data(), after.data() + after.size(), question.after);
  followers_.follow(std::move(question), request, std::move(respond));
}

}  // namespace leat::app
