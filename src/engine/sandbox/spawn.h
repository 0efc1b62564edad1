#pragma once
// A new process from a server with many threads.

#include <sys/types.h>

#include <string>
#include <vector>

#include "engine/sandbox/network.h"

namespace leat::sandbox {

constexpr int kFirstGiven = 4;
constexpr int kAboveGiven = 10;

struct SpawnRequest {
  std::vector<std::string> command;
  std::vector<std::string> environment;  // NAME=value
  std::vector<std::string> entrances;    // cgroup.procs files
  int channel;                           // becomes descriptor 3
  int output;                            // becomes descriptors 1 and 2
  std::vector<int> given = {};           // become kFirstGiven and on; they are above these
  const NetworkOrder* network = nullptr;  // where it gets one of its own
};

// Throws std::system_error.
pid_t spawn(const SpawnRequest& request);

// Runs to the end, quietly. The exit status, or -1.
int run_quietly(const std::vector<std::string>& command);

}  // namespace leat::sandbox
