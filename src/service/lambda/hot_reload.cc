#include "service/lambda/hot_reload.h"

#include <fmt/format.h>

#include <set>

#include "base/encoding.h"

namespace leat::lambda {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& inner, const fs::path& outer) {
  const auto [rest, unused] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return rest == outer.end();
}

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

}  // namespace

aws::Result<StoredCode> check_hot_folder(const Lambda& lambda, const std::string& given) {
  if (!lambda.settings().hot_reload)
    return refuse("Only a server on loopback, or one with --insecure, reloads code from folders");
  std::error_code error;
  const fs::path folder = fs::canonical(given, error);
  const fs::path data = fs::weakly_canonical(lambda.settings().data_folder);
  if (error || !fs::path(given).is_absolute() || !fs::is_directory(folder))
    return refuse(
        fmt::format("The code of a hot-reload function is the absolute path of a folder, and {} is none", given));
  if (is_inside(folder, data) || is_inside(data, folder))
    return refuse("The folder of a hot-reload function may not hold the server's data");
  const std::string digest = blob::Blobs::digest(folder.string());
  return StoredCode{folder, base64_encode(digest), 0};
}

std::string hot_state(const fs::path& folder) {
  static const std::set<std::string> kPassedOver{".git", ".venv", "node_modules", "__pycache__"};
  std::uint64_t files = 0;
  auto newest = fs::file_time_type::min();
  std::error_code gone;
  for (auto entry = fs::recursive_directory_iterator(folder, gone); entry != fs::recursive_directory_iterator();
       entry.increment(gone)) {
    if (entry->is_directory(gone)) {
      if (kPassedOver.contains(entry->path().filename())) entry.disable_recursion_pending();
      continue;
    }
    ++files;
    newest = std::max(newest, entry->last_write_time(gone));
  }
  return fmt::format("{} {}", files, newest.time_since_epoch().count());
}

}  // namespace leat::lambda
