#include "service/lambda/platform_log.h"

#include <fmt/format.h>

#include <cmath>

#include "base/encoding.h"

namespace leat::lambda {
namespace {

std::int64_t billed(double duration) { return static_cast<std::int64_t>(std::ceil(duration)); }

std::string_view shown(PlatformLog::Report::Status status) {
  switch (status) {
    case PlatformLog::Report::Status::kSuccess: return "success";
    case PlatformLog::Report::Status::kError: return "error";
    case PlatformLog::Report::Status::kTimeout: return "timeout";
  }
  return "";
}

}  // namespace

PlatformLog::PlatformLog(const Function& function)
    : function_(function),
      json_(function.configuration.logging_config->log_format == "JSON"),
      quiet_(json_ && function.configuration.logging_config->system_log_level == "WARN") {}

std::string PlatformLog::event(TimePoint now, std::string_view type, std::string_view record) const {
  return fmt::format(R"({{"time":"{}","type":"platform.{}","record":{{{}}}}})", format_iso8601(now), type, record);
}

std::optional<std::string> PlatformLog::init_start(TimePoint now, std::string_view runtime_version,
                                                   bool provisioned) const {
  if (quiet_) return std::nullopt;
  const std::string& arn = *function_.configuration.runtime_version_config->runtime_version_arn;
  if (!json_) return fmt::format("INIT_START Runtime Version: {}\tRuntime Version ARN: {}", runtime_version, arn);
  return event(
      now, "initStart",
      fmt::format(
          R"("initializationType":"{}","phase":"init","runtimeVersion":"{}","runtimeVersionArn":"{}","functionName":"{}","functionVersion":"{}")",
          provisioned ? "provisioned-concurrency" : "on-demand", runtime_version, arn, function_.name(),
          function_.version()));
}

std::optional<std::string> PlatformLog::extension(TimePoint now, std::string_view name, std::string_view events) const {
  if (quiet_) return std::nullopt;
  if (!json_) return fmt::format("EXTENSION\tName: {}\tState: Ready\tEvents: [{}]", name, events);
  std::string list;
  for (const char c : events) list += c == ',' ? std::string("\",\"") : std::string(1, c);
  return event(now, "extension",
               fmt::format(R"("name":{},"state":"Ready","events":[{}])", json_string(name),
                           list.empty() ? list : '"' + list + '"'));
}

std::optional<std::string> PlatformLog::start(TimePoint now, std::string_view request_id) const {
  if (quiet_) return std::nullopt;
  if (!json_) return fmt::format("START RequestId: {} Version: {}", request_id, function_.version());
  return event(now, "start", fmt::format(R"("requestId":"{}","version":"{}")", request_id, function_.version()));
}

// JSON has no such event: the report says it.
std::optional<std::string> PlatformLog::end(std::string_view request_id) const {
  if (json_) return std::nullopt;
  return fmt::format("END RequestId: {}", request_id);
}

std::optional<std::string> PlatformLog::report(TimePoint now, const Report& report) const {
  const std::int32_t memory = *function_.configuration.memory_size;
  if (!json_) {
    std::string out = fmt::format(
        "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} "
        "MB\t",
        report.request_id, report.duration, billed(report.duration), memory, report.peak_mb);
    if (report.init_duration) out += fmt::format("Init Duration: {:.2f} ms\t", *report.init_duration);
    if (report.status == Report::Status::kTimeout) out += "Status: timeout";
    return out;
  }
  if (quiet_ && report.status == Report::Status::kSuccess) return std::nullopt;
  std::string metrics =
      fmt::format(R"("durationMs":{:.3f},"billedDurationMs":{},"memorySizeMB":{},"maxMemoryUsedMB":{})",
                  report.duration, billed(report.duration), memory, report.peak_mb);
  if (report.init_duration) metrics += fmt::format(R"(,"initDurationMs":{:.3f})", *report.init_duration);
  return event(now, "report",
               fmt::format(R"("requestId":"{}","metrics":{{{}}},"status":"{}")", report.request_id, metrics,
                           shown(report.status)));
}

}  // namespace leat::lambda
