#pragma once
// The services of --function-allow: what functions reach on this machine and beside it, each as HOST:PORT.

#include <string>
#include <string_view>
#include <vector>

#include "engine/sandbox/network.h"
#include "runtime/relay.h"

namespace leat::app {

class AllowedServices {
 public:
  // Throws std::invalid_argument with words for the operator: what is no HOST:PORT, and a port that is taken where the
  // worker would look for it (`taken`, on its loopback).
  AllowedServices(const std::vector<std::string>& given, const std::vector<sandbox::NetworkPort>& taken);

  // Where they stand in a worker: names and loopback addresses on its loopback, other addresses on themselves.
  const std::vector<sandbox::NetworkPort>& ports() const { return ports_; }
  // Null where it is none of them.
  const runtime::RelayTarget* find(const sandbox::NetworkPort& port) const;
  // Whether a name leads to the worker's loopback.
  bool has_name(std::string_view name) const;

 private:
  std::vector<sandbox::NetworkPort> ports_;
  std::vector<runtime::RelayTarget> targets_;  // of each port
};

}  // namespace leat::app
