#include "engine/sandbox/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
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

// Between clone and exec only what is safe in a signal handler may be called.
[[noreturn]] void become(const SpawnRequest& request, const std::vector<char*>& argv, const std::vector<char*>& envp) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  for (const auto& entrance : request.entrances) {
    const int file = open(entrance.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1) _exit(126);
    close(file);
  }
  if (request.network && !enter_network(*request.network)) _exit(126);
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
  int next = kFirstGiven;
  for (const int each : request.given) {
    if (dup2(each, next++) < 0) _exit(126);
  }
  close_range(static_cast<unsigned>(next), ~0U, 0);
  limit(RLIMIT_NOFILE, kOpenFiles);  // not before: the server may have more open
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

struct Birth {
  const SpawnRequest& request;
  std::vector<char*> argv, envp;
};

int be_born(void* given) {
  const auto* birth = static_cast<const Birth*>(given);
  become(birth->request, birth->argv, birth->envp);
}

}  // namespace

// The child runs in the server's memory until it is another program: a fork would copy the tables of all of it, and
// hold up every thread meanwhile. So it has a stack of its own, and no signal reaches it.
pid_t spawn(const SpawnRequest& request) {
  constexpr std::size_t kStack = 64U << 10;
  const Birth birth{request, pointers(request.command), pointers(request.environment)};
  const auto stack = std::make_unique_for_overwrite<std::byte[]>(kStack);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = clone(be_born, stack.get() + kStack, CLONE_VM | CLONE_VFORK | SIGCHLD, const_cast<Birth*>(&birth));
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw std::system_error(error, std::generic_category(), "clone");
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
