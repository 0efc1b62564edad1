#pragma once
// What functions print, in CloudWatch Logs.

#include <spdlog/spdlog.h>

#include "aws/arn.h"
#include "service/lambda/ports.h"
#include "service/logs/logs.h"

namespace leat::integration {

class LambdaLogs final : public lambda::LogSink {
 public:
  LambdaLogs(logs::Logs& logs, lambda::RoleCredentials& roles) : logs_(logs), roles_(roles) {}

  void write(const lambda::LogStreamName& stream, const std::vector<lambda::LogLine>& lines) override {
    if (!may_write(stream)) return;
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
  // A role without the rights that AWSLambdaBasicExecutionRole gives has no log.
  bool may_write(const lambda::LogStreamName& stream) {
    const std::string group = aws::make_arn("logs", stream.region, stream.account,
                                            "log-group:" + stream.group + ":log-stream:" + stream.stream);
    return roles_.allows(stream.role, "logs:CreateLogStream", group) &&
           roles_.allows(stream.role, "logs:PutLogEvents", group);
  }

  logs::Logs& logs_;
  lambda::RoleCredentials& roles_;
};

}  // namespace leat::integration
