#include "app/allowed_services.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace leat::app {
namespace {

constexpr std::size_t kMaxServices = 16;

runtime::RelayTarget parse(std::string_view given) {
  const std::size_t colon = given.rfind(':');
  const std::string_view host = given.substr(0, colon);
  std::uint16_t port = 0;
  if (colon != std::string_view::npos) std::from_chars(given.data() + colon + 1, given.data() + given.size(), port);
  const bool plain = !host.empty() && host.find_first_of(":/[] ") == std::string_view::npos;
  if (!plain || port == 0 || given.substr(colon + 1) != std::to_string(port))
    throw std::invalid_argument(fmt::format("--function-allow {}: wanted is HOST:PORT, with a name or an IPv4 address", given));
  return {std::string(host), port};
}

in_addr_t stands_at(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ? ntohl(address.s_addr) : in_addr_t{INADDR_LOOPBACK};
}

bool same_place(const sandbox::NetworkPort& a, const sandbox::NetworkPort& b) {
  return a.number == b.number && a.address == b.address && a.kind == b.kind;
}

}  // namespace

AllowedServices::AllowedServices(const std::vector<std::string>& given, const std::vector<sandbox::NetworkPort>& taken) {
  if (given.size() > kMaxServices)
    throw std::invalid_argument(fmt::format("--function-allow: {} services at most", kMaxServices));
  for (const auto& each : given) {
    auto target = parse(each);
    const sandbox::NetworkPort port{target.port, sandbox::NetworkPort::Kind::kStream, stands_at(target.host)};
    const auto stands_there = [&](const auto& other) { return same_place(port, other); };
    if (std::ranges::any_of(taken, stands_there) || std::ranges::any_of(ports_, stands_there))
      throw std::invalid_argument(fmt::format("--function-allow {}: port {} is taken in a function's network", each, port.number));
    ports_.push_back(port);
    targets_.push_back(std::move(target));
  }
}

const runtime::RelayTarget* AllowedServices::find(const sandbox::NetworkPort& port) const {
  const auto found = std::ranges::find_if(ports_, [&](const auto& each) { return same_place(port, each); });
  return found == ports_.end() ? nullptr : &targets_[static_cast<std::size_t>(found - ports_.begin())];
}

bool AllowedServices::has_name(std::string_view name) const {
  return std::ranges::any_of(targets_, [&](const auto& each) {
    return std::ranges::equal(each.host, name, {}, [](unsigned char c) { return std::tolower(c); },
                              [](unsigned char c) { return std::tolower(c); });
  });
}

}  // namespace leat::app
