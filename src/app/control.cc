#include "app/control.h"

#include <fmt/format.h>

#include <charconv>

#include "app/configuration.h"
#include "base/encoding.h"
#include "base/query_string.h"
#include "engine/kv/key.h"

namespace leat::app {
namespace {

using runtime::HttpResponse;

HttpResponse json(std::string body, int status = 200) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

HttpResponse health(const std::vector<std::string_view>& offered) {
  std::string services;
  for (const std::string_view service : offered)
    services += fmt::format("{}\"{}\": \"running\"", services.empty() ? "" : ", ", service);
  return json(
      fmt::format("{{\"services\": {{{}}}, \"edition\": \"leat\", \"version\": \"{}\"}}\n", services, kVersion));
}

std::string parameter(std::string_view query, std::string_view name) {
  for (auto& [key, value] : parse_query_string(query)) {
    if (key == name) return value;
  }
  return {};
}

// New events, oldest first, as JSON; empty where there are none. `after` moves on.
std::string new_events(logs::Logs& logs, const std::string& prefix, logs::EventPosition& after) {
  std::map<logs::EventPosition, std::string> found;
  const auto cursor = logs.store().scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string_view rest = cursor->key().substr(prefix.size());
    auto event = logs::decode_event(kv::take_text(rest), cursor->key(), cursor->value());
    if (event.position > after) found.emplace(event.position, std::move(event.message));
  }
  std::string out;
  for (const auto& [position, message] : found) {
    if (!out.empty()) out += ',';
    out += fmt::format("{{\"time\":{},\"message\":", position.time);
    append_json_string(out, message);
    out += '}';
    after = position;
  }
  return out;
}

}  // namespace

// Someone who waits for events of a group. Answered once, by whoever comes first: the log, or an append.
struct Control::Follower {
  std::mutex mutex;
  runtime::HttpRespond respond;
  kv::Subscription subscription;
};

Control::Control(ControlParts parts) : parts_(std::move(parts)) {}
Control::~Control() = default;

bool Control::handle(const runtime::HttpRequest& request, runtime::HttpRespond& respond) {
  const auto [path, query] = split_target(request.target);
  const bool post = request.method == "POST";
  constexpr std::string_view kPackages = "/_leat/packages/";
  if (path == "/_leat/health" || path == "/_localstack/health") {
    respond(health(parts_.services));
  } else if (path == "/_localstack/info") {
    respond(json(
        fmt::format("{{\"version\": \"{}\", \"edition\": \"leat\", \"is_license_activated\": false}}\n", kVersion)));
  } else if (path == "/_localstack/init") {
    respond(json(parts_.init_scripts.json()));
  } else if (path.starts_with(kPackages)) {
    // The name is a secret of 256 bits, as the signature of a presigned URL is.
    auto package = parts_.blobs.get(path.substr(kPackages.size()));
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
    follow_logs(query, std::move(respond));
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

void Control::follow_logs(std::string_view query, runtime::HttpRespond respond) {
  const std::string account =
      parameter(query, "account").empty() ? std::string(gateway::kDefaultAccount) : parameter(query, "account");
  const std::string region = parameter(query, "region").empty() ? "us-east-1" : parameter(query, "region");
  const std::string group = "/aws/lambda/" + parameter(query, "function");
  const auto after = std::make_shared<logs::EventPosition>(
      logs::EventPosition::parse(parameter(query, "after")).value_or(logs::EventPosition{}));
  const std::string prefix = logs::events_prefix(account, region, group);
  auto follower = std::make_shared<Follower>();
  follower->respond = std::move(respond);
  {
    std::lock_guard lock(followers_mutex_);
    followers_.insert(follower);
  }
  const auto answer = [this, waiting = std::weak_ptr(follower), after, prefix] {
    const auto follower = waiting.lock();
    if (!follower) return;
    std::unique_lock lock(follower->mutex);
    if (!follower->respond) return;
    const std::string events = new_events(parts_.logs, prefix, *after);
    if (events.empty()) return;
    auto respond = std::exchange(follower->respond, nullptr);
    const kv::Subscription ended = std::move(follower->subscription);
    lock.unlock();
    forget(follower);
    respond(json(fmt::format("{{\"events\": [{}], \"after\": \"{}\"}}\n", events, after->text())));
  };
  // Subscribed first, so that nothing falls between the look and the wait. The subscription ends with the answer.
  auto subscription = parts_.logs.subscribe(account, region, group, answer);
  answer();
  if (parameter(query, "wait") == "0") {
    std::unique_lock lock(follower->mutex);
    auto once = std::exchange(follower->respond, nullptr);
    lock.unlock();
    forget(follower);
    if (once) once(json("{\"events\": [], \"after\": \"\"}\n"));
    return;
  }
  std::lock_guard lock(follower->mutex);
  if (follower->respond) follower->subscription = std::move(subscription);
}

void Control::forget(const std::shared_ptr<Follower>& follower) {
  std::lock_guard lock(followers_mutex_);
  followers_.erase(follower);
}

}  // namespace leat::app
