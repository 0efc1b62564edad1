#include "service/kinesis/kinesis.h"

#include <fmt/format.h>

#include "aws/kinesis/operations.h"
#include "service/kinesis/consumer.h"
#include "service/kinesis/subscription.h"

namespace leat::kinesis {

Kinesis::Kinesis(KinesisParts parts)
    : Service(kModel), parts_(parts), throttle_(parts.clock, parts.throttle), subscriptions_(std::make_unique<Subscriptions>()) {}
Kinesis::~Kinesis() = default;

void Kinesis::start() { keep_retention(*this); }

void Kinesis::release() { subscriptions_->end_all(); }

std::string stream_name_in(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  constexpr std::string_view kKind = "stream/";
  if (!arn || arn->service != "kinesis" || !arn->resource.starts_with(kKind)) return {};
  const std::string_view name = arn->resource.substr(kKind.size());
  return std::string(name.substr(0, name.find('/')));
}

std::string_view stream_arn_in(std::string_view arn) { return arn.substr(0, arn.find("/consumer/")); }

StreamPtr Kinesis::find_or_null(std::string_view account, std::string_view region, const std::string& name) {
  const std::string row = stream_row(account, region, name);
  {
    std::shared_lock lock(cache_mutex_);
    const auto found = cache_.find(row);
    if (found != cache_.end()) return found->second;
  }
  std::unique_lock lock(cache_mutex_);
  StreamPtr stream = load_stream(parts_.store, account, region, name);
  if (stream) cache_[row] = stream;
  return stream;
}

StreamPtr Kinesis::find_or_null(std::string_view text) {
  const std::string name = stream_name_in(text);
  if (name.empty()) return nullptr;
  const auto arn = aws::parse_arn(text);
  StreamPtr found = find_or_null(arn->account, arn->region, name);
  if (!found || found->arn() == text) return found;
  const auto consumer = find_consumer(*this, *found, consumer_name_in(text));
  return consumer && consumer->consumer_arn == text ? found : nullptr;
}

aws::Result<StreamPtr> Kinesis::find(const aws::Caller& caller, const std::optional<std::string>& name,
                                     const std::optional<std::string>& arn) {
  if (!name && !arn) return aws::fail(errors::kInvalidArgument, "Either StreamName or StreamARN should be provided.");
  const std::string wanted = name ? *name : stream_name_in(*arn);
  const auto parsed = arn ? aws::parse_arn(*arn) : std::nullopt;
  if (name && arn && stream_name_in(*arn) != *name)
    return aws::fail(errors::kInvalidArgument, "StreamName and StreamARN must be of the same stream.");
  const bool own = !parsed || (parsed->account == caller.account && parsed->region == caller.region);
  StreamPtr found = own ? find_or_null(caller.account, caller.region, wanted) : nullptr;
  if (found && (!arn || found->arn() == *arn)) return found;
  return aws::fail(errors::kResourceNotFound,
                   fmt::format("Stream {} under account {} not found.", wanted, caller.account));
}

aws::Result<StreamPtr> Kinesis::find_bearer(const aws::Caller& caller, const std::string& arn) {
  StreamPtr found = find_or_null(arn);
  if (found && found->account == caller.account && found->region == caller.region) return found;
  return aws::fail(errors::kResourceNotFound, fmt::format("{} under account {} not found.", arn, caller.account));
}

aws::Result<StreamPtr> Kinesis::find_shared(const aws::Caller& caller, const std::optional<std::string>& name,
                                            const std::optional<std::string>& arn) {
  const auto parsed = arn ? aws::parse_arn(*arn) : std::nullopt;
  if (!parsed || parsed->account == caller.account) return find(caller, name, arn);
  aws::Caller owner = caller;
  owner.account = parsed->account;
  return find(owner, name, arn);
}

void Kinesis::changed(std::string_view account, std::string_view region, const std::string& name) {
  std::unique_lock lock(cache_mutex_);
  cache_.erase(stream_row(account, region, name));
}

void Kinesis::forget() {
  release();
  std::unique_lock lock(cache_mutex_);
  cache_.clear();
}

}  // namespace leat::kinesis
