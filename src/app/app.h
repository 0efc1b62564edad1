#pragma once
// The whole server, wired: engines, then services, then integrations, then the gateway.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "app/configuration.h"
#include "aws/calls.h"
#include "base/clock.h"
#include "base/random.h"

namespace leat::app {

// The outside world. Tests bring their own.
struct World {
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Random> random;
  std::unique_ptr<kv::Store> store = nullptr;  // null: opened as the configuration says
};

class App {
 public:
  // Opens the data and listens. Throws std::exception where it cannot.
  App(Configuration configuration, World world);
  ~App();

  // Serves. Returns at once.
  void start();

  // Takes no new requests, answers those in flight, and ends the functions' workers. At most `patience`.
  void stop(std::chrono::milliseconds patience);

  // Runs the scripts of a stage (boot, start, ready, shutdown) and waits for them.
  void run_init_scripts(const std::string& stage);

  // For what runs inside the server, and for tests.
  const aws::Calls& calls() const;

  std::uint16_t port() const;
  std::string describe() const;  // for the log: where, for whom, and what keeps functions apart

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace leat::app
