#include "gateway/unserved.h"

#include <fmt/format.h>

#include "base/query_string.h"

namespace leat::gateway {
namespace {

using runtime::HttpRequest;
using runtime::HttpResponse;

// Services whose requests do not tell their protocol.
struct Spoken {
  std::string_view signing_name;
  HttpResponse (*error)(const wire::ErrorContext&, const aws::Error&);
};
constexpr Spoken kSpoken[] = {{"s3", &wire::encode_error},
                              {"s3express", &wire::encode_error},
                              {"cloudfront", &wire::encode_error},
                              {"route53", &wire::encode_error},
                              {"ec2", &wire::encode_ec2_error}};

const Spoken* spoken_by(std::string_view service) {
  for (const Spoken& each : kSpoken) {
    if (each.signing_name == service) return &each;
  }
  return nullptr;
}

// sns:CreateTopic, states:CreateStateMachine, s3:GET /bucket
std::string asked_for(const HttpRequest& request, std::string_view service, const Route& route) {
  if (route.asked_for.empty())
    return fmt::format("{}:{} {}", service, request.method, split_target(request.target).first);
  const auto dot = route.asked_for.find('.');  // of a target
  const std::string_view name = route.asked_for;
  if (dot == std::string::npos) return fmt::format("{}:{}", service, name);
  return fmt::format("{}:{}", service.empty() ? name.substr(0, dot) : service, name.substr(dot + 1));
}

}  // namespace

HttpResponse unknown_path(const wire::ErrorContext& context) {
  static constexpr aws::ErrorType kUnknownPath{"UnknownOperationException", "", 404, true, nullptr, aws::errors::kCoral};
  if (context.protocol == aws::Protocol::kQuery)
    return {kUnknownPath.http_status, {{"Content-Type", "text/xml"}}, "<UnknownOperationException/>"};
  if (context.protocol == aws::Protocol::kRestXml) return wire::encode_error(context, {&aws::errors::kUnknownOperation, ""});
  return wire::encode_error(context, {&kUnknownPath, ""});
}

HttpResponse unserved(const HttpRequest& request, std::string_view service, const Route& route,
                      std::string_view request_id) {
  const Spoken* spoken = spoken_by(service);
  const wire::ErrorContext context{spoken ? aws::Protocol::kRestXml : route.protocol, service, "1.0", "", request_id, false};
  if (service.empty() && route.asked_for.empty()) return unknown_path(context);
  const aws::Error error{&aws::errors::kNotOffered,
                         fmt::format("leat does not offer {} yet", asked_for(request, service, route))};
  return spoken ? spoken->error(context, error) : wire::encode_error(context, error);
}

}  // namespace leat::gateway
