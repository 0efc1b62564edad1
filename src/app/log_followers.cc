#include "app/log_followers.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace leat::app {
namespace {

std::string page_json(const logs::ArrivalPage& page) {
  std::string out = "{\"events\": [";
  for (const auto& event : page.events) {
    if (out.back() != '[') out += ',';
    fmt::format_to(std::back_inserter(out), "{{\"time\":{},\"message\":", event.position.time);
    append_json_string(out, event.message);
    out += '}';
  }
  fmt::format_to(std::back_inserter(out), "], \"after\": \"{}\", \"more\": {}}}\n", page.after, page.more);
  return out;
}

}  // namespace

void LogFollowers::follow(Question question, const runtime::HttpRequest& request, runtime::HttpRespond respond) {
  const std::uint64_t number = next_++;
  std::shared_ptr<Departure> departure;
  if (request.waiter && question.patience == Patience::kUntilSomethingCame) {
    departure = std::make_shared<Departure>();
    request.waiter->tell_when_gone(departure);
  }
  loop_.post([this, number, follower = Follower{std::move(question), std::move(respond), nullptr}]() mutable {
    admit(number, std::move(follower));
  });
  if (departure) departure->then([this, number] { loop_.post([this, number] { followers_.erase(number); }); });
}

void LogFollowers::release() {
  loop_.post([this] {
    released_ = true;
    while (!followers_.empty()) look(followers_.begin()->first);
  });
}

// Subscribed first, so that nothing falls between the look and the wait. Many events wake it once.
void LogFollowers::admit(std::uint64_t number, Follower follower) {
  const auto& group = follower.question.group;
  if (follower.question.patience == Patience::kUntilSomethingCame) {
    follower.subscription =
        logs_.subscribe(group.account, group.region, group.group, [this, number, woken = follower.woken] {
          if (!woken->exchange(true)) loop_.post([this, number] { look(number); });
        });
  }
  followers_.emplace(number, std::move(follower));
  look(number);
}

void LogFollowers::look(std::uint64_t number) {
  const auto found = followers_.find(number);
  if (found == followers_.end()) return;
  Follower& follower = found->second;
  follower.woken->store(false);
  const auto page = logs::read_arrivals(logs_, follower.question.group, follower.question.after);
  follower.question.after = page.after;
  if (waits(follower.question, page)) return;
  const auto answered = followers_.extract(found);
  answered.mapped().respond({200, {{"Content-Type", "application/json"}}, page_json(page)});
}

bool LogFollowers::waits(const Question& question, const logs::ArrivalPage& page) const {
  return page.events.empty() && !page.more && question.patience == Patience::kUntilSomethingCame && !released_;
}

}  // namespace leat::app
