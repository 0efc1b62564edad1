#include "engine/sandbox/network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/sandbox/way_out.h"

namespace leat::sandbox {
namespace {

constexpr std::size_t kMaxPorts = 32;
constexpr int kBacklog = 256;

union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * kMaxPorts)];
};

bool write_file(const char* path, const char* text, std::size_t size) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, text, size) == static_cast<ssize_t>(size);
  close(file);
  return written;
}

// What the kernel counts for each user of the machine is counted for the user namespace, too: the worker's is bounded.
void limit_watches() {
  (void)write_file("/proc/sys/user/max_inotify_instances", "16", 2);
  (void)write_file("/proc/sys/user/max_inotify_watches", "4096", 4);
}

// Who may not make a network makes a user namespace first, in which it may; what leads outside wants one anyhow.
bool leave_network(const NetworkOrder& order) {
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return !order.outside && unshare(CLONE_NEWNET) == 0;
  (void)write_file("/proc/self/setgroups", "deny", 4);
  const bool mapped = write_file("/proc/self/uid_map", order.user_map.data(), order.user_map.size()) &&
                      write_file("/proc/self/gid_map", order.group_map.data(), order.group_map.size());
  if (mapped) limit_watches();
  return mapped;
}

bool bring_loopback_up() {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = any >= 0 && ioctl(any, SIOCSIFFLAGS, &request) == 0;
  close(any);
  return up;
}

bool tell(int netlink, const std::string& message) {
  struct {
    nlmsghdr head;
    nlmsgerr error;
  } answer{};
  return send(netlink, message.data(), message.size(), 0) == static_cast<ssize_t>(message.size()) &&
         recv(netlink, &answer, sizeof answer, 0) >= static_cast<ssize_t>(NLMSG_LENGTH(sizeof(int))) &&
         answer.head.nlmsg_type == NLMSG_ERROR && (answer.error.error == 0 || answer.error.error == -EEXIST);
}

bool apply(const std::vector<NetlinkMessage>& settings) {
  for (const auto& [protocol, message] : settings) {
    const int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    const bool done = netlink >= 0 && tell(netlink, message);
    close(netlink);
    if (!done) return false;
  }
  return true;
}

int listen_at(const NetworkPort& port) {
  const bool stream = port.kind == NetworkPort::Kind::kStream;
  const int made = socket(AF_INET, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port.number);
  address.sin_addr.s_addr = htonl(port.address);
  const bool bound = made >= 0 && bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return bound && (!stream || listen(made, kBacklog) == 0) ? made : -1;
}

}  // namespace

NetworkOrder network_order(const std::vector<NetworkPort>& ports, int answer, WayOut way) {
  const bool outside = way != WayOut::kNone;
  auto settings = outside ? closed_addresses() : std::vector<NetlinkMessage>();
  for (const auto& port : ports) {
    if ((port.address >> 24U) != IN_LOOPBACKNET) settings.push_back(own_address(port.address));
  }
  return {&ports,  answer, outside, std::move(settings), fmt::format("{0} {0} 1\n", geteuid()), fmt::format("{0} {0} 1\n", getegid())};
}

bool enter_network(const NetworkOrder& order) {
  if (order.ports->size() > kMaxPorts || !leave_network(order) || !bring_loopback_up() || !apply(order.settings))
    return false;
  Control control{};
  char byte = 0;
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * order.ports->size());
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * order.ports->size());
  for (std::size_t i = 0; i < order.ports->size(); ++i) {
    const int made = listen_at((*order.ports)[i]);
    if (made < 0) return false;
    std::memcpy(CMSG_DATA(header) + i * sizeof(int), &made, sizeof made);
  }
  return sendmsg(order.answer, &message, MSG_NOSIGNAL) == 1;
}

std::vector<int> receive_sockets(int from, std::size_t count) {
  Control control{};
  char byte = 0;
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t got = 0;
  do got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  const cmsghdr* const header = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (!header || header->cmsg_len != CMSG_LEN(sizeof(int) * count)) return {};
  std::vector<int> out(count);
  std::memcpy(out.data(), CMSG_DATA(header), sizeof(int) * count);
  return out;
}

bool can_make_network(WayOut way) {
  const std::vector<NetworkPort> ports{{53, NetworkPort::Kind::kDatagram}, {80}};
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return false;
  const NetworkOrder order = network_order(ports, pair[1], way);
  const pid_t child = fork();
  if (child == 0) _exit(enter_network(order) ? 0 : 1);
  close(pair[1]);
  const auto sockets = receive_sockets(pair[0], ports.size());
  for (const int each : sockets) close(each);
  close(pair[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return !sockets.empty();
}

}  // namespace leat::sandbox
