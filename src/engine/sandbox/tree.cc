#include "engine/sandbox/tree.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace leat::sandbox {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path) {
  throw fs::filesystem_error("cannot link", path, std::error_code(errno, std::generic_category()));
}

void link_file(const fs::path& from, const fs::path& to) {
  if (link(from.c_str(), to.c_str()) == 0) return;
  if (errno != EEXIST) fail(from);
  fs::remove_all(to);
  if (link(from.c_str(), to.c_str()) != 0) fail(from);
}

void make_folder(const fs::path& folder) {
  const auto status = fs::symlink_status(folder);
  if (fs::exists(status) && !fs::is_directory(status)) fs::remove(folder);
  fs::create_directory(folder);
}

}  // namespace

void link_tree(const fs::path& from, const fs::path& to) {
  make_folder(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path target = to / entry.path().filename();
    if (entry.is_directory() && !entry.is_symlink())
      link_tree(entry.path(), target);
    else
      link_file(entry.path(), target);
  }
}

}  // namespace leat::sandbox
