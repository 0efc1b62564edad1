#include "service/lambda/extensions.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/encoding.h"
#include "service/lambda/function_error.h"

namespace leat::lambda {
namespace {

using runtime::HttpRespond;
using runtime::HttpResponse;

constexpr std::size_t kMost = 10;  // of a function

// The error types are those of AWS's runtime interface emulator.
HttpResponse forbidden(std::string_view type, std::string_view message) { return api_refusal(403, type, message); }

// The events that a registration asks for; nullopt where it is not well formed.
std::optional<std::vector<std::string>> events_in(const std::string& body) {
  std::vector<std::string> out;
  simdjson::dom::parser parser;
  simdjson::dom::element request;
  simdjson::dom::array events;
  if (parser.parse(body).get(request) || !request.is_object()) return std::nullopt;
  if (request["events"].get(events)) return out;
  for (const auto& each : events) {
    std::string_view event;
    if (each.get(event)) return std::nullopt;
    out.emplace_back(event);
  }
  return out;
}

}  // namespace

std::vector<std::filesystem::path> extensions_in(const std::filesystem::path& layer) {
  std::vector<std::filesystem::path> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(layer / "extensions", none)) {
    if (entry.is_regular_file()) out.push_back(entry.path());
  }
  return out;
}

Extensions::Extensions(FunctionPtr function, Random& random, Events events)
    : function_(std::move(function)), random_(random), events_(std::move(events)) {}

void Extensions::expect(std::vector<std::string> names) { expected_.insert(names.begin(), names.end()); }

bool Extensions::registered(std::string_view name) const {
  return std::any_of(extensions_.begin(), extensions_.end(),
                     [&](const auto& each) { return each.second.name == name; });
}

bool Extensions::all_wait() const {
  return std::all_of(expected_.begin(), expected_.end(), [&](const auto& name) { return registered(name); }) &&
         std::all_of(extensions_.begin(), extensions_.end(),
                     [](const auto& each) { return each.second.waiting.has_value(); });
}

void Extensions::answer(ApiCall& call, std::string_view path) {
  if (call.method == "POST" && path == "register") return call.respond(enlist(call));
  const std::string& id = call.header("lambda-extension-identifier");
  if (id.empty()) {
    return call.respond(
        forbidden("Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"));
  }
  const auto found = extensions_.find(id);
  if (found == extensions_.end())
    return call.respond(forbidden("Extension.UnknownExtensionIdentifier", "Unknown extension " + id));
  if (call.method == "GET" && path == "event/next") return next(found->second, std::move(call.respond));
  if (call.method == "POST" && (path == "init/error" || path == "exit/error"))
    return call.respond(give_up(found->second, call));
  call.respond(api_json(404, "{}\n"));
}

HttpResponse Extensions::enlist(const ApiCall& call) {
  const std::string& name = call.header("lambda-extension-name");
  const bool external = expected_.contains(name);
  if (name.empty()) return forbidden("Extension.InvalidExtensionName", "Empty extension name");
  if (!registration_open_) return forbidden("Extension.RegistrationClosed", "Extension registration closed already");
  if (registered(name)) {
    return forbidden("Extension.AlreadyRegistered", fmt::format("Extension with name {} already registered", name));
  }
  if (extensions_.size() == kMost)
    return forbidden("Extension.TooManyExtensions", fmt::format("Extension limit ({}) reached", kMost));
  const auto events = events_in(call.body);
  if (!events) return api_refusal(400, "InvalidRequestFormat", "Invalid request format");
  for (const auto& event : *events) {
    if (event != "INVOKE" && event != "SHUTDOWN")
      return forbidden("Extension.InvalidEventType", fmt::format("Invalid event type: {}", event));
    if (event == "SHUTDOWN" && !external) {
      return forbidden("ShutdownEventNotSupportedForInternalExtension",
                       "Internal extensions can't register for the SHUTDOWN event");
    }
  }
  const std::string id = random_.uuid();
  extensions_[id] = {name, {events->begin(), events->end()}, std::nullopt};
  std::string body =
      fmt::format(R"({{"functionName":{},"functionVersion":{},"handler":{})", json_string(function_->name()),
                  json_string(function_->version()), json_string(*function_->configuration.handler));
  if (call.header("lambda-extension-accept-feature").find("accountId") != std::string::npos)
    body += fmt::format(R"(,"accountId":{})", json_string(function_->account));
  HttpResponse response = api_json(200, body + '}');
  response.headers.emplace_back("Lambda-Extension-Identifier", id);
  return response;
}

void Extensions::next(Extension& extension, HttpRespond respond) {
  extension.waiting = std::move(respond);
  if (!std::exchange(extension.has_waited, true))
    events_.ready(extension.name, {extension.events.begin(), extension.events.end()});
  events_.changed();
}

HttpResponse Extensions::give_up(const Extension& extension, const ApiCall& call) {
  const std::string& type = call.header("lambda-extension-function-error-type");
  events_.failed(type.empty() ? "Extension.Error" : type,
                 fmt::format("{}: {}", extension.name, error_message_in(call.body).value_or("")));
  return api_accepted();
}

void Extensions::send(Extension& extension, std::string event) {
  HttpResponse response = api_json(200, std::move(event));
  response.headers.emplace_back("Lambda-Extension-Event-Identifier", random_.uuid());
  (*std::exchange(extension.waiting, std::nullopt))(std::move(response));
}

void Extensions::invoke(const Invocation& invocation) {
  for (auto& [id, extension] : extensions_) {
    if (!extension.waiting || !extension.events.contains("INVOKE")) continue;
    send(
        extension,
        fmt::format(
            R"({{"eventType":"INVOKE","deadlineMs":{},"requestId":{},"invokedFunctionArn":{},"tracing":{{"type":"X-Amzn-Trace-Id","value":{}}}}})",
            invocation.deadline, json_string(invocation.request_id), json_string(invocation.arn),
            json_string(invocation.trace)));
  }
}

bool Extensions::shut_down(TimePoint deadline) {
  bool any = false;
  for (auto& [id, extension] : extensions_) {
    if (!extension.waiting || !extension.events.contains("SHUTDOWN")) continue;
    send(extension,
         fmt::format(R"({{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":{}}})", to_millis(deadline)));
    any = true;
  }
  return any;
}

}  // namespace leat::lambda
