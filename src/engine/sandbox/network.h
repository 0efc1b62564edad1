#pragma once
// A worker's own network: a loopback on which stands what the server puts there, and nothing else.
//
// The sockets are made inside the namespace, before the worker runs, and handed to the server.

#include <netinet/in.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace leat::sandbox {

struct NetworkPort {
  enum class Kind : std::uint8_t { kStream, kDatagram };
  std::uint16_t number;
  Kind kind = Kind::kStream;
  in_addr_t address = INADDR_LOOPBACK;  // in the host's order; what is not of the loopback becomes the worker's own
};

// What leads outside: nothing, or one of the user-mode networks that Debian has.
enum class WayOut : std::uint8_t { kNone, kPasta, kSlirp };

// One that the kernel is told about a network by.
struct NetlinkMessage {
  int protocol;
  std::string bytes;
};

struct Network {
  std::vector<NetworkPort> ports;
  // On the thread that starts the worker, for each port: whoever takes the descriptor closes it. A door is a worker's
  // alone, of all that the process ever starts, and above what a port's number can be.
  std::function<void(std::uint32_t door, NetworkPort port, int descriptor)> opened;
  // Whose code runs behind it, once that is known: whatever the worker's user calls itself by.
  std::function<void(std::uint32_t door, const std::string& whose)> assigned;
  std::function<void(std::uint32_t door)> closed;
  WayOut way_out = WayOut::kNone;
  // The files that the worker sees beside or in place of the machine's: (path on the machine, path inside).
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<std::pair<std::string, std::string>> environment;
};

// What the child needs, made before the fork.
struct NetworkOrder {
  const std::vector<NetworkPort>* ports;
  int answer;  // where the sockets are sent
  bool outside;  // something will lead there
  std::vector<NetlinkMessage> settings;  // made before any way leads outside
  std::string user_map, group_map;
};
NetworkOrder network_order(const std::vector<NetworkPort>& ports, int answer, WayOut way);

// In the child, between fork and exec: a namespace with these listening. False where the machine allows none.
bool enter_network(const NetworkOrder& order);

// In the parent: the sockets in the order of their ports, or none where the child could not make them.
std::vector<int> receive_sockets(int from, std::size_t count);

// Found out by trying.
bool can_make_network(WayOut way);

}  // namespace leat::sandbox
