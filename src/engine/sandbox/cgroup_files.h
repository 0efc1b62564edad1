#pragma once
// The files that cgroups are ruled by, and the hierarchies that are mounted.

#include <filesystem>
#include <string>
#include <vector>

namespace leat::sandbox {

// Where a group may be made in one hierarchy: the first that lets us.
using CgroupParents = std::vector<std::filesystem::path>;
std::vector<CgroupParents> find_cgroup_hierarchies();

// An empty folder below `parent` whose own groups can be limited, or nothing.
bool make_cgroup_root(const std::filesystem::path& parent, const std::filesystem::path& root);
// A group below one.
bool make_cgroup(const std::filesystem::path& folder);

// Ends what a server that was killed left behind: a sandbox may outlive it that was only being made.
void sweep_cgroups(const std::filesystem::path& parent);

bool write_cgroup_file(const std::filesystem::path& file, const std::string& text);
std::string read_cgroup_file(const std::filesystem::path& file);

}  // namespace leat::sandbox
