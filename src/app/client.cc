#include "app/client.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "app/control_access.h"
#include "app/root_key.h"
#include "base/encoding.h"
#include "runtime/http_client.h"
#include "wire/sigv4.h"

namespace leat::app {
namespace {

int no_server(const ServerAddress& address) {
  fmt::print(stderr, "leat: no server answers on port {}; start one with: leat serve\n", address.port);
  return 1;
}

// A control endpoint's answer. The request is signed by the root's key where the server's folder has one, and by one
// that nobody knows elsewhere.
std::optional<runtime::HttpResponse> control(const ServerAddress& address, std::string_view method,
                                             std::string_view target) {
  aws::Credential key{"test", "test", {}, {}, {}, {}, {}};
  if (auto root = read_root_key(address.data_folder)) key = std::move(*root);
  const std::string now = wire::basic_date(SystemClock().now());
  runtime::HttpRequest request{method, target, {{"Host", "127.0.0.1"}, {"X-Amz-Date", now}}};
  const std::string signature = wire::authorization(request, key, {address.region, kControlService});
  request.headers.push_back({"Authorization", signature});
  return runtime::http_request("127.0.0.1", address.port, request);
}

int refused(const ServerAddress& address, const std::optional<runtime::HttpResponse>& answer) {
  if (!answer || answer->status != 403) return no_server(address);
  fmt::print(stderr, "leat: the server on port {} wants the root's key; give its --data-dir\n", address.port);
  return 1;
}

}  // namespace

int print_status(const ServerAddress& address) {
  const auto answer = runtime::http_request("127.0.0.1", address.port, {"GET", "/_leat/health"});
  if (!answer || answer->status != 200) return no_server(address);
  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.parse(answer->body);
  fmt::print("leat {} answers on port {}. Services:\n", std::string_view(root["version"]), address.port);
  for (const auto field : simdjson::dom::object(root["services"])) fmt::print("  {}\n", field.key);
  return 0;
}

int print_logs(const ServerAddress& address, const std::string& function, bool follow) {
  std::string after;
  bool more = false;
  simdjson::dom::parser parser;
  // The server answers a page when there is something new. Without --follow it is asked until there is no more.
  do {
    const std::string target = fmt::format("/_leat/logs?function={}&region={}&after={}{}", percent_encode(function),
                                           percent_encode(address.region), after, follow ? "" : "&wait=0");
    const auto answer = control(address, "GET", target);
    if (!answer || answer->status != 200) return refused(address, answer);
    simdjson::dom::element root = parser.parse(answer->body);
    for (simdjson::dom::element event : simdjson::dom::array(root["events"])) {
      fmt::print("{}  {}\n", format_iso8601(from_millis(std::int64_t(event["time"]))),
                 std::string_view(event["message"]));
    }
    std::fflush(stdout);
    after = std::string_view(root["after"]);
    more = root["more"];
  } while (follow || more);
  return 0;
}

int reset_server(const ServerAddress& address) {
  const auto answer = control(address, "POST", "/_leat/reset");
  if (!answer || answer->status != 200) return refused(address, answer);
  fmt::print("Everything is gone.\n");
  return 0;
}

}  // namespace leat::app
