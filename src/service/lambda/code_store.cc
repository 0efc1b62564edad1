#include "service/lambda/code_store.h"

#include <fmt/format.h>

#include "aws/lambda/types.h"
#include "base/encoding.h"
#include "engine/sandbox/package.h"

namespace leat::lambda {
namespace {

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
constexpr std::uint64_t kMaxUnpacked = 262144000;
constexpr std::size_t kMaxPackage = 52428800;

aws::Error problem_with(sandbox::PackageProblem problem) {
  switch (problem) {
    case sandbox::PackageProblem::kTooLarge:
      return {&errors::kInvalidParameterValue,
              fmt::format("Unzipped size must be smaller than {} bytes", kMaxUnpacked)};
    case sandbox::PackageProblem::kBadPath:
    case sandbox::PackageProblem::kNotAZip: break;
  }
  return {&errors::kInvalidParameterValue,
          "Could not unzip uploaded file. Please check your file, then try to upload again."};
}

}  // namespace

aws::Result<StoredCode> CodeStore::put(std::string_view zip) {
  if (zip.size() > kMaxPackage)
    return aws::fail(
        errors::kRequestTooLarge,
        fmt::format("Request must be smaller than {} bytes for the CreateFunction operation", kMaxPackage));
  const std::string digest = blob::Blobs::digest(zip);
  const std::string name = hex_encode(digest);
  {
    std::lock_guard lock(mutex_);
    if (!std::filesystem::exists(folder_ / name)) {
      const auto unfinished = folder_ / (name + ".new");
      std::filesystem::remove_all(unfinished);
      if (auto unpacked = sandbox::unpack(zip, unfinished, kMaxUnpacked); !unpacked)
        return std::unexpected(problem_with(unpacked.error()));
      std::filesystem::rename(unfinished, folder_ / name);
    }
  }
  blobs_.put(zip);
  return StoredCode{name, base64_encode(digest), static_cast<std::int64_t>(zip.size())};
}

std::filesystem::path CodeStore::unpacked(const std::string& blob) {
  std::lock_guard lock(mutex_);
  const auto folder = folder_ / blob;
  if (std::filesystem::exists(folder)) return folder;
  const auto zip = blobs_.get(blob);
  if (zip) (void)sandbox::unpack(*zip, folder, kMaxUnpacked);
  return folder;
}

std::uint64_t CodeStore::unpacked_size(const std::string& blob) {
  std::uint64_t out = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(unpacked(blob), none))
    out += entry.is_regular_file() ? entry.file_size() : 0;
  return out;
}

}  // namespace leat::lambda
