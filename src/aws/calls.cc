#include "aws/calls.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/arn.h"
#include "base/guard.h"

namespace leat::aws {
namespace {

const Operation* find_operation(const Service& service, std::string_view name) {
  const auto& all = service.model().operations;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Operation& each) { return each.name == name; });
  return found != all.end() && found->handle ? &*found : nullptr;
}

Result<Object> read_input(const Operation& operation, std::string_view json) {
  Object input = operation.new_input();
  if (!operation.input) return input;
  Violations violations(operation.rules);
  if (const auto problem = JsonReader().read(*operation.input, json, input.get(), violations))
    return fail(errors::kSerialization, problem->message);
  if (!violations.empty()) return fail(errors::kValidation, violations.message());
  return input;
}

std::string json_of(const Operation& operation, const Object& output) {
  std::string out;
  if (operation.output) append_json(*operation.output, output.get(), out);
  return out;
}

}  // namespace

Caller role_caller(std::string_view role_arn, std::string_view region) {
  Caller out;
  out.region = region;
  const auto arn = parse_arn(role_arn);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) return out;  // root is no role
  out.account = arn->account;
  out.arn = role_arn;
  return out;
}

Caller service_caller(std::string_view service, std::string_view source_arn) {
  Caller out;
  if (const auto arn = parse_arn(source_arn)) {
    out.account = arn->account;
    out.region = arn->region;
  }
  out.service = service;
  out.source_arn = source_arn;
  return out;
}

void Calls::call_json(Caller caller, std::string_view service_id, std::string_view name, std::string_view json,
                      Reply<std::string> done) const {
  Service* service = services_.find(service_id);
  const Operation* operation = service ? find_operation(*service, name) : nullptr;
  if (!operation) return done(fail(errors::kUnknownOperation, std::string(name)));
  auto input = read_input(*operation, json);
  if (!input) return done(std::unexpected(std::move(input).error()));
  if (auto allowed = authorizer_.authorize({caller, *service, *operation, input->get()}); !allowed)
    return done(std::unexpected(std::move(allowed).error()));
  // Both until the operation is done.
  const auto kept = std::make_shared<const Caller>(std::move(caller));
  const auto reply = std::make_shared<Reply<std::string>>(std::move(done));
  const auto answer = [this, operation, kept, reply](Result<Object> result) {
    if (!result) return (*reply)(std::unexpected(std::move(result).error()));
    std::string text = json_of(*operation, *result);
    if (operation->kind != OperationKind::kWrite) return (*reply)(std::move(text));
    durable_([reply, text = std::move(text)]() mutable { (*reply)(std::move(text)); });
  };
  const bool ran = guarded(fmt::format("{}:{}", service_id, name),
                           [&] { operation->handle(*service, *kept, std::move(*input), answer); });
  if (!ran && *reply) (*reply)(fail(errors::kInternalFailure, "The operation has failed."));
}

}  // namespace leat::aws
