#include "app/app.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "app/control.h"
#include "app/data_format.h"
#include "app/descriptors.h"
#include "app/function_network.h"
#include "app/hot_folders.h"
#include "app/init_scripts.h"
#include "app/large_requests.h"
#include "app/memory_return.h"
#include "app/private_file.h"
#include "app/root_key.h"
#include "authorization/policy_authorizer.h"
#include "aws/calls.h"
#include "engine/blob/blobs.h"
#include "engine/kv/buffered_env.h"
#include "gateway/gateway.h"
#include "integration/dynamodb_stream_to_lambda.h"
#include "integration/dynamodb_to_kinesis.h"
#include "integration/kinesis_to_lambda.h"
#include "integration/lambda_to_cloudwatch.h"
#include "integration/lambda_to_logs.h"
#include "integration/roles.h"
#include "integration/sqs_to_lambda.h"
#include "engine/sandbox/way_out.h"
#include "runtime/certificate_authority.h"
#include "runtime/http_server.h"
#include "runtime/timers.h"
#include "service/cloudwatch/cloudwatch.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream/streams.h"
#include "service/iam/iam.h"
#include "service/kinesis/kinesis.h"
#include "service/lambda/function_url.h"
#include "service/lambda/lambda.h"
#include "service/logs/logs.h"
#include "service/sqs/sqs.h"
#include "service/sts/sts.h"

namespace leat::app {
namespace {

namespace fs = std::filesystem;

// A folder of this run alone, where nothing is to be kept.
fs::path temporary_folder() {
  std::string name = (fs::temp_directory_path() / "leat-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder");
  return name;
}

// Made at the first start and kept, so that who trusts it once need not again.
using CertificateAndKey = std::pair<std::string, std::string>;
CertificateAndKey find_or_make(const fs::path& folder, const std::string& name,
                               const std::function<CertificateAndKey()>& make) {
  const fs::path certificate_file = folder / (name + ".pem"), key_file = folder / (name + ".key");
  std::pair<std::string, std::string> found{read_file(certificate_file), read_file(key_file)};
  if (!found.first.empty() && !found.second.empty()) return found;
  found = make();
  write_private(key_file, found.second);
  write_private(certificate_file, found.first);
  return found;
}

fs::path prepared_folder(const Configuration& configuration) {
  if (configuration.ephemeral) return temporary_folder();
  fs::create_directories(configuration.data_folder);
  chmod(configuration.data_folder.c_str(), 0700);
  claim_format(configuration.data_folder);
  return fs::canonical(configuration.data_folder);
}

runtime::HttpServerOptions http_options(const Configuration& configuration, const fs::path& folder,
                                        const Clock& clock, runtime::CertificateAuthority& authority,
                                        MemoryReturn& memory_return) {
  runtime::HttpServerOptions options;
  options.address = configuration.address == "localhost" ? "127.0.0.1" : configuration.address;
  options.port = configuration.port;
  options.threads = configuration.threads ? configuration.threads : std::max(1U, std::thread::hardware_concurrency());
  std::tie(options.certificate_pem, options.private_key_pem) =
      find_or_make(folder, "certificate", [&] { return runtime::make_certificate(clock.unmoved()); });
  options.authority = &authority;
  options.freed = [&](std::uint64_t bytes) { memory_return.freed(bytes); };
  options.max_connections = claim_descriptors().connections;
  options.patience.shorten(configuration.patience);
  return options;
}

std::unique_ptr<kv::Store> open_store(const Configuration& configuration, const fs::path& folder, rocksdb::Env* env) {
  const auto lost = [](const kv::StoreFailure& failure) {
    spdlog::critical("{}: the disk does not keep what it is given; ending", failure.what());
    std::_Exit(EXIT_FAILURE);
  };
  return kv::open_rocksdb({(folder / "db").string(), configuration.durability, configuration.ephemeral, env,
                           claim_descriptors().store_files, lost});
}

gateway::UnknownKeys unknown_keys(const Configuration& configuration) {
  return configuration.on_loopback() || configuration.insecure ? gateway::UnknownKeys::kRoot
                                                               : gateway::UnknownKeys::kRefused;
}

// A token of this start, kept where only who may read the state may read it.
std::string console_token(const fs::path& folder, Random& random) {
  constexpr std::size_t kTokenSize = 43;  // 256 bits
  std::string token = random.text(kTokenSize, kSecretAlphabet.substr(0, 62));
  write_private(folder / "console-token", token);
  return token;
}

// Functions reach the server over loopback, whatever address it is bound to.
std::string endpoint_url(const runtime::HttpServer& server) {
  return fmt::format("http://127.0.0.1:{}", server.port());
}

}  // namespace

// In the order of the layers; destroyed in the opposite one.
struct App::Parts {
  Parts(Configuration given, World given_world)
      : configuration(std::move(given)),
        world(std::move(given_world)),
        folder(prepared_folder(configuration)),
        isolation(std::async(std::launch::async, sandbox::find_isolation)),
        env(configuration.lose_unsynced ? kv::make_buffered_env() : nullptr),
        store(world.store ? std::move(world.store) : open_store(configuration, folder, env.get())),
        timers(*world.clock),
        authority_certificate(
            find_or_make(folder, "authority", [this] { return runtime::make_authority(world.clock->unmoved()); })),
        authority(authority_certificate, *world.clock, &leads_here),
        server(http_options(configuration, folder, *world.clock, authority, memory_return), *world.clock),
        blobs(folder / "blobs"),
        way_out(find_way_out()),
        allowed(configuration.function_allow, ports_of_leat(server.port())),
        resolver([this](std::string_view name) { return leads_here(name) || allowed.has_name(name); }, way_out == sandbox::WayOut::kNone ? runtime::Resolver::Others::kUnknown
                                                               : runtime::Resolver::Others::kAsked),
        isolation_found(isolation.get()),
        workers(loop, folder / "workers", isolation_found, function_network()),
        schedule(*store, *world.clock, timers),
        dynamodb(*store, *world.clock, *world.random, schedule, {configuration.throttle}),
        streams(*store, *world.clock),
        logs(*store, *world.clock, schedule),
        iam(*store, *world.clock, *world.random),
        sqs({*store, *world.clock, *world.random, timers, schedule, configuration.throttle}),
        cloudwatch({*store, *world.clock, timers, schedule}),
        kinesis({*store, *world.clock, schedule, timers, configuration.throttle}),
        kinesis_copies(kinesis),
        stream_source(streams),
        kinesis_source(kinesis),
        queue_source(sqs),
        authorizer(iam, *world.clock, services),
        destinations(sqs, authorizer),
        lambda_roles(iam, authorizer),
        lambda_logs(logs, lambda_roles),
        log_queue(lambda_logs),
        lambda_metrics(cloudwatch),
        sts_roles(iam, authorizer),
        sts(sts_roles),
        runtimes(configuration.runtimes_folder.empty() ? find_runtimes() : configuration.runtimes_folder),
        code({*store, blobs, folder / "unpacked", workshop}),
        package_links(*world.clock, *world.random),
        hot_folders({unknown_keys(configuration) == gateway::UnknownKeys::kRoot ? allowed_hot_folders(configuration)
                                                                                : std::vector<fs::path>(),
                     folder}),
        runtime_api({loop, *world.clock, *world.random, workers}),
        invoker({loop, walks, *world.clock, *world.random, workers, runtimes, code, hot_folders, log_queue,
                 lambda_metrics, lambda_roles, runtime_api, worker_endpoint()}),
        lambda({*store,
                *world.clock,
                *world.random,
                loop,
                reading,
                workshop,
                timers,
                runtimes,
                code,
                package_links,
                invoker,
                lambda_roles,
                lambda_metrics,
                {&stream_source, &kinesis_source},
                queue_source,
                destinations,
                endpoint_url(server),
                hot_folders}),
        function_urls(lambda, [this](const std::optional<aws::Caller>& caller, const std::string& arn,
                                     const std::string& type) { return authorizer.allows_url(caller, arn, type); }),
        init_scripts(configuration.init_folder, server.port()),
        token(console_token(folder, *world.random)),
        host_names(configuration.host_names),
        pages(configuration.allowed_origins),
        ambient(unknown_keys(configuration), pages, [this](std::uint32_t door) { return behind(door); }),
        authenticator(iam, *world.clock, ambient),
        access(configuration.on_loopback() ? ControlAccess::Programs::kOpen : ControlAccess::Programs::kSigned,
               authenticator, token),
        control({*world.clock, configuration.test_clock, access,
                 *store, logs, blobs, package_links, init_scripts, services, [this] { reset(); }}),
        calls(services, authorizer, [this](std::move_only_function<void()> release) { await_disk(std::move(release)); }),
        gateway(
            {services,
             host_names,
             pages,
             authenticator,
             authorizer,
             *world.random,
             [this](std::move_only_function<void()> release) { await_disk(std::move(release)); },
             control,
             {{lambda.model(), &lambda::FunctionUrls::owns,
               [this](const runtime::HttpRequest& request, const std::optional<aws::Caller>& caller,
                      runtime::HttpRespond respond) { function_urls.handle(request, caller, std::move(respond)); },
              lambda::FunctionUrls::body_limit()}}}) {
    dynamodb.copy_changes_to(kinesis_copies);
    admit_root();
  }

  std::string describe_edge() const {
    std::string out = fmt::format(" Console: http://{}:{}/#token={}.", kConsoleHost, server.port(), token);
    if (unknown_keys(configuration) == gateway::UnknownKeys::kRefused)
      out += fmt::format(" The root's access key is in {}.", (folder / kRootKeyFile).string());
    if (pages.allows_all()) out += " PAGES OF EVERY SITE may act as the account's root: CORS checks are disabled.";
    return out;
  }

  // Runs it once all that was committed is durable.
  void await_disk(std::move_only_function<void()> release) { store->durable(store->last_commit(), std::move(release)); }

  // Where unknown keys are refused, somebody must be the first.
  void admit_root() {
    if (unknown_keys(configuration) == gateway::UnknownKeys::kRefused)
      iam.save_credential({find_or_make_root_key(folder, *world.random)});
  }

  // Whether a function may have it is known before the first starts.
  sandbox::WayOut find_way_out() const {
    if (configuration.function_network != FunctionNetwork::kOutgoing) return sandbox::WayOut::kNone;
    const auto found = sandbox::find_way_out();
    return found != sandbox::WayOut::kNone && sandbox::can_make_network(found) ? found : sandbox::WayOut::kNone;
  }

  std::string_view describe_network() const {
    if (!workers.has_network()) return " and reach whatever this machine reaches";
    return way_out == sandbox::WayOut::kNone ? " and reach leat alone" : " and reach leat and what is outside this machine";
  }

  // Nothing where functions share the machine's network.
  std::optional<sandbox::Network> function_network() {
    if (isolation_found == sandbox::Isolation::kNone || configuration.function_network == FunctionNetwork::kHost ||
        (way_out == sandbox::WayOut::kNone && !sandbox::can_make_network(way_out)))
      return std::nullopt;
    return make_function_network({server, resolver, relay, allowed, runtime_api, doors, folder / "function-etc", way_out,
                                  authority_certificate.first + read_file(folder / "certificate.pem")});
  }

  // The role of the function that has that network; nobody, where it is a spare's.
  std::optional<aws::Caller> behind(std::uint32_t door) const {
    const auto key = doors.access_key(door);
    const auto credential = key ? iam.find_credential(*key) : std::nullopt;
    if (!credential || (credential->expiration && *credential->expiration <= world.clock->now())) return std::nullopt;
    aws::Caller caller;
    caller.account = credential->account;
    caller.arn = credential->arn;
    caller.principal_id = credential->principal_id;
    return caller;
  }

  std::string worker_endpoint() const {
    return workers.has_network() ? fmt::format("http://127.0.0.1:{}", kDefaultPort) : endpoint_url(server);
  }

  ~Parts() {
    if (configuration.ephemeral) {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  }

  // Everything that is stored is gone; what runs of it ends.
  void reset() {
    for (aws::Service* each : services) each->halt();
    log_queue.drain();
    kv::Batch batch;
    batch.erase(kv::Range{"", std::string(8, '\xFF')});
    (void)store->commit(batch);
    for (aws::Service* each : services) each->forget();
    admit_root();
  }

  Configuration configuration;
  World world;
  fs::path folder;
  runtime::Loop loop{"functions"};
  runtime::Loop reading{"records"};
  runtime::Loop workshop{"workshop"};
  runtime::Loop walks{"walks"};
  runtime::Loop large{"large requests"};
  MemoryReturn memory_return{large};
  std::future<sandbox::Isolation> isolation;
  std::unique_ptr<rocksdb::Env, kv::FreeEnv> env;
  std::unique_ptr<kv::Store> store;
  runtime::Timers timers;
  const CertificateAndKey authority_certificate;
  runtime::CertificateAuthority authority;
  runtime::HttpServer server;
  blob::Blobs blobs;
  sandbox::WayOut way_out;
  const AllowedServices allowed;
  runtime::Resolver resolver;
  runtime::Relay relay;
  lambda::Doors doors;
  sandbox::Isolation isolation_found;
  sandbox::WorkerFactory workers;
  schedule::Schedule schedule;
  dynamodb::DynamoDb dynamodb;
  dynamodbstreams::Streams streams;
  logs::Logs logs;
  iam::Iam iam;
  sqs::Sqs sqs;
  cloudwatch::CloudWatch cloudwatch;
  kinesis::Kinesis kinesis;
  integration::KinesisCopies kinesis_copies;
  integration::DynamoDbStreamSource stream_source;
  integration::KinesisSource kinesis_source;
  integration::SqsQueueSource queue_source;
  authorization::PolicyAuthorizer authorizer;
  integration::SqsDestinations destinations;
  integration::LambdaRoles lambda_roles;
  integration::LambdaLogs lambda_logs;
  lambda::LogQueue log_queue;
  integration::LambdaMetrics lambda_metrics;
  integration::StsRoles sts_roles;
  sts::Sts sts;
  lambda::Runtimes runtimes;
  lambda::CodeStore code;
  lambda::PackageLinks package_links;
  lambda::HotFolders hot_folders;
  lambda::RuntimeApi runtime_api;
  lambda::Invoker invoker;
  lambda::Lambda lambda;
  // All services, in the order in which they start.
  const aws::Services services{{&dynamodb, &streams, &logs, &iam, &sqs, &kinesis, &cloudwatch, &sts, &lambda}};
  lambda::FunctionUrls function_urls;
  InitScripts init_scripts;
  const std::string token;  // the console's
  gateway::HostNames host_names;
  gateway::Pages pages;
  gateway::AmbientAuthority ambient;
  gateway::Authenticator authenticator;
  ControlAccess access;
  Control control;
  const aws::Calls calls;
  gateway::Gateway gateway;
  LargeRequests large_requests{gateway, large};
};

App::App(Configuration configuration, World world)
    : parts_(std::make_unique<Parts>(std::move(configuration), std::move(world))) {
  if (parts_->configuration.require_sandbox && parts_->workers.isolation() == sandbox::Isolation::kNone) {
    throw std::runtime_error("this machine does not allow namespaces (bwrap failed), and --require-sandbox was given");
  }
  if (const auto& lacking = parts_->workers.unenforced(); parts_->configuration.require_sandbox && !lacking.empty()) {
    throw std::runtime_error(fmt::format(
        "this machine allows no cgroups for {}, and --require-sandbox was given", fmt::join(lacking, ", ")));
  }
}

App::~App() { stop(std::chrono::milliseconds(0)); }

void App::start() {
  for (aws::Service* each : parts_->services) each->start();
  parts_->timers.start();
  parts_->workshop.post([earlier = parts_->folder / "code"] {  // unpacked in place, by earlier versions: maybe half
    std::error_code ignored;
    fs::remove_all(earlier, ignored);
  });
  parts_->server.start(parts_->large_requests);
}

void App::stop(std::chrono::milliseconds patience) {
  for (aws::Service* each : parts_->services) each->release();
  parts_->control.release();
  parts_->server.stop(patience);
  parts_->schedule.stop();
  parts_->timers.stop();
  parts_->runtime_api.stop();
  parts_->large.stop();
  parts_->workshop.stop();
  parts_->walks.stop();
  parts_->loop.stop();
  parts_->workers.stop();
  parts_->log_queue.stop();
  parts_->reading.stop();
}

void App::run_init_scripts(const std::string& stage) { parts_->init_scripts.run(stage); }

const aws::Calls& App::calls() const { return parts_->calls; }

std::uint16_t App::port() const { return parts_->server.port(); }

std::string App::describe() const {
  const auto& configuration = parts_->configuration;
  const bool apart = parts_->workers.isolation() == sandbox::Isolation::kNamespaces;
  const auto& lacking = parts_->workers.unenforced();
  return fmt::format(
      "leat {} on {}:{}, data in {}. Unknown access keys are {}. Functions run {}{}{}.", kVersion, configuration.address,
      port(), configuration.ephemeral ? "memory" : parts_->folder.string(),
      unknown_keys(configuration) == gateway::UnknownKeys::kRoot ? "the account's root" : "refused",
      apart ? "in their own namespaces" : "WITHOUT isolation: this machine allows no namespaces",
      parts_->describe_network(),
      lacking.empty() ? ""
                      : fmt::format(" and with rough limits: no cgroup may be made here for {}", fmt::join(lacking, ", "))) +
         parts_->describe_edge();
}

}  // namespace leat::app
