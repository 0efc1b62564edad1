#include "engine/sandbox/bubblewrap.h"

#include <filesystem>

namespace leat::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBubblewrap = "/usr/bin/bwrap";

// The parts of the system that a program needs to run, and nothing of the users'.
void append_system(std::vector<std::string>& arguments) {
  for (const char* path : {"/usr", "/lib", "/lib64", "/bin", "/sbin", "/lib32"}) {
    std::error_code error;
    if (fs::is_symlink(path, error))
      arguments.insert(arguments.end(), {"--symlink", fs::read_symlink(path), path});
    else if (fs::exists(path, error))
      arguments.insert(arguments.end(), {"--ro-bind", path, path});
  }
  // Not all of /etc/ssl: private keys lie there too.
  for (const char* path : {"/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ld.so.cache", "/etc/alternatives",
                           "/etc/localtime", "/etc/nsswitch.conf"}) {
    arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
  }
}

// The kernel lets whom it knows as root change its settings by these, also without any capability: where the server
// runs as root, a worker is root to it. bubblewrap covers only directories that are themselves writable.
void append_proc(std::vector<std::string>& arguments) {
  // No shared memory below /dev and no terminals, as on Lambda: nothing would limit them.
  arguments.insert(arguments.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/pts", "--remount-ro",
                                     "/dev/pts", "--remount-ro", "/dev"});
  for (const char* path :
       {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi", "/proc/scsi",
        "/proc/driver", "/proc/mtrr", "/proc/tty", "/proc/pressure", "/proc/dynamic_debug", "/proc/latency_stats"}) {
    arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
  }
}

std::vector<std::string> apart() {
  return {kBubblewrap,
          "--unshare-user",
          // A namespace of its own would give a handler capabilities in it, and by a mount the way to its cgroup.
          "--disable-userns",
          "--assert-userns-disabled",
          "--unshare-pid",
          "--unshare-ipc",
          "--unshare-uts",
          "--unshare-cgroup-try",
          "--uid",
          "993",
          "--gid",
          "990",
          "--cap-drop",
          "ALL",
          "--die-with-parent",
          "--new-session",
          "--hostname",
          "lambda"};
}

}  // namespace

std::vector<std::string> bubblewrap() {
  std::vector<std::string> out = apart();
  append_system(out);
  append_proc(out);
  return out;
}

void append_environment(std::vector<std::string>& arguments, int descriptor) {
  arguments.insert(arguments.end(), {"--args", std::to_string(descriptor)});
}

// Arguments that end with a zero each: https://github.com/containers/bubblewrap/blob/main/bwrap.xml, --args
std::string environment_file(const std::vector<std::string>& environment) {
  std::string out;
  for (const std::string& each : environment) {
    const auto equals = each.find('=');
    for (const std::string& word : {std::string("--setenv"), each.substr(0, equals), each.substr(equals + 1)}) {
      out += word;
      out += '\0';
    }
  }
  return out;
}

void append_machine_names(std::vector<std::string>& arguments) {
  for (const char* path : {"/etc/resolv.conf", "/etc/hosts"}) arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
}

}  // namespace leat::sandbox
