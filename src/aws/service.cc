#include "aws/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "aws/arn.h"
#include "aws/rights.h"

namespace leat::aws {

std::vector<std::string> Service::resources(const Authorization& asked, std::string_view pattern) const {
  std::vector<std::string> out = filled(asked, pattern);
  for (std::string& each : out) {
    if (!is_whole(each)) each = make_arn(model_.policy_prefix, asked.caller.region, asked.caller.account, each);
  }
  return out;
}

RequestedActions Service::requested_actions(const Authorization& asked) {
  RequestedActions out = rights_of(asked);
  if (names_keys(asked.operation)) {
    for (auto& each : out)
      each.conditions = [&asked, action = each.action](auto& keys) { add_named_keys(asked, action, keys); };
  }
  return out;
}

const Operation* ServiceModel::find(std::string_view name) const {
  const auto found = std::lower_bound(operations.begin(), operations.end(), name,
                                      [](const Operation& each, std::string_view wanted) { return each.name < wanted; });
  return found != operations.end() && found->name == name ? &*found : nullptr;
}

Services::Services(std::vector<Service*> all) : all_(std::move(all)) {
  std::set<std::pair<bool, char>> taken;
  for (const Service* each : all_) {
    for (const auto& [shared, letters] : {std::pair{false, each->model().key_letter}, {true, each->model().shared_letters}}) {
      for (const char letter : letters) {
        if (!taken.emplace(shared, letter).second)
          throw std::logic_error(fmt::format("{} has the rows of another service: {}", each->model().id, letter));
      }
    }
  }
}

Service* Services::find(std::string_view id) const {
  for (Service* each : all_) {
    if (each->model().id == id) return each;
  }
  return nullptr;
}

// Two services can share a name in ARNs: tables and their streams do.
template <class Ask>
auto Services::ask_owner(std::string_view text, Ask ask) const {
  decltype(ask(*all_.front())) out;
  const auto arn = parse_arn(text);
  if (!arn) return out;
  for (Service* each : all_) {
    if (each->model().policy_prefix != arn->service) continue;
    if (out = ask(*each); !out.empty()) break;
  }
  return out;
}

std::string Services::resource_policy(std::string_view arn) const {
  return ask_owner(arn, [&](Service& service) { return service.resource_policy(arn); });
}

Map<std::string> Services::resource_tags(std::string_view arn) const {
  return ask_owner(arn, [&](Service& service) { return service.resource_tags(arn); });
}

}  // namespace leat::aws
