#include "gateway/route.h"

#include <fmt/format.h>

#include "base/query_string.h"
#include "wire/uri.h"

namespace leat::gateway {

using aws::Protocol;

namespace {

std::string form_field(const runtime::HttpRequest& request, std::string_view name) {
  for (std::string_view form : {split_target(request.target).second, request.body}) {
    for (auto& [field, value] : parse_query_string(form)) {
      if (field == name) return value;
    }
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
  const auto owns = route.binding ? route.binding->owns_path : nullptr;
  const bool method = request.method == "POST" || (request.method == "GET" && route.protocol == Protocol::kQuery);
  if (method && (is_root(path) || (owns && owns(path)))) return route;
  route.operation = nullptr;
  route.asked_for.clear();
  return route;
}

}  // namespace

wire::ErrorContext context_of(const Route& route, std::string_view request_id) {
  if (!route.binding) return {route.protocol, "", "1.0", "", request_id, false};
  const auto& model = *route.binding->model;
  return {route.protocol,      model.id,   model.json_version.empty() ? "1.0" : model.json_version,
          model.xml_namespace, request_id, model.speaks_query};
}

Router::Router(std::vector<Binding> bindings) : bindings_(std::move(bindings)) {
  for (const Binding& binding : bindings_) {
    if (binding.model->target_prefix.empty()) continue;
    for (const auto& operation : binding.model->operations) {
      targets_.emplace(fmt::format("{}.{}", binding.model->target_prefix, operation.name), Named{&binding, &operation});
    }
  }
}

Route Router::by_target(std::string_view target) const {
  const auto found = targets_.find(std::string(target));
  if (found != targets_.end()) return {found->second.binding, found->second.operation, std::string(target)};
  for (const Binding& binding : bindings_) {
    const std::string_view prefix = binding.model->target_prefix;
    if (!prefix.empty() && target.starts_with(prefix) && target.substr(prefix.size()).starts_with('.')) {
      return {&binding, nullptr, std::string(target.substr(prefix.size() + 1))};
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

Route Router::by_action(const Binding& binding, const runtime::HttpRequest& request) const {
  std::string action = form_field(request, "Action");
  for (const auto& operation : binding.model->operations) {
    if (operation.name == action) return {&binding, &operation, std::move(action), Protocol::kQuery};
  }
  return {&binding, nullptr, std::move(action), Protocol::kQuery};
}

Route Router::by_uri(const Binding& binding, const runtime::HttpRequest& request) {
  const auto [path, query] = split_target(request.target);
  const aws::Operation* found = nullptr;
  for (const auto& operation : binding.model->operations) {
    if (operation.http_method != request.method || !wire::match_uri(operation.http_uri, path)) continue;
    // A pattern may ask for a constant in the query, and then says more than one that does not:
    // …/layers?find=LayerVersion
    const std::string_view constant = split_target(operation.http_uri).second;
    if (constant.empty() ? !found : query.find(constant) != std::string_view::npos) found = &operation;
  }
  if (found) return {&binding, found, std::string(found->name), Protocol::kRestJson};
  return {&binding, nullptr, "", Protocol::kRestJson};
}

const Binding* Router::signed_for(std::string_view service) const {
  for (const Binding& binding : bindings_) {
    if (binding.model->signing_name == service) return &binding;
  }
  return nullptr;
}

Route Router::route(const runtime::HttpRequest& request, std::string_view signed_service) const {
  const std::string_view target = request.header("x-amz-target");
  if (!target.empty()) {
    Route route = by_target(target);
    if (request.header("content-type").starts_with("application/x-amz-cbor")) route.protocol = Protocol::kAwsCbor;
    if (!route.binding && signed_for(signed_service)) route.binding = signed_for(signed_service);
    return at_its_path(std::move(route), request);
  }
  if (!request.header("smithy-protocol").empty()) return by_rpc(request);
  const bool form = has_form(request);
  if (const Binding* binding = signed_for(signed_service)) {
    if (binding->model->speaks_query && form) return at_its_path(by_action(*binding, request), request);
    if (binding->model->protocol == Protocol::kRestJson) return by_uri(*binding, request);
    return {binding, nullptr, "", binding->model->protocol};
  }
  if (!signed_service.empty())
    return {nullptr, nullptr, form ? form_field(request, "Action") : "", form ? Protocol::kQuery : Protocol::kRestJson};
  return by_looks(request, form);
}

// An unsigned request still gets its service's form of refusal.
Route Router::by_looks(const runtime::HttpRequest& request, bool form) const {
  const std::string version = form ? form_field(request, "Version") : std::string();
  for (const Binding& binding : bindings_) {
    if (binding.model->speaks_query && !version.empty() && binding.model->api_version == version)
      return at_its_path(by_action(binding, request), request);
    if (binding.model->protocol == Protocol::kRestJson) {
      Route route = by_uri(binding, request);
      if (route.operation) return route;
    }
  }
  return {nullptr, nullptr, form ? form_field(request, "Action") : "", form ? Protocol::kQuery : Protocol::kJson};
}

}  // namespace leat::gateway
