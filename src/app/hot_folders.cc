#include "app/hot_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace leat::app {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

fs::path home() {
  const char* home = std::getenv("HOME");
  std::error_code missing;
  return home ? fs::weakly_canonical(home, missing) : fs::path();
}

// /var holds what services keep, but for its temporary folder.
bool is_systems(const fs::path& folder) {
  if (!folder.has_relative_path()) return true;
  if (folder == "/var/tmp" || is_below(folder, "/var/tmp") || is_below(folder, "/var/folders")) return false;
  const auto holds = [&](const char* system) { return is_below(folder, system); };
  static constexpr const char* kSystem[] = {"/bin", "/boot", "/dev", "/etc", "/lib",  "/lib32",
                                            "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var"};
  if (std::any_of(std::begin(kSystem), std::end(kSystem), holds)) return true;
  return is_below(folder, "/root") && !is_below(home(), "/root");
}

std::vector<fs::path> default_folders() {
  std::error_code missing;
  std::vector<fs::path> out{home(), fs::current_path(missing), fs::temp_directory_path(missing)};
  for (auto& each : out) each = fs::weakly_canonical(each, missing);
  std::erase_if(out, [](const fs::path& each) { return each.empty() || is_systems(each); });
  return out;
}

}  // namespace

std::vector<fs::path> allowed_hot_folders(const Configuration& configuration) {
  if (configuration.hot_reload.empty()) return default_folders();
  std::vector<fs::path> out;
  for (const auto& given : configuration.hot_reload) {
    std::error_code missing;
    const fs::path folder = fs::canonical(given, missing);
    if (missing || !fs::is_directory(folder, missing))
      throw std::runtime_error(fmt::format("--hot-reload {}: there is no such folder", given.string()));
    if (is_systems(folder))
      throw std::runtime_error(fmt::format("--hot-reload {}: the system's folders are no code", given.string()));
    out.push_back(folder);
  }
  return out;
}

}  // namespace leat::app
