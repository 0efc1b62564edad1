#include "engine/blob/blobs.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/encoding.h"

namespace leat::blob {
namespace {

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

void write_synced(const std::filesystem::path& path, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail("open");
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      close(file);
      fail("write");
    }
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  const int synced = fsync(file);
  close(file);
  if (synced != 0) fail("fsync");
}

void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("open");
  fsync(descriptor);
  close(descriptor);
}

bool is_name(std::string_view name) {
  return name.size() == 64 &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Blobs::Blobs(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
}

std::string Blobs::digest(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string Blobs::put(std::string_view bytes) {
  const std::string name = hex_encode(digest(bytes));
  const auto path = folder_ / name;
  if (std::filesystem::exists(path)) return name;
  const auto unfinished = folder_ / (name + ".new");
  write_synced(unfinished, bytes);
  std::filesystem::rename(unfinished, path);
  sync_folder(folder_);
  return name;
}

std::optional<std::string> Blobs::get(std::string_view name) const {
  if (!is_name(name)) return std::nullopt;
  std::ifstream file(folder_ / name, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

}  // namespace leat::blob
