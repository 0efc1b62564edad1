#include "gateway/route.h"

#include <fmt/format.h>

#include "base/query_string.h"

namespace leat::gateway {

using aws::Protocol;

namespace {

std::string field(const QueryParameters& form, std::string_view name) {
  for (const auto& [each, value] : form) {
    if (each == name) return value;
  }
  return {};
}

bool has_form(const runtime::HttpRequest& request) {
  return request.header("content-type").starts_with("application/x-www-form-urlencoded") ||
         split_target(request.target).second.find("Action=") != std::string_view::npos;
}

bool is_root(std::string_view path) { return path.find_first_not_of('/') == std::string_view::npos; }

// The route, if the request came to where its service is asked, by a method that it is asked by.
Route at_its_path(Route route, const runtime::HttpRequest& request) {
  const std::string_view path = split_target(request.target).first;
  const bool method = request.method == "POST" || (request.method == "GET" && route.protocol == Protocol::kQuery);
  if (method && (is_root(path) || (route.service && route.service->owns_path(path)))) return route;
  route.operation = nullptr;
  route.asked_for.clear();
  return route;
}

}  // namespace

wire::ErrorContext context_of(const Route& route, std::string_view request_id) {
  if (!route.service) return {route.protocol, "", "1.0", "", request_id, false};
  const auto& model = route.service->model();
  return {route.protocol,      model.id,   model.json_version.empty() ? "1.0" : model.json_version,
          model.xml_namespace, request_id, model.speaks_query};
}

Router::Router(const aws::Services& services) : services_(services) {
  for (aws::Service* service : services_) {
    const aws::ServiceModel& model = service->model();
    if (aws::is_rest(model.protocol)) paths_.emplace(service, model);
    if (model.target_prefix.empty()) continue;
    for (const auto& operation : model.operations) {
      targets_.emplace(fmt::format("{}.{}", model.target_prefix, operation.name), Named{service, &operation});
    }
  }
}

Route Router::by_target(std::string_view target) const {
  const auto found = targets_.find(std::string(target));
  if (found != targets_.end()) return {found->second.service, found->second.operation, std::string(target)};
  for (aws::Service* service : services_) {
    const std::string_view prefix = service->model().target_prefix;
    if (!prefix.empty() && target.starts_with(prefix) && target.substr(prefix.size()).starts_with('.')) {
      return {service, nullptr, std::string(target.substr(prefix.size() + 1))};
    }
  }
  return {nullptr, nullptr, std::string(target)};
}

// /service/GraniteServiceVersion20100801/operation/PutMetricData: the same names as in a target.
Route Router::by_rpc(const runtime::HttpRequest& request) const {
  constexpr std::string_view kService = "/service/", kOperation = "/operation/";
  const std::string_view path = split_target(request.target).first;
  const auto operation = path.find(kOperation);
  if (!path.starts_with(kService) || operation == std::string_view::npos) return {};
  const std::string_view service = path.substr(kService.size(), operation - kService.size());
  Route route = by_target(fmt::format("{}.{}", service, path.substr(operation + kOperation.size())));
  route.protocol = Protocol::kRpcCbor;
  return route;
}

Route Router::by_action(aws::Service& service, QueryParameters form) {
  std::string action = field(form, "Action");
  const aws::Operation* operation = service.model().find(action);
  return {&service, operation, std::move(action), Protocol::kQuery, {{}, std::move(form)}};
}

Route Router::by_path(aws::Service& service, const runtime::HttpRequest& request) const {
  Route route{&service, nullptr, "", service.model().protocol};
  route.read.parameters = parse_query_string(split_target(request.target).second);
  route.operation = paths_.at(&service).find(request, route.read.parameters, route.read.labels);
  if (route.operation) route.asked_for = route.operation->name;
  return route;
}

aws::Service* Router::signed_for(std::string_view name) const {
  for (aws::Service* each : services_) {
    if (each->model().signing_name == name) return each;
  }
  return nullptr;
}

Route Router::route(const runtime::HttpRequest& request, std::string_view signed_service) const {
  const std::string_view target = request.header("x-amz-target");
  if (!target.empty()) {
    Route route = by_target(target);
    if (request.header("content-type").starts_with("application/x-amz-cbor")) route.protocol = Protocol::kAwsCbor;
    if (!route.service) route.service = signed_for(signed_service);
    return at_its_path(std::move(route), request);
  }
  if (!request.header("smithy-protocol").empty()) return by_rpc(request);
  const bool form = has_form(request);
  if (aws::Service* service = signed_for(signed_service)) {
    const aws::ServiceModel& model = service->model();
    if (model.speaks_query && form)
      return at_its_path(by_action(*service, wire::form_parameters(request)), request);
    if (aws::is_rest(model.protocol)) return by_path(*service, request);
    return {service, nullptr, "", model.protocol};
  }
  if (signed_service.empty()) return by_looks(request, form);
  return {nullptr, nullptr, form ? field(wire::form_parameters(request), "Action") : "",
          form ? Protocol::kQuery : Protocol::kRestJson};
}

// An unsigned request still gets its service's form of refusal.
Route Router::by_looks(const runtime::HttpRequest& request, bool form) const {
  QueryParameters parameters = form ? wire::form_parameters(request) : QueryParameters();
  const std::string version = field(parameters, "Version");
  for (aws::Service* service : services_) {
    const aws::ServiceModel& model = service->model();
    if (model.speaks_query && !version.empty() && model.api_version == version)
      return at_its_path(by_action(*service, std::move(parameters)), request);
  }
  // Any path can be a bucket's: what says more comes first.
  for (const Protocol protocol : {Protocol::kRestJson, Protocol::kRestXml}) {
    for (aws::Service* service : services_) {
      if (service->model().protocol != protocol) continue;
      Route route = by_path(*service, request);
      if (route.operation) return route;
    }
  }
  return {nullptr, nullptr, field(parameters, "Action"), form ? Protocol::kQuery : Protocol::kJson};
}

}  // namespace leat::gateway
