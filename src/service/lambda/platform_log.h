#pragma once
// What Lambda itself says in a function's log, in either of its formats.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/lambda/function.h"

namespace leat::lambda {

class PlatformLog {
 public:
  explicit PlatformLog(const Function& function);

  // Each is a log event, or nothing where the system log level passes over it.
  std::optional<std::string> init_start(TimePoint now, std::string_view runtime_version, bool provisioned) const;
  // `events` are separated by commas.
  std::optional<std::string> extension(TimePoint now, std::string_view name, std::string_view events) const;
  std::optional<std::string> start(TimePoint now, std::string_view request_id) const;
  std::optional<std::string> end(std::string_view request_id) const;

  struct Report {
    std::string_view request_id;
    double duration;                      // milliseconds, as the next
    std::optional<double> init_duration;  // of the worker's first invocation
    std::uint32_t peak_mb;
    enum class Status : std::uint8_t { kSuccess, kError, kTimeout } status;
  };
  std::optional<std::string> report(TimePoint now, const Report& report) const;

 private:
  std::string event(TimePoint now, std::string_view type, std::string_view record) const;

  const Function& function_;
  const bool json_;
  const bool quiet_;  // only warnings
};

}  // namespace leat::lambda
