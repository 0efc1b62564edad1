#include <fmt/format.h>

#include <algorithm>

#include "aws/arn.h"
#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "base/encoding.h"
#include "engine/kv/key.h"
#include "service/lambda/in_workshop.h"
#include "service/lambda/layer.h"
#include "service/lambda/resource_policy.h"

namespace leat::lambda {
namespace {

std::unexpected<aws::Error> not_found(const LayerVersionId& id) {
  return aws::fail(errors::kResourceNotFound, fmt::format("Layer version {} does not exist.", id.arn()));
}

// NAME, or arn:aws:lambda:REGION:ACCOUNT:layer:NAME: of the caller's own.
aws::Result<LayerVersionId> identify(const aws::Caller& caller, const std::string& layer, std::int64_t version) {
  const auto named = parse_layer_version(fmt::format("{}:{}", layer, version));
  LayerVersionId id{caller.account, caller.region, named ? named->name : layer, static_cast<std::uint64_t>(version)};
  if (layer.starts_with("arn:") && layer != id.layer_arn()) return not_found(id);
  return id;
}

aws::Result<GetLayerVersionResponse> read(Lambda& lambda, const aws::Caller& caller,
                                          const std::optional<LayerVersionId>& id) {
  if (id) TRY_VOID(check_layer_access(lambda, caller, *id));
  auto version = id ? find_layer_version(lambda, *id) : std::nullopt;
  if (!version) return aws::fail(errors::kResourceNotFound, "The resource you requested does not exist.");
  const std::string blob = hex_encode(base64_decode(*version->content->code_sha256).value_or(""));
  version->content->location = lambda.parts().links.link(lambda.parts().endpoint_url, blob);
  return std::move(*version);
}

LayerVersionsListItem listed(const GetLayerVersionResponse& version) {
  LayerVersionsListItem out;
  out.layer_version_arn = version.layer_version_arn;
  out.version = version.version;
  out.description = version.description;
  out.created_date = version.created_date;
  out.compatible_runtimes = version.compatible_runtimes;
  out.compatible_architectures = version.compatible_architectures;
  out.license_info = version.license_info;
  return out;
}

template <class Input>
bool matches(const Input& input, const GetLayerVersionResponse& version) {
  const auto has = [](const auto& list, const auto& wanted) {
    return !wanted || (list && std::find(list->begin(), list->end(), *wanted) != list->end());
  };
  return has(version.compatible_runtimes, input.compatible_runtime) &&
         has(version.compatible_architectures, input.compatible_architecture);
}

aws::Result<PublishLayerVersionResponse> publish(Lambda& lambda, const aws::Caller& caller,
                                                 const PublishLayerVersionRequest& input) {
  if (!input.content.zip_file)
    return aws::fail(errors::kNotOffered, "leat takes the archive in the call (Content.ZipFile) only, as yet");
  const StoredCode code = TRY(lambda.parts().code.put(*input.content.zip_file));
  std::lock_guard lock(lambda.definition_mutex());
  LayerVersionId id = TRY(identify(caller, input.layer_name, 0));
  const std::string counter_row = room_prefix(id.account, id.region, 'k', id.name);
  const auto counter = lambda.parts().store.get(counter_row);
  id.version = counter.value ? kv::read_u64(*counter.value) + 1 : 1;
  GetLayerVersionResponse version;
  version.layer_arn = id.layer_arn();
  version.layer_version_arn = id.arn();
  version.version = static_cast<std::int64_t>(id.version);
  version.description = input.description.value_or("");
  version.created_date = last_modified(lambda.parts().clock.now());
  version.compatible_runtimes = input.compatible_runtimes;
  version.compatible_architectures = input.compatible_architectures;
  version.license_info = input.license_info;
  auto& content = version.content.emplace();
  content.code_sha256 = code.sha256;
  content.code_size = code.size;
  std::string number;
  kv::append_u64(number, id.version);
  kv::Batch batch;
  batch.put(counter_row, number);
  batch.put(id.row('h'), aws::to_json(version));
  batch.put(id.row('b'), code.blob);
  (void)lambda.parts().store.commit(batch);
  const auto published = TRY(read(lambda, caller, id));
  return aws::from_json<PublishLayerVersionResponse>(aws::to_json(published));
}

}  // namespace

void publish_layer_version(Lambda& lambda, const aws::Caller& caller, const PublishLayerVersionRequest& input,
                           aws::Reply<PublishLayerVersionResponse> reply) {
  in_workshop<PublishLayerVersionResponse>(lambda, std::move(reply),
                                           [&lambda, caller, input] { return publish(lambda, caller, input); });
}

aws::Result<GetLayerVersionResponse> get_layer_version(Lambda& lambda, const aws::Caller& caller,
                                                       const GetLayerVersionRequest& input) {
  if (const auto given = parse_layer_version(fmt::format("{}:{}", input.layer_name, input.version_number)))
    return read(lambda, caller, given);
  const LayerVersionId id = TRY(identify(caller, input.layer_name, input.version_number));
  return read(lambda, caller, id);
}

aws::Result<GetLayerVersionResponse> get_layer_version_by_arn(Lambda& lambda, const aws::Caller& caller,
                                                              const GetLayerVersionByArnRequest& input) {
  return read(lambda, caller, parse_layer_version(input.arn));
}

aws::Result<ListLayerVersionsResponse> list_layer_versions(Lambda& lambda, const aws::Caller& caller,
                                                           const ListLayerVersionsRequest& input) {
  constexpr std::int32_t kPage = 50;
  const LayerVersionId id = TRY(identify(caller, input.layer_name, 0));
  auto versions = layer_versions_of(lambda, caller, id.name);
  ListLayerVersionsResponse output;
  auto& out = output.layer_versions.emplace();
  for (auto each = versions.rbegin(); each != versions.rend(); ++each) {
    const bool shown_before = input.marker && *each->version >= std::atoll(input.marker->c_str());
    if (shown_before || !matches(input, *each)) continue;
    if (out.size() == static_cast<std::size_t>(input.max_items.value_or(kPage))) {
      output.next_marker = std::to_string(*out.back().version);
      break;
    }
    out.push_back(listed(*each));
  }
  return output;
}

aws::Result<ListLayersResponse> list_layers(Lambda& lambda, const aws::Caller& caller, const ListLayersRequest& input) {
  constexpr std::int32_t kPage = 50;
  ListLayersResponse output;
  auto& out = output.layers.emplace();
  const std::string home = home_key(caller.account, caller.region, 'k');
  kv::Range range = kv::prefix_range(home);
  if (input.marker) range.begin = home + kv::make_key(*input.marker) + '\0';
  const auto cursor = lambda.parts().store.scan(range, kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    std::string_view rest = cursor->key().substr(home.size());
    const std::string name = kv::take_text(rest);
    const auto versions = layer_versions_of(lambda, caller, name);
    const auto newest =
        std::find_if(versions.rbegin(), versions.rend(), [&](const auto& each) { return matches(input, each); });
    if (newest == versions.rend()) continue;
    if (out.size() == static_cast<std::size_t>(input.max_items.value_or(kPage))) {
      output.next_marker = out.back().layer_name;
      break;
    }
    LayersListItem& item = out.emplace_back();
    item.layer_name = name;
    item.layer_arn = newest->layer_arn;
    item.latest_matching_version = listed(*newest);
  }
  return output;
}

aws::Result<void> delete_layer_version(Lambda& lambda, const aws::Caller& caller,
                                       const DeleteLayerVersionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const LayerVersionId id = TRY(identify(caller, input.layer_name, input.version_number));
  kv::Batch batch;
  batch.erase(id.row('h'));
  batch.erase(id.row('j'));
  (void)lambda.parts().store.commit(batch);
  lambda.parts().code.sweep_later();
  return {};
}

aws::Result<AddLayerVersionPermissionResponse> add_layer_version_permission(
    Lambda& lambda, const aws::Caller& caller, const AddLayerVersionPermissionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const LayerVersionId id = TRY(identify(caller, input.layer_name, input.version_number));
  if (!find_layer_version(lambda, id)) return not_found(id);
  const std::string condition = input.organization_id
                                    ? fmt::format(R"(,"Condition":{{"StringEquals":{{"aws:PrincipalOrgID":{}}}}})",
                                                  json_string(*input.organization_id))
                                    : "";
  AddLayerVersionPermissionResponse output;
  output.statement = fmt::format(R"({{"Sid":{},"Effect":"Allow","Principal":{},"Action":{},"Resource":{}{}}})",
                                 json_string(input.statement_id), principal_json(input.principal),
                                 json_string(input.action), json_string(id.arn()), condition);
  ResourcePolicy policy = load_policy(lambda, id.row('j'));
  TRY_VOID(add_statement(policy, input.revision_id, input.statement_id, *output.statement));
  save_policy(lambda, id.row('j'), policy);
  output.revision_id = policy.revision;
  return output;
}

aws::Result<GetLayerVersionPolicyResponse> get_layer_version_policy(Lambda& lambda, const aws::Caller& caller,
                                                                    const GetLayerVersionPolicyRequest& input) {
  const LayerVersionId id = TRY(identify(caller, input.layer_name, input.version_number));
  const ResourcePolicy policy = load_policy(lambda, id.row('j'));
  if (policy.statements.empty())
    return aws::fail(errors::kResourceNotFound, "No policy is associated with the given resource.");
  GetLayerVersionPolicyResponse output;
  output.policy = policy.json();
  output.revision_id = policy.revision;
  return output;
}

aws::Result<void> remove_layer_version_permission(Lambda& lambda, const aws::Caller& caller,
                                                  const RemoveLayerVersionPermissionRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const LayerVersionId id = TRY(identify(caller, input.layer_name, input.version_number));
  ResourcePolicy policy = load_policy(lambda, id.row('j'));
  TRY_VOID(remove_statement(policy, input.revision_id, input.statement_id));
  save_policy(lambda, id.row('j'), policy);
  return {};
}

}  // namespace leat::lambda
