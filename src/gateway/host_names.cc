#include "gateway/host_names.h"

#include <algorithm>

#include "base/encoding.h"

namespace leat::gateway {
namespace {

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

constexpr std::string_view kLabel = "abcdefghijklmnopqrstuvwxyz0123456789-_";

bool is_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.';
}

// Names of AWS that its customers' machines have, at whatever address those have.
bool is_of_customers(std::string_view name) {
  return name.find(".elb.") != std::string_view::npos || name.find(".compute") != std::string_view::npos ||
         name.find(".rds.") != std::string_view::npos;
}

// eu-central-1, us-gov-west-1
bool looks_like_region(std::string_view label) {
  return consists_of(label, "abcdefghijklmnopqrstuvwxyz0123456789-") && std::count(label.begin(), label.end(), '-') >= 2 &&
         label.back() >= '0' && label.back() <= '9' && label[label.size() - 2] == '-';
}

}  // namespace

std::string_view without_port(std::string_view host) {
  const auto colon = host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
  return host.substr(0, colon);
}

bool is_address(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']'))
    return consists_of(host.substr(1, host.size() - 2), "0123456789abcdefABCDEF:.");
  return consists_of(host, "0123456789.") && host.find('.') != std::string_view::npos;
}

bool is_name_of_services(std::string_view host) {
  return is_below(host, "localhost") || host == "localhost.localstack.cloud" ||
         is_below(host, "localhost.localstack.cloud") ||
         ((is_below(host, "amazonaws.com") || is_below(host, "on.aws")) && !is_of_customers(host));
}

std::string_view region_in(std::string_view host) {
  host = without_port(host);
  if (!is_name_of_services(host)) return {};
  for (const std::string_view domain : {".amazonaws.com", ".localhost.localstack.cloud", ".localhost", ".on.aws"}) {
    if (!host.ends_with(domain)) continue;
    host.remove_suffix(domain.size());
    break;
  }
  const auto service = host.rfind('.');
  const std::string_view label = service == std::string_view::npos ? std::string_view() : host.substr(service + 1);
  return looks_like_region(label) ? label : std::string_view();
}

HostNames::HostNames(std::vector<std::string> own) : own_(std::move(own)) {
  for (std::string& name : own_) name = lower_case(without_port(name));
}

bool HostNames::allow(const runtime::HttpRequest& request) const {
  const runtime::HttpHeader* host = nullptr;
  for (const auto& header : request.headers) {
    if (!runtime::equals_ignoring_case(header.name, "host")) continue;
    if (host) return false;
    host = &header;
  }
  if (!host) return false;
  const std::string_view name = without_port(host->value);
  return is_address(name) || allow(lower_case(name));
}

bool HostNames::allow(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (consists_of(name, kLabel) || name == "host.docker.internal" || is_name_of_services(name)) return true;
  return std::any_of(own_.begin(), own_.end(), [&](const auto& own) { return name == own || is_below(name, own); });
}

}  // namespace leat::gateway
