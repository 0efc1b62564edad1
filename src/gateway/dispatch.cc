#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <zlib.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/guard.h"
#include "gateway/body_limit.h"
#include "gateway/coding.h"
#include "gateway/cors.h"
#include "gateway/gateway.h"
#include "gateway/greeting.h"
#include "gateway/unserved.h"
#include "wire/codec.h"
#include "wire/event_stream.h"

namespace leat::gateway {

using runtime::HttpRequest;
using runtime::HttpRespond;
using runtime::HttpResponse;

namespace {

constexpr std::string_view kFailure =
    "The request processing has failed because of an unknown error, exception or failure.";

}  // namespace

// One request on its way through. Owned by whoever will answer it.
struct Exchange {
  const HttpRequest& request;
  const Pages& pages;
  HttpRespond respond;
  Route route;
  aws::Caller caller;
  std::string unpacked_body = {};
  std::optional<HttpRequest> unpacked = {};  // with that body, where it came compressed

  const HttpRequest& plain() const { return unpacked ? *unpacked : request; }

  wire::ErrorContext error_context() const { return context_of(route, caller.request_id); }

  void finish(HttpResponse response) { respond(finished(std::move(response))); }

  // With what goes with every answer.
  HttpResponse finished(HttpResponse response) const {
    response.headers.emplace_back("x-amzn-RequestId", caller.request_id);
    if (!aws::is_rest(route.protocol)) compress(request, response);
    if (route.service && route.service->model().sums_answers) {
      const auto sum =
          crc32(0, reinterpret_cast<const Bytef*>(response.body.data()), static_cast<uInt>(response.body.size()));
      response.headers.emplace_back("x-amz-crc32", std::to_string(sum));
    }
    add_cors(pages, request, response);
    return response;
  }

  void refuse(const aws::Error& error) { finish(wire::encode_error(error_context(), error)); }

  // The status is the service's, whatever the error's elsewhere.
  void refuse_caller(const aws::Error& error) {
    HttpResponse response = wire::encode_error(error_context(), error);
    const bool by_service = route.protocol != aws::Protocol::kQuery && !aws::is_rest(route.protocol);
    if (route.protocol != aws::Protocol::kRestXml)
      response.status = by_service ? route.service->model().refusal_status : 403;
    finish(std::move(response));
  }

  // The whole answer, made where the operation ran: what releases it later does no more than send it.
  HttpResponse answer_to(const aws::Result<aws::Object>& result) const {
    if (!result) return finished(wire::encode_error(error_context(), result.error()));
    HttpResponse response = wire::codec_for(route.protocol).encode(call(), result->get());
    const aws::Member* events = route.operation->events_out;
    if (const void* source = events ? events->find(result->get()) : nullptr)
      wire::stream_events(route.protocol, *static_cast<const aws::EventSource*>(source), response);
    return finished(std::move(response));
  }

  wire::Call call() const { return {request, route.service->model(), *route.operation, route.read, caller.request_id}; }
};

namespace {

HttpResponse misdirected() {
  return {421,
          {{"Content-Type", "text/plain"}},
          "leat is not called by that Host, or by more than one; --host-name NAME has it answer to another\n"};
}

aws::Error unknown_operation(const Route& route) {
  using namespace aws::errors;
  const aws::ServiceModel& model = route.service->model();
  if (route.operation) return {&kNotOffered, fmt::format("leat does not offer {}:{} yet", model.id, route.operation->name)};
  if (route.protocol != aws::Protocol::kQuery) return {&kUnknownOperation, ""};
  return {&kUnknownOperation,
          fmt::format("Could not find operation {} for version {}", route.asked_for, model.api_version)};
}

// What is packed is no larger than what is not.
aws::Result<void> unpack(Exchange& exchange) {
  if (exchange.unpacked) return {};
  const std::string_view coding = exchange.request.header("content-encoding");
  const aws::Protocol protocol = exchange.route.protocol;
  // To REST-XML it says how an object is kept.
  const bool packed = protocol != aws::Protocol::kRestXml && runtime::equals_ignoring_case(coding, "gzip");
  const bool known = packed || coding.empty() || runtime::equals_ignoring_case(coding, "identity");
  std::optional<std::string> body;
  if (packed) body = gunzip(exchange.request.body, largest_body(exchange.route));
  // DynamoDB says no more of it, either.
  if (packed ? !body : !known && !aws::is_rest(protocol))
    return aws::fail(aws::errors::kInternalFailure, std::string(kFailure));
  if (!body) return {};
  exchange.unpacked_body = std::move(*body);
  exchange.unpacked = exchange.request;
  exchange.unpacked->body = exchange.unpacked_body;
  return {};
}

aws::Result<aws::Object> decode(Exchange& exchange) {
  TRY_VOID(unpack(exchange));
  const wire::Call call{exchange.plain(), exchange.route.service->model(), *exchange.route.operation,
                        exchange.route.read, exchange.caller.request_id};
  aws::Object input = exchange.route.operation->new_input();
  aws::Violations violations(exchange.route.operation->rules);
  TRY_VOID(wire::codec_for(exchange.route.protocol).decode(call, input.get(), violations));
  if (!violations.empty()) return aws::fail(aws::errors::kValidation, violations.message());
  return input;
}

// X-Amzn-Trace-Id, where it can be one: it is kept with messages.
std::string_view trace_of(const HttpRequest& request) {
  constexpr std::size_t kMaxTrace = 1024;
  const std::string_view header = request.header("x-amzn-trace-id");
  const bool plain = std::all_of(header.begin(), header.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return plain && header.size() <= kMaxTrace ? header : std::string_view();
}

}  // namespace

// A signature that is wrong is refused; one that is missing is the site's affair.
void Gateway::serve(const Site& site, const HttpRequest& request, HttpRespond respond) {
  wire::Signature signature;
  std::string problem;
  if (wire::parse_signature(request, signature, problem) != wire::SignatureForm::kWellFormed)
    return site.handle(request, std::nullopt, std::move(respond));
  auto caller = parts_.authenticator.authenticate(request, signature, scope_of(site.model));
  if (caller) {
    caller->source_ip = request.peer;
    return site.handle(request, *caller, std::move(respond));
  }
  HttpResponse response{403, {{"Content-Type", "application/json"}}, ""};
  response.headers.emplace_back("x-amzn-ErrorType", std::string(caller.error().type->name));
  response.body = fmt::format("{{\"Message\":{}}}", json_string(caller.error().message));
  respond(std::move(response));
}

bool Gateway::controlled(const HttpRequest& request, HttpRespond& respond) {
  bool taken = true;
  if (!guarded(request.target, [&] { taken = parts_.control.handle(request, respond); }) && respond)
    respond({500, {{"Content-Type", "application/json"}}, fmt::format("{{\"message\":{}}}", json_string(kFailure))});
  return taken;
}

void Gateway::handle(const HttpRequest& request, HttpRespond respond) {
  if (!parts_.host_names.allow(request)) return respond(misdirected());
  for (const Site& site : parts_.sites) {
    if (!site.owns(request.header("host"))) continue;
    try {
      return serve(site, request, std::move(respond));
    } catch (const std::exception& failure) {
      // Who was to answer is gone with it, and so is the connection.
      spdlog::error("{} {}: {}", request.method, request.header("host"), failure.what());
      return;
    }
  }
  if (request.target.starts_with("/_") && controlled(request, respond)) return;
  if (is_preflight(request)) return respond(preflight(parts_.pages, request));
  answer(request, std::move(respond));
}

// Before the body has come: a form's Action may still be in it.
runtime::HttpBodyLimit Gateway::body_limit(const HttpRequest& head) {
  for (const Site& site : parts_.sites) {
    if (site.owns(head.header("host"))) return site.body_limit;
  }
  wire::Signature signature;
  std::string problem;
  wire::parse_signature(head, signature, problem);
  const Route route = router_.route(head, signature.service);
  const std::string request_id = parts_.random.uuid();
  runtime::HttpBodyLimit limit = gateway::body_limit(route, request_id);
  if (!route.service && !signature.service.empty()) limit.refusal = unserved(head, signature.service, route, request_id);
  limit.refusal.headers.emplace_back("x-amzn-RequestId", request_id);
  add_cors(parts_.pages, head, limit.refusal);
  return limit;
}

// What is AWS's.
void Gateway::answer(const HttpRequest& request, HttpRespond respond) {
  wire::Signature signature;
  std::string problem;
  const wire::SignatureForm form = wire::parse_signature(request, signature, problem);
  if (form == wire::SignatureForm::kNone && is_greeting(request)) return respond(greeting(request));
  auto exchange =
      std::make_shared<Exchange>(Exchange{request, parts_.pages, std::move(respond), router_.route(request, signature.service), {}});
  exchange->caller.request_id = parts_.random.uuid();
  if (!exchange->route.service)
    return exchange->finish(unserved(request, signature.service, exchange->route, exchange->caller.request_id));
  if (form == wire::SignatureForm::kNone)
    return exchange->refuse_caller({&aws::errors::kMissingToken, "Request is missing Authentication Token"});
  if (form == wire::SignatureForm::kIncomplete)
    return exchange->refuse_caller({&aws::errors::kIncompleteSignature, problem});
  try {
    decide(request, signature, exchange);
  } catch (const std::exception& failure) {
    note_failure(fmt::format("{}:{}", exchange->route.service->model().id, exchange->route.asked_for), failure.what());
    if (exchange->respond) exchange->refuse({&aws::errors::kInternalFailure, std::string(kFailure)});
  }
}

// Who calls, whether they may, and what comes of it.
void Gateway::decide(const HttpRequest& request, const wire::Signature& signature,
                     const std::shared_ptr<Exchange>& exchange) {
  auto caller = parts_.authenticator.authenticate(request, signature, scope_of(exchange->route.service->model()));
  if (!caller) return exchange->refuse_caller(caller.error());
  caller->request_id = std::move(exchange->caller.request_id);
  caller->source_ip = request.peer;
  caller->user_agent = request.header("user-agent");
  caller->trace = trace_of(request);
  caller->endpoint = fmt::format("http{}://{}", request.secure ? "s" : "", request.header("host"));
  exchange->caller = std::move(*caller);

  if (exchange->route.protocol == aws::Protocol::kQuery) {  // the body names the operation
    if (auto readable = unpack(*exchange); !readable) return exchange->refuse(readable.error());
    if (exchange->unpacked) exchange->route = router_.route(exchange->plain(), signature.service);
  }
  const aws::Operation* operation = exchange->route.operation;
  if (!operation && exchange->route.asked_for.empty()) return exchange->finish(unknown_path(exchange->error_context()));
  if (!operation || !operation->handle) return exchange->refuse(unknown_operation(exchange->route));
  auto input = decode(*exchange);
  exchange->unpacked.reset();
  exchange->unpacked_body = {};
  if (!input) return exchange->refuse(input.error());
  if (auto allowed =
          parts_.authorizer.authorize({exchange->caller, *exchange->route.service, *operation, input->get()});
      !allowed) {
    return exchange->refuse_caller(allowed.error());
  }
  if (operation->kind == aws::OperationKind::kWait && request.waiter) {
    exchange->caller.departure = std::make_shared<Departure>();
    request.waiter->tell_when_gone(exchange->caller.departure);
  }
  operation->handle(*exchange->route.service, exchange->caller, *input,
                    [this, exchange](const aws::Result<aws::Object>& result) {
                      HttpResponse response = exchange->answer_to(result);
                      if (exchange->route.operation->kind != aws::OperationKind::kWrite)
                        return exchange->respond(std::move(response));
                      parts_.reply_gate([exchange, response = std::move(response)]() mutable {
                        exchange->respond(std::move(response));
                      });
                    });
}

}  // namespace leat::gateway
