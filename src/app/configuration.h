#pragma once
// What a server is told by its command line and its environment.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/kv/rocksdb_store.h"

namespace leat::app {

inline constexpr const char* kVersion = LEAT_VERSION;
inline constexpr std::uint16_t kDefaultPort = 4566;

// What a function's code can reach.
enum class FunctionNetwork : std::uint8_t {
  kIsolated,  // leat alone
  kOutgoing,  // and what is outside the machine, where a user-mode network can be had
  kHost,      // what the machine reaches
};

struct Configuration {
  std::string address = "127.0.0.1";
  std::uint16_t port = kDefaultPort;
  std::filesystem::path data_folder = ".leat";
  kv::Durability durability = kv::Durability::kFsync;
  bool ephemeral = false;
  bool test_clock = false;  // the clock may be moved through /_leat/clock
  bool throttle = false;    // tables' throughput is enforced
  bool insecure = false;    // unknown access keys are root on any address
  bool require_sandbox = false;
  FunctionNetwork function_network = FunctionNetwork::kOutgoing;
  std::vector<std::string> function_allow = {};  // allowed_services.h
  std::int64_t clock_offset = 0;                               // tests: milliseconds, from the machine's
  double patience = 1;                                         // tests: with clients, as a part of the usual
  bool lose_unsynced = false;                                  // tests: what was not synced is not written
  unsigned threads = 0;                                        // 0: one for each processor
  std::filesystem::path runtimes_folder;                       // empty: found beside the program
  std::vector<std::filesystem::path> hot_reload;               // empty: hot_folders.h
  std::vector<std::string> allowed_origins;                    // of pages: gateway/pages.h
  std::vector<std::string> host_names;                         // gateway/host_names.h
  std::filesystem::path init_folder = "/etc/localstack/init";  // init_scripts.h

  bool on_loopback() const { return address.starts_with("127.") || address == "::1" || address == "localhost"; }
};

// GATEWAY_LISTEN, EDGE_PORT, PERSISTENCE, DEBUG, LOCALSTACK_HOST, EXTRA_CORS_ALLOWED_ORIGINS and DISABLE_CORS_CHECKS of
// LocalStack; applied before the command line. SERVICES, ENFORCE_IAM and LAMBDA_* ask for what leat does anyhow, and are
// accepted silently.
void apply_environment(Configuration& configuration);

// runtimes/ beside the program, or above it in a source tree.
std::filesystem::path find_runtimes();

}  // namespace leat::app
