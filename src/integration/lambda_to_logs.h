#pragma once
// What functions print, in CloudWatch Logs.

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
    logs_.append({stream.account, stream.region, stream.group, stream.stream}, events);
  }

 private:
  logs::Logs& logs_;
};

}  // namespace leat::integration
