#include "service/lambda/hot_reload.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/result.h"

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

HotFolders::HotFolders(const Settings& settings) : data_(fs::weakly_canonical(settings.data)) {
  for (const auto& folder : settings.allowed) allowed_.push_back(fs::weakly_canonical(folder));
}

aws::Result<fs::path> HotFolders::resolve(const aws::Caller& caller, const std::string& given) const {
  if (!caller.arn.ends_with(":root"))
    return refuse(fmt::format("Only the account's root names folders of this machine, and {} is not", caller.arn));
  return resolve(fs::path(given));
}

aws::Result<fs::path> HotFolders::resolve(const fs::path& given) const {
  if (allowed_.empty()) return refuse("Only a server on loopback, or one with --insecure, reloads code from folders");
  std::error_code error;
  const fs::path folder = fs::canonical(given, error);
  if (error || !given.is_absolute() || !fs::is_directory(folder, error)) {
    return refuse(fmt::format("The code of a hot-reload function is the absolute path of a folder, and {} is none",
                              given.string()));
  }
  if (std::none_of(allowed_.begin(), allowed_.end(), [&](const auto& each) { return is_inside(folder, each); })) {
    return refuse(fmt::format("{} is not below a folder that this server reloads code from; --hot-reload allows more",
                              folder.string()));
  }
  if (is_inside(folder, data_) || is_inside(data_, folder))
    return refuse("The folder of a hot-reload function may not hold the server's data");
  return folder;
}

aws::Result<void> HotFolders::check_again(const fs::path& folder) const {
  if (TRY(resolve(folder)) == folder) return {};
  return refuse(fmt::format("A link has taken the place of {}", folder.string()));
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
