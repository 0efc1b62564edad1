#include "engine/sandbox/cgroup_files.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace leat::sandbox {
namespace {

namespace fs = std::filesystem;

// The server's own group in the version 2 tree: where an ordinary user may have been given rights.
fs::path own_group(const fs::path& mount) {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::")) return mount / fs::path(line.substr(3)).relative_path();
  }
  return mount;
}

// Version 1 has a set of processors and memory nodes that is empty at first, and then takes nobody.
void inherit_set(const fs::path& folder) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    if (fs::exists(folder / name)) write_cgroup_file(folder / name, read_cgroup_file(folder.parent_path() / name));
  }
}

void end_processes(const fs::path& group) {
  write_cgroup_file(group / "freezer.state", "FROZEN");  // or one starts another meanwhile
  std::ifstream processes(group / "cgroup.procs");
  for (pid_t pid = 0; processes >> pid;) kill(pid, SIGKILL);
  write_cgroup_file(group / "freezer.state", "THAWED");  // only then do they go
}

}  // namespace

bool write_cgroup_file(const fs::path& file, const std::string& text) {
  const int out = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (out < 0) return false;
  const bool written = write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(out);
  return written;
}

std::string read_cgroup_file(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

// Of a line "ID PARENT DEVICE ROOT MOUNT OPTIONS [MORE ...] - TYPE SOURCE OPTIONS".
std::vector<CgroupParents> find_cgroup_hierarchies() {
  std::vector<CgroupParents> out;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, mount, word, type;
    words >> id >> parent >> device >> root >> mount;
    while (words >> word && word != "-") {
    }
    words >> type;
    if (type == "cgroup") out.push_back({mount});
    if (type == "cgroup2") out.push_back({mount, own_group(mount)});
  }
  return out;
}

bool make_cgroup(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (error || !fs::is_directory(folder, error)) return false;
  inherit_set(folder);
  return access((folder / "cgroup.procs").c_str(), W_OK) == 0;
}

// Each controller by itself: one that may not be given does not keep the others.
bool make_cgroup_root(const fs::path& parent, const fs::path& root) {
  if (!make_cgroup(root)) return false;
  for (const char* controller : {"+memory", "+pids", "+cpu"}) {
    write_cgroup_file(parent / "cgroup.subtree_control", controller);
    write_cgroup_file(root / "cgroup.subtree_control", controller);
  }
  return true;
}

void sweep_cgroups(const fs::path& parent) {
  std::error_code error;
  for (const auto& server : fs::directory_iterator(parent, error)) {
    const std::string name = server.path().filename();
    if (!name.starts_with("leat-") || fs::exists("/proc/" + name.substr(5))) continue;
    for (const auto& worker : fs::directory_iterator(server.path(), error)) {
      if (!worker.is_directory(error)) continue;
      end_processes(worker.path());
      rmdir(worker.path().c_str());  // fails while its processes go: the next start's work
    }
    rmdir(server.path().c_str());
  }
}

}  // namespace leat::sandbox
