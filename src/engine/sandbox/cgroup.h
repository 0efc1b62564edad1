#pragma once
// One worker's group of processes: a folder in every cgroup hierarchy of the machine, of version 1 or 2, that lets us.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leat::sandbox {

// Processes of the group may still be going when it is released: whoever holds this removes the folders then.
class Leftovers;

// What is written returns whether the machine enforces it.
class Cgroup {
 public:
  Cgroup(std::vector<std::filesystem::path> folders, std::shared_ptr<Leftovers> leftovers)
      : folders_(std::move(folders)), leftovers_(std::move(leftovers)) {}
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  bool limit_memory(std::uint64_t bytes);
  bool limit_processes(std::uint32_t count);

  // Its part of the processors that the server's workers have, beside the others': what it has to do first, and what
  // follows from its memory. As on Lambda, 1,769 MB have one processor's.
  bool take_most();
  bool share_by_memory(std::uint64_t bytes);

  // Holds all processes of the group still, those too that come to be meanwhile.
  bool freeze();
  bool thaw();
  bool kill();

  // Whether the kernel has killed a process of the group for its memory.
  bool out_of_memory() const;

  // The files that a process writes "0" into to enter the group.
  std::vector<std::string> entrances() const;
  const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  std::vector<std::filesystem::path> folders_;
  std::shared_ptr<Leftovers> leftovers_;
};

class Cgroups {
 public:
  // Finds out what this machine allows and makes a group for this server's workers.
  Cgroups();
  ~Cgroups();

  // What no group can enforce here, in words; empty where all is.
  const std::vector<std::string>& missing() const { return missing_; }
  // Null where no group may be made.
  std::unique_ptr<Cgroup> make(const std::string& name) const;

 private:
  std::vector<std::filesystem::path> roots_;  // a folder in each hierarchy
  std::vector<std::string> missing_;
  std::shared_ptr<Leftovers> leftovers_;
};

}  // namespace leat::sandbox
