#include <fmt/format.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "app/app.h"
#include "app/client.h"

namespace {

using namespace leat;

constexpr auto kPatience = std::chrono::milliseconds(4500);

// Signals are waited for by the main thread alone.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a failed write, not the end
  return signals;
}

int serve(app::Configuration configuration) {
  const sigset_t signals = block_signals();
  const auto offset = std::chrono::milliseconds(configuration.clock_offset);
  app::App server(std::move(configuration), {std::make_shared<SystemClock>(offset), std::make_shared<Random>()});
  server.run_init_scripts("boot");
  server.run_init_scripts("start");
  server.start();
  spdlog::info("{}", server.describe());
  server.run_init_scripts("ready");
  std::puts("Ready.");
  std::fflush(stdout);
  int caught = 0;
  sigwait(&signals, &caught);
  spdlog::info("stopping");
  server.run_init_scripts("shutdown");
  server.stop(kPatience);
  return 0;
}

void append(std::vector<std::string>& out, const std::vector<std::string>& given) {
  out.insert(out.end(), given.begin(), given.end());
}

void add_serve_options(CLI::App& command, app::Configuration& configuration, std::string& durability) {
  command
      .add_option("--host", configuration.address,
                  "address to listen on; on any but loopback unknown access keys are refused")
      ->capture_default_str();
  command.add_option("--port,-p", configuration.port, "port to listen on, HTTP and HTTPS; 0 takes any free one")
      ->capture_default_str();
  command.add_option("--data-dir,-d", configuration.data_folder, "where everything is kept")->capture_default_str();
  command.add_flag("--ephemeral", configuration.ephemeral, "keep nothing: everything in memory");
  command
      .add_option(
          "--durability", durability,
          "what an answer promises: 'fsync', that a power cut loses nothing; 'os', that a killed server loses nothing")
      ->check(CLI::IsMember({"fsync", "os"}))
      ->capture_default_str();
  command.add_option("--threads", configuration.threads, "threads that serve requests; 0 takes one for each processor")
      ->capture_default_str();
  command.add_flag("--insecure", configuration.insecure,
                   "take unknown access keys as the account's root on any address");
  command.add_flag("--require-sandbox", configuration.require_sandbox,
                   "do not start where functions cannot be isolated");
  command
      .add_option("--function-network", configuration.function_network,
                  "what functions reach: 'isolated', leat alone; 'outgoing', what is outside this machine too, "
                  "where pasta or slirp4netns is installed; 'host', whatever this machine reaches")
      ->transform(CLI::CheckedTransformer(std::map<std::string, app::FunctionNetwork>{
          {"isolated", app::FunctionNetwork::kIsolated}, {"outgoing", app::FunctionNetwork::kOutgoing}, {"host", app::FunctionNetwork::kHost}}));
  command
      .add_option("--function-allow", configuration.function_allow,
                  "service that functions reach beside, on this machine or another: localhost:5432, db:5432; repeatable")
      ->allow_extra_args(false);
  command.add_flag("--throttle", configuration.throttle,
                   "refuse what goes beyond a table's provisioned throughput, as AWS does");
  command.add_flag("--test-clock", configuration.test_clock, "let POST /_leat/clock?advance=SECONDS move the time");
  command
      .add_option_function<std::vector<std::string>>(
          "--allow-origin", [&](const auto& given) { append(configuration.allowed_origins, given); },
          "origin of pages that may act with any access key, beside those on loopback: https://app.example; repeatable")
      ->allow_extra_args(false);
  command
      .add_option_function<std::vector<std::string>>(
          "--host-name", [&](const auto& given) { append(configuration.host_names, given); },
          "name that the server is called by, beside localhost, addresses and names without dots; repeatable")
      ->allow_extra_args(false);
  command.add_option("--hot-reload", configuration.hot_reload,
                     "folder below which functions may be reloaded from, repeatable; without it your home, the folder "
                     "that the server is started in and the temporary one")
      ->allow_extra_args(false);
  command.add_option("--runtimes", configuration.runtimes_folder,
                     "folder of the functions' runtimes, where not beside the program");
  command
      .add_option("--init-dir", configuration.init_folder,
                  "scripts to run: boot.d, start.d, ready.d and shutdown.d with *.sh and *.py")
      ->capture_default_str();
  command.add_option("--patience", configuration.patience)->group("");
  command.add_option("--clock-offset", configuration.clock_offset)->group("");
  command.add_flag("--lose-unsynced", configuration.lose_unsynced)->group("");
}

int run(int argc, char** argv) {
  CLI::App program{
      "leat: the AWS APIs of the event-driven stack, on one port.\n\n"
      "  leat serve                       start a server on 127.0.0.1:4566\n"
      "  export AWS_ENDPOINT_URL=http://localhost:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test "
      "AWS_REGION=us-east-1\n"
      "  aws dynamodb list-tables         use it with any AWS client\n"};
  program.set_version_flag("--version", std::string("leat ") + app::kVersion);
  program.require_subcommand(1);

  app::Configuration configuration;
  app::apply_environment(configuration);
  std::string durability = "fsync";
  auto* serve_command = program.add_subcommand("serve", "start a server; it runs until SIGTERM or SIGINT");
  add_serve_options(*serve_command, configuration, durability);

  app::ServerAddress address;
  std::string function;
  bool follow = false;
  auto* status = program.add_subcommand("status", "say whether a server runs, and what it offers");
  auto* logs = program.add_subcommand("logs", "print what a function has logged");
  auto* reset = program.add_subcommand("reset", "delete everything that a server stores");
  for (auto* command : {status, logs, reset})
    command->add_option("--port,-p", address.port, "the server's port")->capture_default_str();
  for (auto* command : {logs, reset})
    command
        ->add_option("--data-dir,-d", address.data_folder,
                     "where the server keeps the root's access key, which one beyond loopback asks for")
        ->capture_default_str();
  logs->add_option("FUNCTION", function, "the function's name")->required();
  logs->add_flag("-f,--follow", follow, "go on as the function logs more");
  logs->add_option("--region", address.region, "the function's region")->capture_default_str();

  CLI11_PARSE(program, argc, argv);
  if (status->parsed()) return app::print_status(address);
  if (logs->parsed()) return app::print_logs(address, function, follow);
  if (reset->parsed()) return app::reset_server(address);
  configuration.durability = durability == "os" ? kv::Durability::kOs : kv::Durability::kFsync;
  return serve(std::move(configuration));
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("leat"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "leat: {}\n", failure.what());
    return 1;
  }
}
