#include "engine/sandbox/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/sandbox/spawn.h"

namespace leat::sandbox {

int memory_file(std::string_view content) {
  const int made = memfd_create("leat", MFD_CLOEXEC);
  const int file = fcntl(made, F_DUPFD_CLOEXEC, kAboveGiven);
  if (made >= 0) close(made);
  if (file < 0) return -1;
  if (write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    close(file);
    return -1;
  }
  lseek(file, 0, SEEK_SET);
  return file;
}

}  // namespace leat::sandbox
