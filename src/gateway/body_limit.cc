#include "gateway/body_limit.h"

#include <fmt/format.h>

namespace leat::gateway {
namespace {

constexpr std::uint64_t kNobodys = 1U << 20;

std::uint64_t limit_of(const Route& route) {
  if (route.operation) return route.operation->body_limit;
  return route.service ? route.service->model().body_limit : kNobodys;
}

}  // namespace

std::uint64_t largest_body(const Route& route) { return limit_of(route); }

runtime::HttpBodyLimit body_limit(const Route& route, std::string_view request_id) {
  const std::uint64_t limit = limit_of(route);
  std::string message = fmt::format("Request must be smaller than {} bytes", limit);
  if (route.operation) {
    const std::string_view action = route.operation->action;
    message += fmt::format(" for the {} operation", action.substr(action.find(':') + 1));
  }
  return {limit, wire::encode_error(context_of(route, request_id), {&aws::errors::kRequestTooLarge, message})};
}

}  // namespace leat::gateway
