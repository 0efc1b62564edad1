#include "engine/sandbox/way_out.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>

#include "engine/sandbox/spawn.h"

namespace leat::sandbox {

namespace asio = boost::asio;

namespace {

constexpr const char* kPasta = "/usr/bin/pasta";
constexpr const char* kSlirp = "/usr/bin/slirp4netns";

// No port of the machine leads in and none of its own leads out; the gateway is not taken for the machine. IPv4 alone,
// as a function on AWS has it.
std::vector<std::string> command_of(WayOut way, pid_t pid) {
  if (way == WayOut::kSlirp) {
    return {kSlirp, "--configure", "--mtu=65520", "--disable-host-loopback", "--disable-dns",
            fmt::format("--userns-path=/proc/{}/ns/user", pid), std::to_string(pid), "tap0"};
  }
  std::vector<std::string> out{kPasta, "-q", "-f", "-4", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
                               "--no-map-gw", "--config-net"};
  // The namespace knows no other user than the server's.
  if (geteuid() == 0) out.insert(out.end(), {"--runas", "0"});
  out.push_back(std::to_string(pid));
  return out;
}

struct Attribute {
  rtattr head;
  std::uint32_t value;
};

template <class Message>
NetlinkMessage finished(int protocol, Message& message, std::uint16_t type) {
  message.head = {sizeof message, type, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0};
  return {protocol, {reinterpret_cast<const char*>(&message), sizeof message}};
}

// A policy of the kernel's IPsec: packets to there are dropped on their way out, EPERM. The loopback has none.
NetlinkMessage closed(in_addr_t address, std::uint8_t bits) {
  struct {
    nlmsghdr head;
    xfrm_userpolicy_info policy;
  } message{};
  message.policy.sel.family = AF_INET;
  message.policy.sel.daddr.a4 = address;
  message.policy.sel.prefixlen_d = bits;
  message.policy.lft = {XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0};
  message.policy.dir = XFRM_POLICY_OUT;
  message.policy.action = XFRM_POLICY_BLOCK;
  return finished(NETLINK_XFRM, message, XFRM_MSG_NEWPOLICY);
}

// Waited for when it ends, whoever has forgotten it by then.
class Helper : public std::enable_shared_from_this<Helper> {
 public:
  Helper(asio::io_context& context, pid_t pid, int descriptor) : pid_(pid), exited_(context, descriptor) {}

  void await_exit() {
    exited_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](auto error) {
      if (error) return;
      if (waitpid(self->pid_, nullptr, WNOHANG) == 0) return self->await_exit();
      self->gone_ = true;
    });
  }
  void end() {
    if (!gone_) ::kill(pid_, SIGKILL);
  }

 private:
  pid_t pid_;
  asio::posix::stream_descriptor exited_;
  bool gone_ = false;
};

}  // namespace

WayOut find_way_out() {
  if (access("/dev/net/tun", R_OK | W_OK) != 0) return WayOut::kNone;
  if (access(kPasta, X_OK) == 0) return WayOut::kPasta;
  return access(kSlirp, X_OK) == 0 ? WayOut::kSlirp : WayOut::kNone;
}

std::vector<NetlinkMessage> closed_addresses() {
  std::vector<NetlinkMessage> out{closed(inet_addr("169.254.0.0"), 16), closed(inet_addr("127.0.0.0"), 8), closed(0, 8),
                                  closed(inet_addr("224.0.0.0"), 4), closed(INADDR_NONE, 32)};
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return out;
  for (const ifaddrs* each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET) continue;
    const in_addr_t address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr.s_addr;
    if ((ntohl(address) >> 24U) != IN_LOOPBACKNET) out.push_back(closed(address, 32));
    if (each->ifa_flags & IFF_BROADCAST && each->ifa_broadaddr)
      out.push_back(closed(reinterpret_cast<const sockaddr_in*>(each->ifa_broadaddr)->sin_addr.s_addr, 32));
  }
  freeifaddrs(all);
  return out;
}

NetlinkMessage own_address(in_addr_t address) {
  constexpr std::uint32_t kLoopbackDevice = 1;  // of every namespace
  struct {
    nlmsghdr head;
    rtmsg route;
    Attribute destination, device;
  } message{};
  message.route = {AF_INET, 32, 0, 0, RT_TABLE_LOCAL, RTPROT_STATIC, RT_SCOPE_HOST, RTN_LOCAL, 0};
  message.destination = {{RTA_LENGTH(sizeof(std::uint32_t)), RTA_DST}, htonl(address)};
  message.device = {{RTA_LENGTH(sizeof(std::uint32_t)), RTA_OIF}, kLoopbackDevice};
  return finished(NETLINK_ROUTE, message, RTM_NEWROUTE);
}

std::shared_ptr<void> open_way_out(asio::io_context& context, WayOut way, pid_t pid) {
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t helper = spawn({command_of(way, pid), {}, {}, -1, nothing});
  close(nothing);
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, helper, 0));
  if (descriptor < 0) return nullptr;
  auto made = std::make_shared<Helper>(context, helper, descriptor);
  made->await_exit();
  return {made.get(), [made](void*) { made->end(); }};
}

}  // namespace leat::sandbox
