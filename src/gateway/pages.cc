#include "gateway/pages.h"

#include <algorithm>

#include "base/encoding.h"
#include "gateway/host_names.h"

namespace leat::gateway {
namespace {

using runtime::HttpRequest;

struct Origin {
  std::string_view host;
  std::string_view port;
};

std::string_view after_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  }
  return {};
}

Origin parse(std::string_view origin) {
  const std::string_view authority = after_scheme(origin);
  const std::string_view host = without_port(authority);
  const std::string_view port = authority.substr(std::min(authority.size(), host.size() + 1));
  return {host, port.empty() ? (origin.starts_with("https") ? "443" : "80") : port};
}

std::string_view origin_of_url(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  const std::size_t scheme = url.size() - rest.size();
  return rest.empty() ? std::string_view() : url.substr(0, scheme + std::min(rest.find_first_of("/?#"), rest.size()));
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_address(host));
}

// Names of which leat serves what users have stored or deployed.
bool serves_others_code(std::string_view host) {
  if (!is_name_of_services(host)) return false;
  const std::string labels = '.' + lower_case(host);
  return labels.find(".lambda-url.") != std::string::npos || labels.find(".s3.") != std::string::npos ||
         labels.find(".s3-") != std::string::npos;
}

// Browsers older than Sec-Fetch-Site tell themselves by their name, which no page can change.
bool is_browser(const HttpRequest& request) {
  const std::string_view agent = request.header("user-agent");
  return agent.starts_with("Mozilla/") && agent.find("PowerShell/") == std::string_view::npos;
}

std::size_t count(const HttpRequest& request, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(request.headers.begin(), request.headers.end(),
                    [&](const auto& header) { return runtime::equals_ignoring_case(header.name, name); }));
}

}  // namespace

Pages::Pages(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {
  for (std::string& origin : allowed_) {
    while (origin.ends_with('/')) origin.pop_back();
    origin = lower_case(origin);
  }
  all_ = std::find(allowed_.begin(), allowed_.end(), "*") != allowed_.end();
}

bool Pages::sent(const HttpRequest& request) {
  return is_browser(request) || count(request, "origin") || count(request, "sec-fetch-site") ||
         count(request, "referer");
}

bool Pages::foreign(const HttpRequest& request) const {
  if (all_) return false;
  if (const auto origins = count(request, "origin"); origins > 0)
    return origins > 1 || !allows(request.header("origin"), request);
  // Without an Origin the answer is shown or thrown away, not read. A link or a redirect is followed for whoever wrote
  // it: typed addresses ("none") may have been redirected too.
  // A Referer alone says nothing, since it stays an own page's where another site has redirected.
  const std::string_view site = request.header("sec-fetch-site");
  if (site.empty()) return count(request, "referer") > 0 || is_browser(request);
  return site == "cross-site" || site == "none" || !allows(origin_of_url(request.header("referer")), request);
}

bool Pages::allows(std::string_view origin, const HttpRequest& request) const {
  if (all_) return true;
  const auto [host, port] = parse(origin);
  if (host.empty() || serves_others_code(host) || port == std::to_string(request.port)) return false;
  return is_loopback(host) || std::find(allowed_.begin(), allowed_.end(), lower_case(origin)) != allowed_.end();
}

}  // namespace leat::gateway
