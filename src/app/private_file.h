#pragma once
// Files of secrets in the state folder.

#include <filesystem>
#include <string>

namespace leat::app {

std::string read_file(const std::filesystem::path& path);  // empty where there is none

// Readable by its owner alone, from its first byte on. Throws std::system_error.
void write_private(const std::filesystem::path& path, const std::string& text);

}  // namespace leat::app
