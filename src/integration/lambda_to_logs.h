#pragma once
// What functions print, in CloudWatch Logs.

#include <spdlog/spdlog.h>

#include "service/lambda/ports.h"
#include "service/logs/logs.h"

namespace leat::integration {

class LambdaLogs final : public lambda::LogSink {
 public:
  explicit LambdaLogs(logs::Logs& logs) : logs_(logs) {}

  void write(const lambda::LogStreamName& stream, const std::vector<lambda::LogLine>& lines) override {
    std::vector<logs::InputLogEvent> events;
    events.reserve(lines.size());
    for (const auto& line : lines) events.push_back({to_millis(line.time), line.text.empty() ? " " : line.text});
    try {
      logs_.append({stream.account, stream.region, stream.group, stream.stream}, events);
    } catch (const kv::StoreFailure& failure) {  // lint: catch (a lost log line must not end the function)
      spdlog::error("a function's log: {}", failure.what());
    }
  }

 private:
  logs::Logs& logs_;
};

}  // namespace leat::integration
