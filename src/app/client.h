#pragma once
// The commands that speak to a running server.

#include <cstdint>
#include <string>

#include "app/configuration.h"

namespace leat::app {

struct ServerAddress {
  std::uint16_t port = kDefaultPort;
  std::string region = "us-east-1";
  std::filesystem::path data_folder = Configuration().data_folder;
};

// Each returns the program's exit status.
int print_status(const ServerAddress& address);
int print_logs(const ServerAddress& address, const std::string& function, bool follow);
int reset_server(const ServerAddress& address);

}  // namespace leat::app
