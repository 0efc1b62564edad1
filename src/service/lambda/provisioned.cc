#include "service/lambda/provisioned.h"

#include <map>
#include <set>
#include <tuple>

#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/lambda/published.h"

namespace leat::lambda {
namespace {

std::string all_prefix() { return kv::make_key(std::string_view(), std::string_view()) + 'p'; }

}  // namespace

std::string provisioned_prefix(const aws::Caller& caller, std::string_view name) {
  return all_prefix() + kv::make_key(caller.account, caller.region, name);
}

std::string provisioned_row(const aws::Caller& caller, std::string_view name, std::string_view qualifier) {
  return provisioned_prefix(caller, name) + kv::make_key(qualifier);
}

std::vector<Provisioned> provisioned_of(const kv::Store& store, const aws::Caller& caller, std::string_view name) {
  std::vector<Provisioned> out;
  const std::string prefix = provisioned_prefix(caller, name);
  const auto cursor = store.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string_view rest = cursor->key().substr(prefix.size());
    kv::sound(cursor->key(), [&] {
      out.push_back({kv::take_text(rest), aws::from_json<PutProvisionedConcurrencyConfigResponse>(cursor->value())});
    });
  }
  return out;
}

void provide(Lambda& lambda, const aws::Caller& caller, const std::string& name) {
  std::map<std::string, std::size_t> wanted;  // by version
  for (const auto& version : versions_of(lambda, caller, name)) wanted[*version.version] = 0;
  for (const auto& [qualifier, config] : provisioned_of(lambda.parts().store, caller, name)) {
    const auto alias = lambda.alias(caller, name, qualifier);
    wanted[alias ? *alias->function_version : qualifier] +=
        static_cast<std::size_t>(*config.requested_provisioned_concurrent_executions);
  }
  for (const auto& [version, count] : wanted) {
    if (auto function = lambda.find_or_null(caller.account, caller.region, name, version))
      lambda.parts().invoker.provide(std::move(function), count);
  }
}

void provide_all(Lambda& lambda) {
  std::set<std::tuple<std::string, std::string, std::string>> functions;
  const std::string prefix = all_prefix();
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(prefix), kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string_view rest = cursor->key().substr(prefix.size());
    std::string account = kv::take_text(rest), region = kv::take_text(rest);
    functions.emplace(std::move(account), std::move(region), kv::take_text(rest));
  }
  for (const auto& function : functions) {
    const auto& name = std::get<2>(function);
    aws::Caller owner;
    owner.account = std::get<0>(function);
    owner.region = std::get<1>(function);
    kv::sound([&] { return provisioned_prefix(owner, name); }, [&] { provide(lambda, owner, name); });
  }
}

}  // namespace leat::lambda
