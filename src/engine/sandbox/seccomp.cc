#include "engine/sandbox/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/sandbox/memory_file.h"

namespace leat::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif
constexpr std::uint32_t kX32 = 0x40000000;
constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
constexpr std::uint32_t kFirst = offsetof(seccomp_data, args);
constexpr std::uint32_t kSecond = kFirst + sizeof(std::uint64_t);
constexpr std::uint32_t kThird = kFirst + 2 * sizeof(std::uint64_t);
constexpr std::uint32_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr int kRefused[] = {
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
    SYS_fspick, SYS_mount_setattr, SYS_setns, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_perf_event_open,
    SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_open_by_handle_at,
    SYS_name_to_handle_at, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_acct, SYS_quotactl, SYS_fanotify_init, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev};

class Program {
 public:
  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }
  void answer(std::uint32_t what) { add(BPF_RET | BPF_K, what, 0, 0); }
  void fail(int error) { answer(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); }
  // Goes over so many instructions.
  void skip_if(std::uint32_t value, std::uint8_t count) { add(BPF_JMP | BPF_JEQ | BPF_K, value, count, 0); }
  void skip_unless(std::uint32_t value, std::uint8_t count) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count); }
  void skip_below(std::uint32_t value, std::uint8_t count) { add(BPF_JMP | BPF_JGE | BPF_K, value, 0, count); }
  void skip_without(std::uint32_t bits, std::uint8_t count) { add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, count); }
  const std::vector<sock_filter>& code() const { return code_; }

 private:
  void add(int kind, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
    code_.push_back({static_cast<std::uint16_t>(kind), yes, no, value});
  }
  std::vector<sock_filter> code_;
};

void allow_family(Program& program, int family) {
  program.skip_unless(static_cast<std::uint32_t>(family), 1);
  program.answer(SECCOMP_RET_ALLOW);
}

// Each begins with the call's number loaded and leaves it so, where it does not decide.
void refuse_namespaces(Program& program, int call) {
  program.skip_unless(static_cast<std::uint32_t>(call), 4);
  program.load(kFirst);
  program.skip_without(kNamespaces, 1);
  program.fail(EPERM);
  program.answer(SECCOMP_RET_ALLOW);
}

// getifaddrs() asks netlink for the interfaces.
void refuse_sockets(Program& program) {
  program.skip_unless(SYS_socket, 12);
  program.load(kFirst);
  for (const int family : {AF_UNIX, AF_INET, AF_INET6}) allow_family(program, family);
  program.skip_unless(AF_NETLINK, 3);
  program.load(kThird);
  program.skip_unless(NETLINK_ROUTE, 1);
  program.answer(SECCOMP_RET_ALLOW);
  program.fail(EAFNOSUPPORT);
}

// A lease on a file holds up whoever else opens it, a program of the machine too.
void refuse_leases(Program& program) {
  program.skip_unless(SYS_fcntl, 4);
  program.load(kSecond);
  program.skip_unless(F_SETLEASE, 1);
  program.fail(EPERM);
  program.answer(SECCOMP_RET_ALLOW);
}

Program make_program() {
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.skip_if(kArchitecture, 1);
  program.answer(SECCOMP_RET_KILL_PROCESS);
  program.load(kNumber);
  program.skip_below(kX32, 1);
  program.answer(SECCOMP_RET_KILL_PROCESS);
  for (const int call : kRefused) {
    program.skip_unless(static_cast<std::uint32_t>(call), 1);
    program.fail(EPERM);
  }
  // Its flags lie in memory, where no filter sees them: libc then takes the older one.
  program.skip_unless(SYS_clone3, 1);
  program.fail(ENOSYS);
  refuse_namespaces(program, SYS_clone);
  refuse_namespaces(program, SYS_unshare);
  refuse_leases(program);
  refuse_sockets(program);
  program.answer(SECCOMP_RET_ALLOW);
  return program;
}

}  // namespace

int seccomp_filter() {
  static const Program program = make_program();
  const auto& code = program.code();
  return memory_file({reinterpret_cast<const char*>(code.data()), code.size() * sizeof(sock_filter)});
}

}  // namespace leat::sandbox
