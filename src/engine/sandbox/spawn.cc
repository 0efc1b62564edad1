#include "engine/sandbox/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace leat::sandbox {
namespace {

constexpr rlim_t kOpenFiles = 1024;  // Lambda's own limit
constexpr rlim_t kLockedMemory = 64U << 10;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

// Between fork and exec only what is safe in a signal handler may be called.
[[noreturn]] void become(const SpawnRequest& request, const std::vector<char*>& argv, const std::vector<char*>& envp) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  for (const auto& entrance : request.entrances) {
    const int file = open(entrance.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1) _exit(126);
    close(file);
  }
  if (request.network && !enter_network(*request.network)) _exit(126);
  limit(RLIMIT_NOFILE, kOpenFiles);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MSGQUEUE, 0);  // whose memory is nobody's
  limit(RLIMIT_MEMLOCK, kLockedMemory);
  limit(RLIMIT_SIGPENDING, kOpenFiles);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0) _exit(126);
  dup2(nothing, 0);
  if (request.output < 0) _exit(126);
  dup2(request.output, 1);
  dup2(request.output, 2);
  if (request.channel == 3)
    fcntl(3, F_SETFD, 0);
  else if (request.channel >= 0)
    dup2(request.channel, 3);
  // Not every library opens its sockets close-on-exec: a worker must not inherit the server's listener or its clients.
  if (request.filter >= 0) dup2(request.filter, kFilterDescriptor);
  close_range(request.filter >= 0 ? kFilterDescriptor + 1 : kFilterDescriptor, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

}  // namespace

pid_t spawn(const SpawnRequest& request) {
  const auto argv = pointers(request.command);
  const auto envp = pointers(request.environment);
  const pid_t pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) become(request, argv, envp);
  return pid;
}

int run_quietly(const std::vector<std::string>& command) {
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t pid = spawn({command, {}, {}, -1, nothing});
  close(nothing);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace leat::sandbox
