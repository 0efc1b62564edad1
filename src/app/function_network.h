#pragma once
// What stands on the loopback of each function's worker: leat's endpoint, its Runtime API, a resolver, and
// the services that the operator allows.

#include <filesystem>
#include <string_view>
#include <vector>

#include "app/allowed_services.h"
#include "engine/sandbox/network.h"
#include "runtime/http_server.h"
#include "runtime/relay.h"
#include "runtime/resolver.h"
#include "service/lambda/doors.h"
#include "service/lambda/runtime_api.h"

namespace leat::app {

struct FunctionNetworkParts {
  runtime::HttpServer& server;
  runtime::Resolver& resolver;
  runtime::Relay& relay;
  const AllowedServices& allowed;
  lambda::RuntimeApi& runtime_api;
  lambda::Doors& doors;
  std::filesystem::path folder;  // for the files that workers see below /etc
  sandbox::WayOut way_out;
  std::string certificates;      // in PEM: whom workers trust beside those whom the machine does
};

// The parts need not be made yet: they are used when the first worker starts.
sandbox::Network make_function_network(FunctionNetworkParts parts);

// The ports that are leat's own there, the server's among them.
std::vector<sandbox::NetworkPort> ports_of_leat(std::uint16_t own);

// Names of AWS's endpoints, and those by which leat is known: a function reaches leat by them.
bool leads_here(std::string_view name);

}  // namespace leat::app
