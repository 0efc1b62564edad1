#pragma once
// What /proc tells of a worker's processes.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leat::sandbox {

// A process and its descendants.
std::vector<pid_t> tree_of(pid_t root);

// A number of /proc/PID/status, in KiB.
std::uint64_t status_kib(pid_t pid, std::string_view name);

// "socket:[INODE]" of the end at `port` of a connection on loopback, as /proc/PID/fd shows it. Programs whose sockets
// speak both versions of IP (Java's) are found in the table of the newer one.
std::string socket_of(std::uint16_t port, std::uint16_t other_port);

bool has_open(pid_t pid, const std::string& what);

// Where no cgroup may be made: what the process and its descendants may map beyond what they have. Stacks and a
// runtime's own heaps count too, hence the allowance.
void limit_data(pid_t root, std::uint64_t bytes);

// And a lower priority in the place of a share: the process and its descendants come after the server.
void lower_priority(pid_t root);

}  // namespace leat::sandbox
