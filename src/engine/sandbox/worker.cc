#include "engine/sandbox/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <system_error>

#include "engine/sandbox/cgroup.h"
#include "engine/sandbox/seccomp.h"
#include "engine/sandbox/spawn.h"

namespace leat::sandbox {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxProcesses = 1024;  // Lambda's own limit
constexpr std::size_t kMaxFrame = 64U << 20;
constexpr const char* kCodePath = "/var/task";
constexpr const char* kLayerPath = "/opt";
constexpr const char* kBubblewrap = "/usr/bin/bwrap";

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

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
                           "/etc/localtime", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"}) {
    arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
  }
}

// The kernel lets whom it knows as root change its settings by these, also without any capability: where the server
// runs as root, a worker is root to it. bubblewrap covers only directories that are themselves writable.
void append_proc(std::vector<std::string>& arguments) {
  // No shared memory below /dev either, as on Lambda: nothing would limit it.
  arguments.insert(arguments.end(), {"--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"});
  for (const char* path :
       {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi", "/proc/scsi",
        "/proc/driver", "/proc/mtrr", "/proc/tty", "/proc/pressure", "/proc/dynamic_debug", "/proc/latency_stats"}) {
    arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
  }
}

std::vector<std::string> bubblewrap() {
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

struct WorkerFolders {
  fs::path own, layers;  // made for the worker, and removed with it
  fs::path code;         // what it sees: its own folder, or somebody's that lives on
};

struct WorkerFactory::State {
  runtime::Loop& loop;
  fs::path folder;
  Cgroups cgroups;
  Isolation isolation;
  std::atomic<std::uint64_t> number{0};

  // Without a sandbox there is no path inside it.
  std::string translated(const RuntimeSpec& spec, const WorkerFolders& folders, const std::string& text) const {
    if (isolation == Isolation::kNamespaces) return text;
    auto visible = spec.visible;
    visible.emplace_back(folders.code, kCodePath);
    visible.emplace_back(folders.layers, kLayerPath);
    for (const auto& [host, inside] : visible) {
      if (text.starts_with(inside)) return host + text.substr(inside.size());
    }
    return text;
  }

  // What stands at the root of a sandbox stands above the workers' code instead, where Node.js looks for packages too.
  void link_visible(const RuntimeSpec& spec) const {
    for (const auto& [host, inside] : spec.visible) {
      std::error_code exists;
      fs::create_directory_symlink(host, folder / fs::path(inside).filename(), exists);
    }
  }

  std::vector<std::string> command(const RuntimeSpec& spec, const WorkerFolders& folders) const {
    if (isolation == Isolation::kNone) {
      std::vector<std::string> out;
      for (const auto& word : spec.command) out.push_back(translated(spec, folders, word));
      return out;
    }
    std::vector<std::string> out = bubblewrap();
    append_system(out);
    append_proc(out);
    out.insert(out.end(), {"--seccomp", std::to_string(kFilterDescriptor)});
    out.insert(out.end(), {"--size", std::to_string(spec.tmp_bytes), "--tmpfs", "/tmp"});
    for (const auto& [host, inside] : spec.visible) out.insert(out.end(), {"--ro-bind", host, inside});
    out.insert(out.end(), {"--ro-bind", folders.layers, kLayerPath, "--ro-bind", folders.code, kCodePath, "--chdir",
                           kCodePath, "--"});
    out.insert(out.end(), spec.command.begin(), spec.command.end());
    return out;
  }
};

namespace {

// Hard links: the files are there once, however many workers see them.
void link_files(const fs::path& from, const fs::path& to) {
  fs::copy(from, to,
           fs::copy_options::recursive | fs::copy_options::create_hard_links | fs::copy_options::overwrite_existing);
}

// A process and its descendants.
std::vector<pid_t> tree_of(pid_t root) {
  std::vector<pid_t> out{root};
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::error_code gone;
    for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", out[i]), gone)) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) out.push_back(child);
    }
  }
  return out;
}

// A number of /proc/PID/status, in KiB.
std::uint64_t status_kib(pid_t pid, std::string_view name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
  }
  return 0;
}

// "socket:[INODE]" of the end at `port` of a connection on loopback, as /proc/PID/fd shows it. Programs whose sockets
// speak both versions of IP (Java's) are found in the table of the newer one.
std::string socket_of(std::uint16_t port, std::uint16_t other_port) {
  for (const auto& [file, loopback] :
       {std::pair{"/proc/net/tcp", "0100007F"}, std::pair{"/proc/net/tcp6", "0000000000000000FFFF00000100007F"}}) {
    std::ifstream table(file);
    const std::string ends = fmt::format(" {0}:{1:04X} {0}:{2:04X} ", loopback, port, other_port);
    for (std::string line; std::getline(table, line);) {
      const auto found = line.find(ends);
      unsigned long inode = 0;
      // state queues timer retransmits uid timeout inode
      if (found != std::string::npos &&
          std::sscanf(line.c_str() + found + ends.size(), "%*s %*s %*s %*s %*s %*s %lu", &inode) == 1)
        return fmt::format("socket:[{}]", inode);
    }
  }
  return {};
}

bool has_open(pid_t pid, const std::string& what) {
  std::error_code gone;
  for (const auto& descriptor : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), gone)) {
    std::error_code closed;
    if (fs::read_symlink(descriptor.path(), closed) == what) return true;
  }
  return false;
}

// Where no cgroup may be made: what the process and its descendants may map beyond what they have. Stacks and a
// runtime's own heaps count too, hence the allowance.
void limit_data(pid_t root, std::uint64_t bytes) {
  constexpr std::uint64_t kAllowance = 256ULL << 20;
  for (const pid_t pid : tree_of(root)) {
    const rlim_t most = (status_kib(pid, "VmData") << 10) + bytes + kAllowance;
    const rlimit both{most, most};
    prlimit(pid, RLIMIT_DATA, &both, nullptr);
  }
}

// The half that asynchronous operations keep alive: the Worker may go while they are under way.
class Process : public std::enable_shared_from_this<Process> {
 public:
  struct Descriptors {
    int process, channel, output;
  };
  Process(asio::io_context& context, pid_t pid, Descriptors descriptors, std::unique_ptr<Cgroup> cgroup)
      : pid_(pid),
        cgroup_(std::move(cgroup)),
        exited_(context, descriptors.process),
        channel_(context, asio::local::stream_protocol(), descriptors.channel),
        output_(context, descriptors.output) {}

  void start() {
    read_head();
    read_output();
    await_exit();
  }

  // The wake-up is a hint: it was seen to come while the process was still there.
  void await_exit() {
    exited_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
      if (error) return;
      if (waitpid(self->pid_, &self->status_, WNOHANG) == 0) return self->await_exit();
      ::kill(-self->pid_, SIGKILL);  // what it left behind, where no namespace ended it
      self->gone_ = true;
      self->finish();
    });
  }

  void send(char kind, const std::string& head, std::string rest) {
    std::string frame;
    const auto size = static_cast<std::uint32_t>(head.size() + rest.size() + 1);
    for (int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(size >> shift & 255));
    frame.push_back(kind);
    frame += head;
    outgoing_.push_back({std::move(frame), std::move(rest)});
    if (outgoing_.size() == 1) write_next();
  }

  void drain_output() {
    while (read_now()) {
    }
  }

  void kill() {
    if (!gone_) ::kill(pid_, SIGKILL);
  }

  // A process that comes into being meanwhile is found in the next round.
  void pause() {
    constexpr int kRounds = 3;
    for (int round = 0; round < kRounds && !gone_; ++round) {
      auto all = tree_of(pid_);
      if (all == paused_) return;
      for (const pid_t each : all) ::kill(each, SIGSTOP);
      paused_ = std::move(all);
    }
  }

  void resume() {
    for (const pid_t each : std::exchange(paused_, {})) {
      if (!gone_) ::kill(each, SIGCONT);
    }
  }

  pid_t pid() const { return pid_; }
  Cgroup* cgroup() const { return cgroup_.get(); }

  void abandon() {
    events = {};
    kill();
  }

  WorkerEvents events;

 private:
  void write_next() {
    const Frame& frame = outgoing_.front();
    asio::async_write(channel_, std::array{asio::buffer(frame.head), asio::buffer(frame.rest)},
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return;
                        self->outgoing_.pop_front();
                        if (!self->outgoing_.empty()) self->write_next();
                      });
  }

  void read_head() {
    asio::async_read(channel_, asio::buffer(head_), [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->end_channel();
      std::size_t size = 0;
      for (int i = 0; i < 4; ++i) size = size << 8 | self->head_[static_cast<std::size_t>(i)];
      if (size == 0 || size > kMaxFrame) {
        self->kill();
        return self->end_channel();
      }
      self->payload_.resize(size - 1);
      self->read_payload();
    });
  }

  void read_payload() {
    asio::async_read(channel_, asio::buffer(payload_), [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->end_channel();
      const char kind = static_cast<char>(self->head_[4]);
      if (self->events.message) self->events.message(kind, std::move(self->payload_));
      self->payload_.clear();
      self->read_head();
    });
  }

  void end_channel() {
    channel_ended_ = true;
    finish();
  }

  // An answer may arrive together with the exit: the exit is told when nothing can follow it.
  void finish() {
    if (!gone_ || !channel_ended_) return;
    drain_output();
    if (auto exit = std::exchange(events.exit, nullptr)) exit(status_);
    cgroup_.reset();
  }

  void read_output() {
    output_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
      if (error) return;
      if (self->read_now() || !self->output_ended_) self->read_output();
    });
  }

  bool read_now() {
    std::array<char, 16384> buffer;
    const ssize_t got = ::read(output_.native_handle(), buffer.data(), buffer.size());
    if (got == 0) output_ended_ = true;
    if (got <= 0) return false;
    if (events.output) events.output({buffer.data(), static_cast<std::size_t>(got)});
    return true;
  }

  pid_t pid_;
  std::unique_ptr<Cgroup> cgroup_;
  asio::posix::stream_descriptor exited_;
  asio::local::stream_protocol::socket channel_;
  asio::posix::stream_descriptor output_;
  std::array<unsigned char, 5> head_{};
  std::string payload_;
  struct Frame {
    std::string head, rest;
  };
  std::deque<Frame> outgoing_;
  std::vector<pid_t> paused_;
  int status_ = 0;
  bool gone_ = false;
  bool channel_ended_ = false;
  bool output_ended_ = false;
};

class ProcessWorker final : public Worker {
 public:
  ProcessWorker(std::shared_ptr<Process> process, WorkerFolders folders, bool isolated)
      : process_(std::move(process)), folders_(std::move(folders)), isolated_(isolated) {}

  ~ProcessWorker() override {
    process_->abandon();
    std::error_code ignored;
    fs::remove_all(folders_.own, ignored);
    fs::remove_all(folders_.layers, ignored);
  }

  void listen(WorkerEvents events) override { process_->events = std::move(events); }
  void send(char kind, std::string head, std::string rest) override { process_->send(kind, head, std::move(rest)); }
  void install(const fs::path& code) override { link_files(code, folders_.own); }
  void install_layer(const fs::path& layer) override { link_files(layer, folders_.layers); }
  std::string code_path() const override { return isolated_ ? kCodePath : folders_.code.string(); }
  std::string layer_path() const override { return isolated_ ? kLayerPath : folders_.layers.string(); }
  void limit_memory(std::uint64_t bytes) override {
    if (process_->cgroup())
      process_->cgroup()->limit_memory(bytes);
    else
      limit_data(process_->pid(), bytes);
  }
  std::uint32_t peak_kib() const override {
    std::uint32_t all = 0;
    for (const pid_t pid : tree_of(process_->pid())) all += static_cast<std::uint32_t>(status_kib(pid, "VmHWM"));
    return all;
  }
  OwnsConnection connection_check() const override {
    return [root = process_->pid()](std::uint16_t port, std::uint16_t peer_port) {
      const std::string socket = socket_of(peer_port, port);
      const auto pids = tree_of(root);
      return !socket.empty() && std::any_of(pids.begin(), pids.end(), [&](pid_t pid) { return has_open(pid, socket); });
    };
  }
  bool out_of_memory() const override { return process_->cgroup() && process_->cgroup()->out_of_memory(); }
  void drain_output() override { process_->drain_output(); }
  void pause() override { process_->pause(); }
  void resume() override { process_->resume(); }
  void kill() override { process_->kill(); }

 private:
  std::shared_ptr<Process> process_;
  WorkerFolders folders_;
  bool isolated_;
};

}  // namespace

Isolation find_isolation() {
  auto command = bubblewrap();
  append_system(command);
  append_proc(command);
  command.insert(command.end(), {"--", "/bin/true"});
  return run_quietly(command) == 0 ? Isolation::kNamespaces : Isolation::kNone;
}

WorkerFactory::WorkerFactory(runtime::Loop& loop, fs::path folder, Isolation isolation)
    : state_(new State{loop, std::move(folder), {}, isolation}) {
  std::error_code ignored;
  fs::remove_all(state_->folder, ignored);
  fs::create_directories(state_->folder);
}

WorkerFactory::~WorkerFactory() {
  std::error_code ignored;
  fs::remove_all(state_->folder, ignored);
}

Isolation WorkerFactory::isolation() const { return state_->isolation; }
bool WorkerFactory::limits_memory() const { return state_->cgroups.available(); }

std::unique_ptr<Worker> WorkerFactory::spawn(const RuntimeSpec& spec) {
  const std::string name = fmt::format("{}-{}", spec.name, ++state_->number);
  const fs::path own = state_->folder / name;
  const WorkerFolders folders{own, state_->folder / (name + "-layers"), spec.live_code ? spec.code : own};
  fs::create_directories(folders.own);
  fs::create_directories(folders.layers);
  if (!spec.code.empty() && !spec.live_code) link_files(spec.code, folders.own);
  for (const auto& layer : spec.layers) link_files(layer, folders.layers);
  if (state_->isolation == Isolation::kNone) state_->link_visible(spec);
  auto cgroup = state_->cgroups.make(name);
  if (cgroup) cgroup->limit_processes(kMaxProcesses);

  int channel[2], output[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) fail("socketpair");
  if (pipe2(output, O_CLOEXEC) != 0) fail("pipe");
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  std::vector<std::string> environment;
  for (const auto& [key, value] : spec.environment)
    environment.push_back(key + "=" + state_->translated(spec, folders, value));
  const int filter = state_->isolation == Isolation::kNamespaces ? seccomp_filter() : -1;
  const pid_t pid =
      sandbox::spawn({state_->command(spec, folders), environment,
                      cgroup ? cgroup->entrances() : std::vector<std::string>(), channel[1], output[1], filter});
  if (filter >= 0) close(filter);
  close(channel[1]);
  close(output[1]);
  const int pid_descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pid_descriptor < 0) fail("pidfd_open");
  auto process = std::make_shared<Process>(
      state_->loop.context(), pid, Process::Descriptors{pid_descriptor, channel[0], output[0]}, std::move(cgroup));
  process->start();
  return std::make_unique<ProcessWorker>(std::move(process), folders, state_->isolation == Isolation::kNamespaces);
}

}  // namespace leat::sandbox
