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

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <deque>
#include <fstream>
#include <system_error>

#include "engine/sandbox/cgroup.h"
#include "engine/sandbox/spawn.h"

namespace leat::sandbox {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxProcesses = 1024;      // Lambda's own limit
constexpr std::uint64_t kTmpBytes = 512ULL << 20;  // and that of /tmp
constexpr std::size_t kMaxFrame = 64U << 20;
constexpr const char* kCodePath = "/var/task";
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
  for (const char* path : {"/etc/ssl", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/resolv.conf",
                           "/etc/hosts", "/etc/nsswitch.conf"}) {
    arguments.insert(arguments.end(), {"--ro-bind-try", path, path});
  }
}

std::vector<std::string> bubblewrap() {
  return {kBubblewrap,
          "--unshare-user",
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

struct WorkerFactory::State {
  runtime::Loop& loop;
  fs::path folder;
  Cgroups cgroups;
  Isolation isolation;
  std::atomic<std::uint64_t> number{0};

  // Without a sandbox there is no path inside it.
  std::string translated(const RuntimeSpec& spec, const std::string& text) const {
    if (isolation == Isolation::kNamespaces) return text;
    for (const auto& [host, inside] : spec.visible) {
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

  std::vector<std::string> command(const RuntimeSpec& spec, const fs::path& code) const {
    if (isolation == Isolation::kNone) {
      std::vector<std::string> out;
      for (const auto& word : spec.command) out.push_back(translated(spec, word));
      return out;
    }
    std::vector<std::string> out = bubblewrap();
    append_system(out);
    out.insert(out.end(), {"--proc", "/proc", "--dev", "/dev", "--size", std::to_string(kTmpBytes), "--tmpfs", "/tmp"});
    for (const auto& [host, inside] : spec.visible) out.insert(out.end(), {"--ro-bind", host, inside});
    out.insert(out.end(), {"--ro-bind", code, kCodePath, "--chdir", kCodePath, "--"});
    out.insert(out.end(), spec.command.begin(), spec.command.end());
    return out;
  }
};

namespace {

// Writable memory that a process has mapped, in bytes.
std::uint64_t mapped_data(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    std::uint64_t kib = 0;
    if (std::sscanf(line.c_str(), "VmData: %lu kB", &kib) == 1) return kib << 10;
  }
  return 0;
}

// Where no cgroup may be made: what the process and its descendants may map beyond what they have. Stacks and a
// runtime's own heaps count too, hence the allowance.
void limit_data(pid_t pid, std::uint64_t bytes) {
  constexpr std::uint64_t kAllowance = 256ULL << 20;
  const rlim_t most = mapped_data(pid) + bytes + kAllowance;
  const rlimit both{most, most};
  prlimit(pid, RLIMIT_DATA, &both, nullptr);
  std::ifstream children(fmt::format("/proc/{}/task/{}/children", pid, pid));
  for (pid_t child = 0; children >> child;) limit_data(child, bytes);
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
    exited_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
      if (error) return;
      waitpid(self->pid_, &self->status_, 0);
      ::kill(-self->pid_, SIGKILL);  // what it left behind, where no namespace ended it
      self->gone_ = true;
      self->finish();
    });
  }

  void send(char kind, std::string_view payload) {
    std::string frame;
    const std::uint32_t size = static_cast<std::uint32_t>(payload.size() + 1);
    frame.reserve(payload.size() + 5);
    for (int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(size >> shift & 255));
    frame.push_back(kind);
    frame += payload;
    outgoing_.push_back(std::move(frame));
    if (outgoing_.size() == 1) write_next();
  }

  void drain_output() {
    while (read_now()) {
    }
  }

  void kill() {
    if (!gone_) ::kill(pid_, SIGKILL);
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
    asio::async_write(channel_, asio::buffer(outgoing_.front()),
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
      if (size == 0 || size > kMaxFrame) return self->kill();
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
  std::deque<std::string> outgoing_;
  int status_ = 0;
  bool gone_ = false;
  bool channel_ended_ = false;
  bool output_ended_ = false;
};

class ProcessWorker final : public Worker {
 public:
  ProcessWorker(std::shared_ptr<Process> process, fs::path folder, bool isolated)
      : process_(std::move(process)), folder_(std::move(folder)), isolated_(isolated) {}

  ~ProcessWorker() override {
    process_->abandon();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void listen(WorkerEvents events) override { process_->events = std::move(events); }
  void send(char kind, std::string_view payload) override { process_->send(kind, payload); }
  void install(const fs::path& code) override {
    fs::copy(code, folder_,
             fs::copy_options::recursive | fs::copy_options::create_hard_links | fs::copy_options::overwrite_existing);
  }
  std::string code_path() const override { return isolated_ ? kCodePath : folder_.string(); }
  void limit_memory(std::uint64_t bytes) override {
    if (process_->cgroup())
      process_->cgroup()->limit_memory(bytes);
    else
      limit_data(process_->pid(), bytes);
  }
  bool out_of_memory() const override { return process_->cgroup() && process_->cgroup()->out_of_memory(); }
  void drain_output() override { process_->drain_output(); }
  void kill() override { process_->kill(); }

 private:
  std::shared_ptr<Process> process_;
  fs::path folder_;
  bool isolated_;
};

}  // namespace

Isolation find_isolation() {
  auto command = bubblewrap();
  append_system(command);
  command.insert(command.end(), {"--proc", "/proc", "--dev", "/dev", "--", "/bin/true"});
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
  const fs::path code = state_->folder / name;
  fs::create_directories(code);
  if (state_->isolation == Isolation::kNone) state_->link_visible(spec);
  auto cgroup = state_->cgroups.make(name);
  if (cgroup) cgroup->limit_processes(kMaxProcesses);

  int channel[2], output[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) fail("socketpair");
  if (pipe2(output, O_CLOEXEC) != 0) fail("pipe");
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  std::vector<std::string> environment;
  for (const auto& [key, value] : spec.environment) environment.push_back(key + "=" + state_->translated(spec, value));
  const pid_t pid = sandbox::spawn({state_->command(spec, code), environment,
                                    cgroup ? cgroup->entrances() : std::vector<std::string>(), channel[1], output[1]});
  close(channel[1]);
  close(output[1]);
  const int pid_descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pid_descriptor < 0) fail("pidfd_open");
  auto process = std::make_shared<Process>(
      state_->loop.context(), pid, Process::Descriptors{pid_descriptor, channel[0], output[0]}, std::move(cgroup));
  process->start();
  return std::make_unique<ProcessWorker>(std::move(process), code, state_->isolation == Isolation::kNamespaces);
}

}  // namespace leat::sandbox
