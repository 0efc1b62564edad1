#include "service/lambda/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "aws/arn.h"
#include "aws/shape_json.h"
#include "engine/kv/key.h"
#include "engine/kv/rows.h"
#include "service/lambda/resource_policy.h"

namespace leat::lambda {
namespace {

constexpr std::size_t kMaxLayers = 5;
constexpr std::uint64_t kMaxUnpacked = 262144000;  // bytes, of a function and its layers

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(errors::kInvalidParameterValue, std::move(message));
}

bool may_use(Lambda& lambda, const aws::Caller& caller, const LayerVersionId& id) {
  if (id.account == caller.account) return true;
  const ResourcePolicy policy = load_policy(lambda, id.row('j'));
  return std::any_of(policy.statements.begin(), policy.statements.end(), [&](const auto& each) {
    // No account is of an organization here.
    if (each.second.find("\"aws:PrincipalOrgID\"") != std::string::npos) return false;
    const auto allows = [&](const std::string& principal) {
      return each.second.find("\"Principal\":" + principal_json(principal)) != std::string::npos;
    };
    return allows("*") || allows(caller.account);
  });
}

}  // namespace

std::string LayerVersionId::layer_arn() const { return aws::make_arn("lambda", region, account, "layer:" + name); }
std::string LayerVersionId::arn() const { return fmt::format("{}:{}", layer_arn(), version); }

std::string LayerVersionId::row(char room) const {
  std::string key = room_prefix(account, region, room, name);
  kv::append_u64(key, version);
  return key;
}

std::optional<LayerVersionId> parse_layer_version(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  constexpr std::string_view kKind = "layer:";
  if (!arn || arn->service != "lambda" || !arn->resource.starts_with(kKind)) return std::nullopt;
  const std::string_view rest = arn->resource.substr(kKind.size());
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  LayerVersionId out{std::string(arn->account), std::string(arn->region), std::string(rest.substr(0, colon))};
  const std::string_view number = rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.version);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  if (out.arn() != text) return std::nullopt;  // layer:NAME:01
  return out;
}

aws::Result<void> check_layer_access(Lambda& lambda, const aws::Caller& caller, const LayerVersionId& id) {
  if (may_use(lambda, caller, id)) return {};
  return aws::fail(errors::kAccessDenied,
                   fmt::format("User: {} is not authorized to perform: lambda:GetLayerVersion on resource: {} because "
                               "no resource-based policy allows the lambda:GetLayerVersion action",
                               caller.arn, id.arn()));
}

std::optional<GetLayerVersionResponse> find_layer_version(Lambda& lambda, const LayerVersionId& id) {
  const auto stored = lambda.parts().store.get(id.row('h'));
  if (!stored.value) return std::nullopt;
  return aws::from_json<GetLayerVersionResponse>(*stored.value);
}

std::vector<GetLayerVersionResponse> layer_versions_of(Lambda& lambda, const aws::Caller& caller,
                                                       std::string_view name) {
  std::vector<GetLayerVersionResponse> out;
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(room_prefix(caller.account, caller.region, 'h', name)),
                                                kv::Direction::kForward);
  for (; cursor->valid(); cursor->next())
    kv::sound(cursor->key(), [&] { out.push_back(aws::from_json<GetLayerVersionResponse>(cursor->value())); });
  return out;
}

aws::Result<std::vector<Layer>> check_layers(Lambda& lambda, const aws::Caller& caller,
                                             const std::vector<std::string>& arns, const std::string& code) {
  if (arns.size() > kMaxLayers) return refuse(fmt::format("Cannot reference more than {} layers.", kMaxLayers));
  std::vector<Layer> out;
  std::set<std::string> layers;
  std::uint64_t unpacked = lambda.parts().code.unpacked_size(code);  // 0 of what is reloaded from a folder
  for (const auto& arn : arns) {
    const auto id = parse_layer_version(arn);
    const auto version = id ? find_layer_version(lambda, *id) : std::nullopt;
    if (id) TRY_VOID(check_layer_access(lambda, caller, *id));
    if (!version) return refuse(fmt::format("Layer version {} does not exist.", arn));
    if (!layers.insert(id->layer_arn()).second)
      return refuse("Two different versions of the same layer are not allowed to be referenced in the same function.");
    Layer& shown = out.emplace_back();
    shown.arn = arn;
    shown.code_size = version->content->code_size;
    unpacked += lambda.parts().code.unpacked_size(*lambda.parts().store.get(id->row('b')).value);
  }
  if (unpacked > kMaxUnpacked) {
    return refuse(
        fmt::format("Function code combined with layers exceeds the maximum allowed size of {} bytes. The "
                    "actual size is {} bytes.",
                    kMaxUnpacked, unpacked));
  }
  return out;
}

std::vector<std::string> layer_blobs(const kv::Store& store, const FunctionConfiguration& configuration) {
  std::vector<std::string> out;
  if (!configuration.layers) return out;
  for (const Layer& layer : *configuration.layers) {
    const auto id = parse_layer_version(*layer.arn);
    const auto row = id ? store.get(id->row('b')) : kv::Versioned{};
    if (row.value) out.push_back(*row.value);
  }
  return out;
}

}  // namespace leat::lambda
