#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/encoding.h"

namespace leat {

namespace {

constexpr std::size_t kPool = 4096;

void fill(char* out, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = getrandom(out + filled, size - filled, 0);  // lint: random
    if (got < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
}

}  // namespace

// A request id for each request must not cost a system call: a thread draws from its own pool, each byte once.
std::string Random::bytes(std::size_t size) {
  thread_local char pool[kPool];
  thread_local std::size_t used = kPool;
  std::string out(size, '\0');
  if (size > kPool / 4) {
    fill(out.data(), size);
    return out;
  }
  if (used + size > kPool) {
    fill(pool, kPool);
    used = 0;
  }
  std::memcpy(out.data(), pool + used, size);
  std::memset(pool + used, 0, size);
  used += size;
  return out;
}

std::string Random::uuid() {
  std::string raw = bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3F) | 0x80);
  std::string hex = hex_encode(raw);
  for (std::size_t dash : {8U, 13U, 18U, 23U}) hex.insert(dash, 1, '-');
  return hex;
}

std::string Random::text(std::size_t size, std::string_view alphabet) {
  const std::size_t fair = 256 - 256 % alphabet.size();
  std::string out;
  while (out.size() < size) {
    for (unsigned char byte : bytes(size)) {
      if (byte < fair && out.size() < size) out.push_back(alphabet[byte % alphabet.size()]);
    }
  }
  return out;
}

}  // namespace leat
