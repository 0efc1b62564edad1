#include "engine/sandbox/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <system_error>

#include "engine/sandbox/bubblewrap.h"
#include "engine/sandbox/cgroup.h"
#include "engine/sandbox/door.h"
#include "engine/sandbox/proc.h"
#include "engine/sandbox/process.h"
#include "engine/sandbox/seccomp.h"
#include "engine/sandbox/spawn.h"
#include "engine/sandbox/tree.h"

namespace leat::sandbox {

namespace fs = std::filesystem;

namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint32_t kMaxProcesses = 1024;  // Lambda's own limit
constexpr const char* kCodePath = "/var/task";
constexpr const char* kLayerPath = "/opt";

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

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
  std::optional<Network> network;
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

  void append_names(std::vector<std::string>& out) const {
    if (!network) return append_machine_names(out);
    for (const auto& [machine, inside] : network->files) out.insert(out.end(), {"--ro-bind", machine, inside});
  }

  std::vector<std::string> command(const RuntimeSpec& spec, const WorkerFolders& folders) const {
    if (isolation == Isolation::kNone) {
      std::vector<std::string> out;
      for (const auto& word : spec.command) out.push_back(translated(spec, folders, word));
      return out;
    }
    std::vector<std::string> out = bubblewrap();
    out.insert(out.end(), {"--seccomp", std::to_string(kFilterDescriptor)});
    append_names(out);
    out.insert(out.end(), {"--size", std::to_string(spec.tmp_bytes), "--tmpfs", "/tmp"});
    for (const auto& [host, inside] : spec.visible) out.insert(out.end(), {"--ro-bind", host, inside});
    out.insert(out.end(), {"--ro-bind", folders.layers, kLayerPath, "--ro-bind", folders.code, kCodePath, "--remount-ro", "/", "--chdir",
                           kCodePath, "--"});
    out.insert(out.end(), spec.command.begin(), spec.command.end());
    return out;
  }
};

namespace {

class ProcessWorker final : public Worker {
 public:
  ProcessWorker(std::shared_ptr<Process> process, WorkerFolders folders, bool isolated, std::shared_ptr<Door> door)
      : process_(std::move(process)), folders_(std::move(folders)), isolated_(isolated), door_(std::move(door)) {}

  ~ProcessWorker() override {
    process_->abandon();
    if (door_) door_->close();
    std::error_code ignored;
    fs::remove_all(folders_.own, ignored);
    fs::remove_all(folders_.layers, ignored);
  }

  void listen(WorkerEvents events) override { process_->events = std::move(events); }
  void send(char kind, std::string head, std::string rest) override { process_->send(kind, head, std::move(rest)); }
  void install(const fs::path& code) override { link_tree(code, folders_.own); }
  void install_layer(const fs::path& layer) override { link_tree(layer, folders_.layers); }
  std::string code_path() const override { return isolated_ ? kCodePath : folders_.code.string(); }
  std::string layer_path() const override { return isolated_ ? kLayerPath : folders_.layers.string(); }
  void limit_memory(std::uint64_t bytes) override { process_->limit_memory(bytes); }
  void settle() override { process_->settle(); }
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
  std::uint32_t door() const override { return door_ ? door_->number() : 0; }
  void assign(const std::string& whose) override {
    if (door_) door_->assign(whose);
  }
  bool out_of_memory() const override { return process_->out_of_memory(); }
  void drain_output() override { process_->drain_output(); }
  bool quiet() override { return process_->quiet(); }
  void pause() override { process_->pause(); }
  void resume() override { process_->resume(); }
  void kill() override { process_->kill(); }

 private:
  std::shared_ptr<Process> process_;
  WorkerFolders folders_;
  bool isolated_;
  std::shared_ptr<Door> door_;
};

}  // namespace

Isolation find_isolation() {
  auto command = bubblewrap();
  command.insert(command.end(), {"--", "/bin/true"});
  return run_quietly(command) == 0 ? Isolation::kNamespaces : Isolation::kNone;
}

WorkerFactory::WorkerFactory(runtime::Loop& loop, fs::path folder, Isolation isolation,
                             std::optional<Network> network)
    : state_(new State{loop, std::move(folder), {}, isolation, std::move(network)}) {
  std::error_code ignored;
  fs::remove_all(state_->folder, ignored);
  fs::create_directories(state_->folder);
}

WorkerFactory::~WorkerFactory() {
  std::error_code ignored;
  fs::remove_all(state_->folder, ignored);
}

Isolation WorkerFactory::isolation() const { return state_->isolation; }
bool WorkerFactory::has_network() const { return state_->network.has_value(); }
const std::vector<std::string>& WorkerFactory::unenforced() const { return state_->cgroups.missing(); }

std::unique_ptr<Worker> WorkerFactory::spawn(const RuntimeSpec& spec) {
  const std::uint64_t number = ++state_->number;
  const std::string name = fmt::format("{}-{}", spec.name, number);
  const fs::path own = state_->folder / name;
  const WorkerFolders folders{own, state_->folder / (name + "-layers"), spec.live_code ? spec.code : own};
  fs::create_directories(folders.own);
  fs::create_directories(folders.layers);
  if (!spec.code.empty() && !spec.live_code) link_tree(spec.code, folders.own);
  for (const auto& layer : spec.layers) link_tree(layer, folders.layers);
  if (state_->isolation == Isolation::kNone) state_->link_visible(spec);
  auto cgroup = state_->cgroups.make(name);
  if (cgroup) {
    cgroup->limit_processes(kMaxProcesses);
    cgroup->take_most();
  }

  int channel[2], output[2], sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) fail("socketpair");
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) fail("socketpair");
  if (pipe2(output, O_CLOEXEC) != 0) fail("pipe");
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  std::vector<std::string> environment;
  for (const auto& [key, value] : spec.environment)
    environment.push_back(key + "=" + state_->translated(spec, folders, value));
  for (const auto& [key, value] : state_->network ? state_->network->environment : Variables())
    environment.push_back(key + "=" + value);
  const int filter = state_->isolation == Isolation::kNamespaces ? seccomp_filter() : -1;
  static const std::vector<NetworkPort> kNoPorts;
  const NetworkOrder order = state_->network
                                 ? network_order(state_->network->ports, sockets[1], state_->network->way_out)
                                 : network_order(kNoPorts, sockets[1], WayOut::kNone);
  const pid_t pid =
      sandbox::spawn({state_->command(spec, folders), environment,
                      cgroup ? cgroup->entrances() : std::vector<std::string>(), channel[1], output[1], filter,
                      state_->network ? &order : nullptr});
  if (filter >= 0) close(filter);
  close(channel[1]);
  close(output[1]);
  close(sockets[1]);
  const int pid_descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pid_descriptor < 0) fail("pidfd_open");
  auto process = std::make_shared<Process>(
      state_->loop.context(), pid, Process::Descriptors{pid_descriptor, channel[0], output[0]}, std::move(cgroup));
  process->start();
  std::shared_ptr<Door> door;
  if (state_->network) {
    door = std::make_shared<Door>(
        state_->loop.context(),
        Door::Settings{*state_->network, static_cast<std::uint32_t>(number + UINT16_MAX), pid, sockets[0]});
    door->await_sockets();
  } else {
    close(sockets[0]);
  }
  return std::make_unique<ProcessWorker>(std::move(process), folders, state_->isolation == Isolation::kNamespaces,
                                         std::move(door));
}

}  // namespace leat::sandbox
