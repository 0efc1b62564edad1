#include "app/function_network.h"

#include <algorithm>
#include <fstream>

#include "app/configuration.h"
#include "gateway/host_names.h"

namespace leat::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kNames = 53, kHttp = 80, kHttps = 443;

std::string write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::trunc) << text;
  return path;
}

std::vector<sandbox::NetworkPort> ports_of(std::uint16_t own) {
  std::vector<sandbox::NetworkPort> out{{kNames, sandbox::NetworkPort::Kind::kDatagram},
                                        {kHttp},
                                        {kHttps},
                                        {kDefaultPort},
                                        {lambda::RuntimeApi::kPort}};
  // URLs that leat gave out have its own port in them.
  if (std::none_of(out.begin(), out.end(), [&](const auto& each) { return each.number == own; })) out.push_back({own});
  return out;
}

}  // namespace

bool leads_here(std::string_view name) { return name == "localhost" || gateway::is_name_of_services(name); }

sandbox::Network make_function_network(FunctionNetworkParts parts) {
  fs::create_directories(parts.folder);
  return {ports_of(parts.server.port()),
          [parts](std::uint32_t door, sandbox::NetworkPort port, int descriptor) {
            if (port.number == kNames)
              parts.resolver.adopt(descriptor, door);
            else if (port.number == lambda::RuntimeApi::kPort)
              parts.runtime_api.adopt(descriptor, door);
            else
              parts.server.adopt(descriptor, door);
          },
          [parts](std::uint32_t door, const std::string& access_key) { parts.doors.assign(door, access_key); },
          [parts](std::uint32_t door) {
            parts.doors.close(door);
            parts.resolver.release(door);
            parts.runtime_api.release(door);
            parts.server.release(door);
          },
          parts.way_out,
          {{write_text(parts.folder / "resolv.conf", "nameserver 127.0.0.1\noptions attempts:2 timeout:2\n"),
            "/etc/resolv.conf"},
           {write_text(parts.folder / "hosts", "127.0.0.1 localhost lambda\n"), "/etc/hosts"}}};
}

}  // namespace leat::app
