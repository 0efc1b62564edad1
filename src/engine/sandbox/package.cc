#include "engine/sandbox/package.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/sandbox/package_names.h"

namespace leat::sandbox {
namespace {

namespace fs = std::filesystem;

// Of what a package may make. A name of one byte costs the disk a block and the server a walk.
constexpr std::size_t kMaxPieces = 100000;
constexpr std::ptrdiff_t kMaxDepth = 100;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

Archive open_archive(std::string_view zip) {
  if (has_colliding_names(zip)) return nullptr;
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
  const fs::path path(name);
  return std::distance(path.begin(), path.end()) <= kMaxDepth &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
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

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

// What a name that the system refuses is; throws where the disk is to blame.
std::unexpected<PackageProblem> refused_name() {
  if (errno == EEXIST || errno == EISDIR || errno == ENOTDIR || errno == ENAMETOOLONG || errno == EINVAL ||
      errno == EILSEQ)
    return std::unexpected(PackageProblem::kBadPath);
  fail("cannot unpack");
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

void write_all(int file, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(file, bytes, size);
    if (written < 0 && errno != EINTR) fail("cannot unpack");
    if (written < 0) continue;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

bool is_folder(const fs::path& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

// What lies in `folder` goes with this, but for what was completed.
class Unpacking {
 public:
  Unpacking(zip_t* archive, const fs::path& folder, std::uint64_t limit)
      : archive_(archive), folder_(folder), left_(limit) {
    fs::create_directories(folder);
  }
  ~Unpacking() {
    std::error_code ignored;
    if (!complete_) fs::remove_all(folder_, ignored);
  }
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;

  Result<void, PackageProblem> run() {
    const auto count = static_cast<zip_uint64_t>(std::max<zip_int64_t>(zip_get_num_entries(archive_, 0), 0));
    TRY_VOID(check(count));
    for (zip_uint64_t index = 0; index < count; ++index) TRY_VOID(take(index));
    const Descriptor folder(open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number() < 0 || syncfs(folder.number()) != 0) fail("cannot sync");
    complete_ = true;
    return {};
  }

 private:
  // Nothing is made before all is known to be allowed: to make and remove a hundred thousand folders takes a minute.
  Result<void, PackageProblem> check(zip_uint64_t count) {
    std::unordered_set<std::string_view> folders;
    std::string_view last;
    std::size_t files = 0;
    for (zip_uint64_t index = 0; index < count; ++index) {
      zip_stat_t stat;
      TRY_VOID(check_entry(archive_, index, stat));
      const std::string_view name(stat.name), parent = name.substr(0, name.rfind('/') + 1);
      if (parent != std::exchange(last, parent)) add_folders(parent, folders);
      files += parent.size() < name.size();
      if (files + folders.size() > kMaxPieces) return std::unexpected(PackageProblem::kTooMany);
    }
    return {};
  }

  static void add_folders(std::string_view parent, std::unordered_set<std::string_view>& out) {
    for (auto end = parent.find('/'); end != std::string_view::npos; end = parent.find('/', end + 1))
      out.insert(parent.substr(0, end));
  }

  Result<void, PackageProblem> take(zip_uint64_t index) {
    zip_stat_t stat;
    if (zip_stat_index(archive_, index, 0, &stat) != 0) return std::unexpected(PackageProblem::kNotAZip);
    const fs::path name(stat.name);
    if (!name.has_filename()) return make_folders(name);
    TRY_VOID(make_folders(name.parent_path()));
    return write_entry(stat, folder_ / name);
  }

  Result<void, PackageProblem> make_folders(const fs::path& below) {
    if (below == made_) return {};
    fs::path path = folder_;
    for (const auto& part : below) {
      if (part.empty() || part == ".") continue;
      path /= part;
      if (mkdir(path.c_str(), 0755) != 0 && (errno != EEXIST || !is_folder(path))) return refused_name();
    }
    made_ = below;
    return {};
  }

  // What an entry says of its size is not believed: the bytes are counted.
  Result<void, PackageProblem> write_entry(const zip_stat_t& stat, const fs::path& path) {
    const std::unique_ptr<zip_file_t, Discard> file(zip_fopen_index(archive_, stat.index, 0));
    if (!file) return std::unexpected(PackageProblem::kNotAZip);
    const mode_t mode = mode_of(archive_, stat.index) & S_IXUSR ? 0755 : 0644;
    const Descriptor out(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (out.number() < 0) return refused_name();
    fchmod(out.number(), mode);
    for (std::uint64_t size = 0;;) {
      const zip_int64_t got = zip_fread(file.get(), buffer_.data(), buffer_.size());
      if (got < 0 || (got == 0 && size != stat.size)) return std::unexpected(PackageProblem::kNotAZip);
      if (got == 0) return {};
      size += static_cast<std::uint64_t>(got);
      if (static_cast<std::uint64_t>(got) > left_) return std::unexpected(PackageProblem::kTooLarge);
      left_ -= static_cast<std::uint64_t>(got);
      write_all(out.number(), buffer_.data(), static_cast<std::size_t>(got));
    }
  }

  zip_t* archive_;
  const fs::path folder_;
  std::uint64_t left_;
  fs::path made_;  // below the folder: where the last entry went
  std::vector<char> buffer_ = std::vector<char>(1U << 16);
  bool complete_ = false;
};

}  // namespace

Result<void, PackageProblem> unpack(std::string_view zip, const fs::path& folder, std::uint64_t limit) {
  const Archive archive = open_archive(zip);
  if (!archive) return std::unexpected(PackageProblem::kNotAZip);
  return Unpacking(archive.get(), folder, limit).run();
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
