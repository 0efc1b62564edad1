#include "engine/sandbox/proc.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace leat::sandbox {

namespace fs = std::filesystem;

std::vector<pid_t> tree_of(pid_t root) {
  std::vector<pid_t> out{root};
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::error_code gone;
    for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", out[i]), gone)) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) out.push_back(child);
    }
  }
  return out;
}

std::uint64_t status_kib(pid_t pid, std::string_view name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
  }
  return 0;
}

std::string socket_of(std::uint16_t port, std::uint16_t other_port) {
  for (const auto& [file, loopback] :
       {std::pair{"/proc/net/tcp", "0100007F"}, std::pair{"/proc/net/tcp6", "0000000000000000FFFF00000100007F"}}) {
    std::ifstream table(file);
    const std::string ends = fmt::format(" {0}:{1:04X} {0}:{2:04X} ", loopback, port, other_port);
    for (std::string line; std::getline(table, line);) {
      const auto found = line.find(ends);
      unsigned long inode = 0;
      // state queues timer retransmits uid timeout inode
      if (found != std::string::npos &&
          std::sscanf(line.c_str() + found + ends.size(), "%*s %*s %*s %*s %*s %*s %lu", &inode) == 1)
        return fmt::format("socket:[{}]", inode);
    }
  }
  return {};
}

bool has_open(pid_t pid, const std::string& what) {
  std::error_code gone;
  for (const auto& descriptor : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), gone)) {
    std::error_code closed;
    if (fs::read_symlink(descriptor.path(), closed) == what) return true;
  }
  return false;
}

void limit_data(pid_t root, std::uint64_t bytes) {
  constexpr std::uint64_t kAllowance = 256ULL << 20;
  for (const pid_t pid : tree_of(root)) {
    const rlim_t most = (status_kib(pid, "VmData") << 10) + bytes + kAllowance;
    const rlimit both{most, most};
    prlimit(pid, RLIMIT_DATA, &both, nullptr);
  }
}

// Sessions are weighed against each other where the kernel groups them by itself, and threads inside one.
void lower_priority(pid_t root) {
  constexpr int kNice = 10;
  for (const pid_t pid : tree_of(root)) {
    std::error_code gone;
    for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", pid), gone))
      setpriority(PRIO_PROCESS, static_cast<id_t>(std::stoul(task.path().filename())), kNice);
    std::ofstream(fmt::format("/proc/{}/autogroup", pid)) << kNice;
  }
}

}  // namespace leat::sandbox
