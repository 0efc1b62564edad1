#include <fmt/format.h>

#include "aws/arn.h"
#include "aws/lambda/operations.h"
#include "aws/shape_json.h"
#include "engine/kv/rows.h"
#include "service/lambda/lambda.h"

namespace leat::lambda {
namespace {

// The row of a function's or a version's or an alias's configuration.
struct Place {
  std::string row;
  std::string arn;
  std::string role;
};

aws::Result<Place> find_place(Lambda& lambda, const aws::Caller& caller, const std::string& reference,
                              const std::optional<std::string>& given) {
  const auto target = TRY(lambda.resolve(caller, reference, given));
  const std::string qualifier = target.qualifier.empty() ? std::string(kLatest) : target.qualifier;
  return Place{qualified_row(caller.account, caller.region, 'i', target.function->name(), qualifier),
               fmt::format("{}:{}", target.function->family, qualifier), *target.function->configuration.role};
}

aws::Result<FunctionEventInvokeConfig> load(Lambda& lambda, const Place& place) {
  const auto row = lambda.parts().store.get(place.row);
  if (row.value) return aws::from_json<FunctionEventInvokeConfig>(*row.value);
  return aws::fail(errors::kResourceNotFound,
                   fmt::format("The function {} doesn't have an EventInvokeConfig", place.arn));
}

aws::Result<void> check_destination(Lambda& lambda, const std::string& arn, const std::string& role) {
  if (arn.empty()) return {};
  const auto parsed = aws::parse_arn(arn);
  const bool function = parsed && parsed->service == "lambda";
  if (!function) TRY_VOID(lambda.parts().destinations.check(arn));
  if (!lambda.parts().roles.allows(role, function ? "lambda:InvokeFunction" : "sqs:SendMessage", arn)) {
    return aws::fail(errors::kInvalidParameterValue,
                     fmt::format("The function's execution role does not have permissions to call {} on {}",
                                 function ? "InvokeFunction" : "SendMessage", arn));
  }
  if (!function || lambda.resolve_or_null(arn)) return {};
  return aws::fail(errors::kInvalidParameterValue, fmt::format("The destination ARN {} is invalid.", arn));
}

template <class Input>
aws::Result<FunctionEventInvokeConfig> store(Lambda& lambda, const Place& place, FunctionEventInvokeConfig made,
                                             const Input& input) {
  made.function_arn = place.arn;
  made.last_modified = lambda.parts().clock.now();
  if (input.maximum_retry_attempts) made.maximum_retry_attempts = input.maximum_retry_attempts;
  if (input.maximum_event_age_in_seconds) made.maximum_event_age_in_seconds = input.maximum_event_age_in_seconds;
  if (!made.destination_config) {
    made.destination_config.emplace().on_success.emplace();
    made.destination_config->on_failure.emplace();
  }
  if (input.destination_config) {
    const auto& given = *input.destination_config;
    if (given.on_success) {
      TRY_VOID(check_destination(lambda, given.on_success->destination.value_or(""), place.role));
      made.destination_config->on_success = given.on_success;
    }
    if (given.on_failure) {
      TRY_VOID(check_destination(lambda, given.on_failure->destination.value_or(""), place.role));
      made.destination_config->on_failure = given.on_failure;
    }
  }
  kv::Batch batch;
  batch.put(place.row, aws::to_json(made));
  (void)lambda.parts().store.commit(batch);
  return made;
}

}  // namespace

aws::Result<FunctionEventInvokeConfig> put_function_event_invoke_config(
    Lambda& lambda, const aws::Caller& caller, const PutFunctionEventInvokeConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  return store(lambda, place, {}, input);
}

aws::Result<FunctionEventInvokeConfig> update_function_event_invoke_config(
    Lambda& lambda, const aws::Caller& caller, const UpdateFunctionEventInvokeConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  FunctionEventInvokeConfig before = TRY(load(lambda, place));
  return store(lambda, place, std::move(before), input);
}

aws::Result<FunctionEventInvokeConfig> get_function_event_invoke_config(
    Lambda& lambda, const aws::Caller& caller, const GetFunctionEventInvokeConfigRequest& input) {
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  return load(lambda, place);
}

aws::Result<void> delete_function_event_invoke_config(Lambda& lambda, const aws::Caller& caller,
                                                      const DeleteFunctionEventInvokeConfigRequest& input) {
  std::lock_guard lock(lambda.definition_mutex());
  const Place place = TRY(find_place(lambda, caller, input.function_name, input.qualifier));
  TRY_VOID(load(lambda, place));
  kv::Batch batch;
  batch.erase(place.row);
  (void)lambda.parts().store.commit(batch);
  return {};
}

aws::Result<ListFunctionEventInvokeConfigsResponse> list_function_event_invoke_configs(
    Lambda& lambda, const aws::Caller& caller, const ListFunctionEventInvokeConfigsRequest& input) {
  constexpr std::int32_t kPage = 50;
  const std::string name = TRY(lambda.find(caller, input.function_name))->name();
  const auto limit = static_cast<std::size_t>(input.max_items.value_or(kPage));
  ListFunctionEventInvokeConfigsResponse output;
  auto& shown = output.function_event_invoke_configs.emplace();
  const auto cursor = lambda.parts().store.scan(kv::prefix_range(room_prefix(caller.account, caller.region, 'i', name)),
                                                kv::Direction::kForward);
  for (; cursor->valid(); cursor->next()) {
    auto each = kv::read_sound(*cursor, &aws::from_json<FunctionEventInvokeConfig>);
    if (!each || (input.marker && *each->function_arn <= *input.marker)) continue;
    if (shown.size() == limit) {
      output.next_marker = shown.back().function_arn;
      break;
    }
    shown.push_back(std::move(*each));
  }
  return output;
}

}  // namespace leat::lambda
