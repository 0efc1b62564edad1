#include "engine/sandbox/cgroup.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <sstream>

#include "engine/sandbox/cgroup_files.h"

namespace leat::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kProcessorBytes = 1769ULL << 20;
constexpr std::uint64_t kProcessor = 1024;  // version 1's shares of one; version 2 says 100

// All workers together, beside the server: half a process of its own.
constexpr const char* kAllShares = "512";
constexpr const char* kAllWeight = "50";

struct Setting {
  const char* file;
  std::string text;
};

// The first that some hierarchy has: version 2's name stands before version 1's.
bool set_first(const std::vector<fs::path>& folders, const std::vector<Setting>& settings) {
  for (const auto& [file, text] : settings) {
    for (const auto& folder : folders) {
      if (write_cgroup_file(folder / file, text)) return true;
    }
  }
  return false;
}

// One that was just being made when it was held still is found in the next round.
void kill_processes(const std::vector<fs::path>& folders) {
  constexpr int kRounds = 8;
  std::set<pid_t> killed;
  for (int round = 0; round < kRounds; ++round) {
    const auto before = killed.size();
    for (const auto& folder : folders) {
      std::istringstream processes(read_cgroup_file(folder / "cgroup.procs"));
      for (pid_t pid = 0; processes >> pid;) {
        if (killed.insert(pid).second) ::kill(pid, SIGKILL);
      }
    }
    if (killed.size() == before) return;
  }
}

bool has_any(const std::vector<fs::path>& folders, std::initializer_list<const char*> files) {
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
    return std::any_of(files.begin(), files.end(),
                       [&](const char* file) { return access((folder / file).c_str(), W_OK) == 0; });
  });
}

}  // namespace

class Leftovers {
 public:
  // Removes the folders, now or when it is asked again.
  void take(std::vector<fs::path> folders) {
    std::lock_guard lock(mutex_);
    folders_.insert(folders_.end(), folders.begin(), folders.end());
    std::erase_if(folders_, [](const fs::path& folder) { return rmdir(folder.c_str()) == 0 || errno == ENOENT; });
  }

 private:
  std::mutex mutex_;
  std::vector<fs::path> folders_;
};

Cgroups::Cgroups() : leftovers_(std::make_shared<Leftovers>()) {
  const std::string name = fmt::format("leat-{}", getpid());
  for (const auto& parents : find_cgroup_hierarchies()) {
    for (const auto& parent : parents) {
      sweep_cgroups(parent);
      if (!make_cgroup_root(parent, parent / name)) continue;
      roots_.push_back(parent / name);
      break;
    }
  }
  set_first(roots_, {{"cpu.weight", kAllWeight}, {"cpu.shares", kAllShares}});
  const auto probe = make("probe");
  const auto folders = probe ? probe->folders() : std::vector<fs::path>();
  if (!has_any(folders, {"memory.max", "memory.limit_in_bytes"})) missing_.emplace_back("memory");
  if (!has_any(folders, {"pids.max"})) missing_.emplace_back("processes");
  if (!has_any(folders, {"cpu.weight", "cpu.shares"})) missing_.emplace_back("shares of the processors");
  if (!has_any(folders, {"cgroup.freeze", "freezer.state"})) missing_.emplace_back("holding still");
}

Cgroups::~Cgroups() { leftovers_->take(roots_); }

std::unique_ptr<Cgroup> Cgroups::make(const std::string& name) const {
  leftovers_->take({});
  std::vector<fs::path> folders;
  for (const auto& root : roots_) {
    if (make_cgroup(root / name)) folders.push_back(root / name);
  }
  return folders.empty() ? nullptr : std::make_unique<Cgroup>(std::move(folders), leftovers_);
}

Cgroup::~Cgroup() { leftovers_->take(folders_); }

bool Cgroup::limit_memory(std::uint64_t bytes) {
  const std::string text = std::to_string(bytes);
  const bool limited = set_first(folders_, {{"memory.max", text}, {"memory.limit_in_bytes", text}});
  set_first(folders_, {{"memory.swap.max", "0"}, {"memory.memsw.limit_in_bytes", text}});
  set_first(folders_, {{"memory.kmem.tcp.limit_in_bytes", text}});  // version 2 counts what sockets hold by itself
  return limited;
}

bool Cgroup::limit_processes(std::uint32_t count) { return set_first(folders_, {{"pids.max", std::to_string(count)}}); }

// The most that there is.
bool Cgroup::take_most() { return set_first(folders_, {{"cpu.weight", "10000"}, {"cpu.shares", "262144"}}); }

bool Cgroup::share_by_memory(std::uint64_t bytes) {
  const std::uint64_t shares = std::max<std::uint64_t>(2, bytes * kProcessor / kProcessorBytes);
  const std::uint64_t weight = std::max<std::uint64_t>(1, bytes * 100 / kProcessorBytes);
  return set_first(folders_, {{"cpu.weight", std::to_string(weight)}, {"cpu.shares", std::to_string(shares)}});
}

bool Cgroup::freeze() { return set_first(folders_, {{"cgroup.freeze", "1"}, {"freezer.state", "FROZEN"}}); }

bool Cgroup::thaw() { return set_first(folders_, {{"cgroup.freeze", "0"}, {"freezer.state", "THAWED"}}); }

// Version 1 has no such file: its processes are held still, so that none starts another meanwhile, and killed one by one.
bool Cgroup::kill() {
  if (!set_first(folders_, {{"cgroup.kill", "1"}})) {
    freeze();
    kill_processes(folders_);
  }
  return thaw();  // only then do they go
}

bool Cgroup::out_of_memory() const {
  for (const auto& folder : folders_) {
    for (const char* file : {"memory.events", "memory.oom_control"}) {
      const std::string events = read_cgroup_file(folder / file);
      const auto at = events.find("oom_kill ");
      if (at != std::string::npos && events.substr(at + 9, 1) != "0") return true;
    }
  }
  return false;
}

std::vector<std::string> Cgroup::entrances() const {
  std::vector<std::string> out;
  for (const auto& folder : folders_) out.push_back(folder / "cgroup.procs");
  return out;
}

}  // namespace leat::sandbox
