#pragma once
// Limits on a worker's memory and processes, through cgroups of version 2 or 1, where the machine lets us.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace leat::sandbox {

// One worker's group. Removed with the object; its processes must be gone by then.
class Cgroup {
 public:
  Cgroup(std::vector<std::filesystem::path> folders, bool unified) : folders_(std::move(folders)), unified_(unified) {}
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  void limit_memory(std::uint64_t bytes);
  void limit_processes(std::uint32_t count);

  // Whether the kernel has killed a process of the group for its memory.
  bool out_of_memory() const;

  // The files that a process writes "0" into to enter the group.
  std::vector<std::string> entrances() const;

 private:
  std::vector<std::filesystem::path> folders_;
  bool unified_;
};

class Cgroups {
 public:
  // Finds out what this machine allows and makes a group for this server.
  Cgroups();
  ~Cgroups();

  bool available() const { return !roots_.empty(); }
  // Null where cgroups are not to be had.
  std::unique_ptr<Cgroup> make(const std::string& name) const;

 private:
  std::vector<std::filesystem::path> roots_;  // one folder for version 2; memory and pids for version 1
  bool unified_ = false;
};

}  // namespace leat::sandbox
