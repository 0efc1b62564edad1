#include "engine/sandbox/cgroup.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace leat::sandbox {
namespace {

namespace fs = std::filesystem;

const fs::path kMount = "/sys/fs/cgroup";

bool write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path);
  out << text << std::flush;
  return static_cast<bool>(out);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

// The server's own group in the version 2 tree: where an ordinary user may have been given rights.
fs::path own_group() {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::")) return kMount / fs::path(line.substr(3)).relative_path();
  }
  return kMount;
}

// Ends what a server that was killed left behind: a sandbox may outlive it that was only being made.
void sweep(const fs::path& parent) {
  std::error_code error;
  for (const auto& server : fs::directory_iterator(parent, error)) {
    const std::string name = server.path().filename();
    if (!name.starts_with("leat-") || fs::exists("/proc/" + name.substr(5))) continue;
    for (const auto& worker : fs::directory_iterator(server.path(), error)) {
      if (!worker.is_directory(error)) continue;
      std::ifstream processes(worker.path() / "cgroup.procs");
      for (pid_t pid = 0; processes >> pid;) kill(pid, SIGKILL);
      rmdir(worker.path().c_str());  // fails while its processes go: the next start's work
    }
    rmdir(server.path().c_str());
  }
}

bool make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  return !error && fs::is_directory(folder, error);
}

}  // namespace

Cgroups::Cgroups() {
  const std::string name = fmt::format("leat-{}", getpid());
  if (fs::exists(kMount / "cgroup.controllers")) {
    for (const fs::path& parent : {kMount, own_group()}) {
      sweep(parent);
      const fs::path root = parent / name;
      if (!make_folder(root)) continue;
      write_file(parent / "cgroup.subtree_control", "+memory +pids");
      write_file(root / "cgroup.subtree_control", "+memory +pids");
      if (read_file(root / "cgroup.subtree_control").find("memory") == std::string::npos) {
        rmdir(root.c_str());
        continue;
      }
      roots_ = {root};
      unified_ = true;
      return;
    }
    return;
  }
  for (const char* controller : {"memory", "pids"}) sweep(kMount / controller);
  const fs::path memory = kMount / "memory" / name, pids = kMount / "pids" / name;
  if (fs::exists(kMount / "memory/memory.limit_in_bytes") && make_folder(memory)) {
    roots_.push_back(memory);
    if (fs::exists(kMount / "pids/cgroup.procs") && make_folder(pids)) roots_.push_back(pids);
  }
}

Cgroups::~Cgroups() {
  for (const auto& root : roots_) rmdir(root.c_str());
}

std::unique_ptr<Cgroup> Cgroups::make(const std::string& name) const {
  std::vector<fs::path> folders;
  for (const auto& root : roots_) {
    if (!make_folder(root / name)) return nullptr;
    folders.push_back(root / name);
  }
  return folders.empty() ? nullptr : std::make_unique<Cgroup>(std::move(folders), unified_);
}

Cgroup::~Cgroup() {
  for (const auto& folder : folders_) rmdir(folder.c_str());
}

void Cgroup::limit_memory(std::uint64_t bytes) {
  write_file(folders_[0] / (unified_ ? "memory.max" : "memory.limit_in_bytes"), std::to_string(bytes));
  write_file(folders_[0] / (unified_ ? "memory.swap.max" : "memory.memsw.limit_in_bytes"),
             unified_ ? "0" : std::to_string(bytes));
}

void Cgroup::limit_processes(std::uint32_t count) {
  if (unified_ || folders_.size() > 1) write_file(folders_.back() / "pids.max", std::to_string(count));
}

bool Cgroup::out_of_memory() const {
  const std::string events = read_file(folders_[0] / (unified_ ? "memory.events" : "memory.oom_control"));
  const auto at = events.find("oom_kill ");
  return at != std::string::npos && events.substr(at + 9, 1) != "0";
}

std::vector<std::string> Cgroup::entrances() const {
  std::vector<std::string> out;
  for (const auto& folder : folders_) out.push_back(folder / "cgroup.procs");
  return out;
}

}  // namespace leat::sandbox
