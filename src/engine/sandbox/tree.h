#pragma once
// Trees of files that workers see.

#include <filesystem>

namespace leat::sandbox {

// Hard links: the files are there once, however many workers see them. What `to` has of the same name gives way, a file
// to a folder too. Throws std::filesystem::filesystem_error.
void link_tree(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace leat::sandbox
