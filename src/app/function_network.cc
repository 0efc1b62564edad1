#include "app/function_network.h"

#include <algorithm>
#include <fstream>

#include "app/configuration.h"
#include "app/private_file.h"
#include "gateway/host_names.h"
#include "runtime/certificate_authority.h"

namespace leat::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnCertificates = "/etc/leat/leat.pem";
constexpr const char* kAllCertificates = "/etc/leat/all.pem";
constexpr const char* kJavaCertificates = "/etc/leat/all.jks";
constexpr std::uint16_t kNames = 53, kHttp = 80, kHttps = 443;

std::string write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::trunc) << text;
  return path;
}

}  // namespace

std::vector<sandbox::NetworkPort> ports_of_leat(std::uint16_t own) {
  std::vector<sandbox::NetworkPort> out{{kNames, sandbox::NetworkPort::Kind::kDatagram},
                                        {kHttp},
                                        {kHttps},
                                        {kDefaultPort},
                                        {lambda::RuntimeApi::kPort}};
  // URLs that leat gave out have its own port in them.
  if (std::none_of(out.begin(), out.end(), [&](const auto& each) { return each.number == own; })) out.push_back({own});
  return out;
}

bool leads_here(std::string_view name) { return name == "localhost" || gateway::is_name_of_services(name); }

sandbox::Network make_function_network(FunctionNetworkParts parts) {
  fs::create_directories(parts.folder);
  const std::string all = read_file("/etc/ssl/certs/ca-certificates.crt") + parts.certificates;
  auto ports = ports_of_leat(parts.server.port());
  ports.insert(ports.end(), parts.allowed.ports().begin(), parts.allowed.ports().end());
  return {std::move(ports),
          [parts](std::uint32_t door, sandbox::NetworkPort port, int descriptor) {
            if (const auto* service = parts.allowed.find(port))
              parts.relay.adopt(descriptor, door, *service);
            else if (port.number == kNames)
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
            parts.relay.release(door);
            parts.runtime_api.release(door);
            parts.server.release(door);
          },
          parts.way_out,
          {{write_text(parts.folder / "resolv.conf", "nameserver 127.0.0.1\noptions attempts:2 timeout:2\n"),
            "/etc/resolv.conf"},
           {write_text(parts.folder / "hosts", "127.0.0.1 localhost lambda\n"), "/etc/hosts"},
           {write_text(parts.folder / "leat.pem", parts.certificates), kOwnCertificates},
           {write_text(parts.folder / "all.pem", all), kAllCertificates},
           {write_text(parts.folder / "all.jks", runtime::java_trust_store(all)), kJavaCertificates}},
          {{"AWS_CA_BUNDLE", kAllCertificates},
           {"SSL_CERT_FILE", kAllCertificates},
           {"REQUESTS_CA_BUNDLE", kAllCertificates},
           {"CURL_CA_BUNDLE", kAllCertificates},
           {"NODE_EXTRA_CA_CERTS", kOwnCertificates},
           {"LEAT_JAVA_CERTIFICATES", kJavaCertificates}}};
}

}  // namespace leat::app
