#include "engine/sandbox/package.h"

#include <sys/stat.h>
#include <zip.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace leat::sandbox {
namespace {

namespace fs = std::filesystem;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

Archive open_archive(std::string_view zip) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(zip.data(), zip.size(), 0, &error);
  if (!source) return nullptr;
  zip_t* archive = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (!archive) zip_source_free(source);
  return Archive(archive);
}

bool is_safe_path(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos)
    return false;
  for (const auto& part : fs::path(name)) {
    if (part == "..") return false;
  }
  return true;
}

// The entry's Unix mode, or 0 where the package has none.
mode_t mode_of(zip_t* archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0 || system != ZIP_OPSYS_UNIX)
    return 0;
  return attributes >> 16;
}

Result<void, PackageProblem> check_entry(zip_t* archive, zip_uint64_t index, zip_stat_t& stat) {
  if (zip_stat_index(archive, index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME) || !(stat.valid & ZIP_STAT_SIZE)) {
    return std::unexpected(PackageProblem::kNotAZip);
  }
  const mode_t mode = mode_of(archive, index);
  const bool plain = (mode & S_IFMT) == 0 || S_ISREG(mode) || S_ISDIR(mode);
  if (!is_safe_path(stat.name) || !plain) return std::unexpected(PackageProblem::kBadPath);
  return {};
}

// What an entry says of its size is not believed: the bytes are counted.
Result<void, PackageProblem> write_entry(zip_t* archive, zip_uint64_t index, const fs::path& path,
                                         std::uint64_t& left) {
  std::unique_ptr<zip_file_t, Discard> file(zip_fopen_index(archive, index, 0));
  if (!file) return std::unexpected(PackageProblem::kNotAZip);
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  std::vector<char> buffer(1U << 16);
  while (true) {
    const zip_int64_t got = zip_fread(file.get(), buffer.data(), buffer.size());
    if (got < 0 || !out) return std::unexpected(PackageProblem::kNotAZip);
    if (got == 0) break;
    if (static_cast<std::uint64_t>(got) > left) return std::unexpected(PackageProblem::kTooLarge);
    left -= static_cast<std::uint64_t>(got);
    out.write(buffer.data(), got);
  }
  out.close();
  const bool executable = mode_of(archive, index) & S_IXUSR;
  chmod(path.c_str(), executable ? 0755 : 0644);
  return {};
}

Result<void, PackageProblem> write_all(zip_t* archive, const fs::path& folder, std::uint64_t limit) {
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    const auto index = static_cast<zip_uint64_t>(i);
    TRY_VOID(check_entry(archive, index, stat));
    const fs::path path = folder / stat.name;
    if (std::string_view(stat.name).ends_with('/'))
      fs::create_directories(path);
    else
      TRY_VOID(write_entry(archive, index, path, limit));
  }
  return {};
}

}  // namespace

Result<void, PackageProblem> unpack(std::string_view zip, const fs::path& folder, std::uint64_t limit) {
  const Archive archive = open_archive(zip);
  if (!archive) return std::unexpected(PackageProblem::kNotAZip);
  fs::create_directories(folder);
  auto written = write_all(archive.get(), folder, limit);
  if (!written) fs::remove_all(folder);
  return written;
}

Result<std::uint64_t, PackageProblem> inspect(std::string_view zip, std::uint64_t limit) {
  const Archive archive = open_archive(zip);
  if (!archive) return std::unexpected(PackageProblem::kNotAZip);
  std::uint64_t total = 0;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    TRY_VOID(check_entry(archive.get(), static_cast<zip_uint64_t>(i), stat));
    if (stat.size > limit - std::min(limit, total)) return std::unexpected(PackageProblem::kTooLarge);
    total += stat.size;
  }
  return total;
}

}  // namespace leat::sandbox
