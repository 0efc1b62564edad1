#include "aws/rights.h"

#include <algorithm>

#include "base/encoding.h"

namespace leat::aws {
namespace {

constexpr std::string_view kBetween = " & ";

struct Right {
  std::string_view resource, actions, member;
  bool is_key() const { return actions.starts_with('@'); }
};

std::string_view take(std::string_view& rest, std::string_view separator) {
  const auto end = rest.find(separator);
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + separator.size());
  return out;
}

template <class Each>
void each_right(const Operation& operation, Each each) {
  for (std::string_view rest = operation.resource; !rest.empty();) {
    std::string_view words = take(rest, kBetween);
    Right right;
    right.resource = take(words, " ");
    right.actions = take(words, " ");
    right.member = words;
    each(right);
  }
}

const Member* member_of(const Authorization& asked, std::string_view name) {
  if (!asked.operation.input) return nullptr;
  for (const Member& member : asked.operation.input->members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

bool has(const Authorization& asked, std::string_view name) {
  const Member* member = member_of(asked, name);
  return member && member->find(asked.input);
}

std::vector<std::string> values_of(const Authorization& asked, std::string_view name) {
  const Member* member = member_of(asked, name);
  const void* value = member ? member->find(asked.input) : nullptr;
  if (!value) return {};
  std::vector<std::string> out;
  const Shape& shape = *member->shape;
  if (shape.kind == Kind::kString) out.push_back(*static_cast<const std::string*>(value));
  if (shape.kind == Kind::kLong) out.push_back(std::to_string(*static_cast<const std::int64_t*>(value)));
  if (shape.kind == Kind::kList && shape.element->kind == Kind::kString) {
    for (std::size_t i = 0; i < shape.list->size(value); ++i)
      out.push_back(*static_cast<const std::string*>(shape.list->at(value, i)));
  }
  std::erase(out, std::string());
  return out;
}

}  // namespace

std::vector<std::string> filled(const Authorization& asked, std::string_view rest) {
  std::vector<std::string> out{std::string(take(rest, "{"))};
  while (!rest.empty()) {
    const auto values = values_of(asked, take(rest, "}"));
    const std::string_view literal = take(rest, "{");
    std::vector<std::string> longer;
    for (const std::string& before : out) {
      for (const std::string& value : values)
        longer.push_back((value.starts_with("arn:") ? value : before + value) + std::string(literal));
    }
    out = std::move(longer);
  }
  return out;
}

std::string first_value(const Authorization& asked, std::string_view member) {
  const auto values = values_of(asked, member);
  return values.empty() ? std::string() : values.front();
}

bool knows_member(const Authorization& asked, std::string_view member) { return member_of(asked, member) != nullptr; }

RequestedActions rights_of(const Authorization& asked) {
  RequestedActions out;
  const std::string_view own = asked.operation.action;
  each_right(asked.operation, [&](const Right& right) {
    if (right.is_key() || (!right.member.empty() && !has(asked, right.member))) return;
    for (const std::string& resource : asked.service.resources(asked, right.resource)) {
      if (right.actions.empty() || right.actions == "-") out.push_back({std::string(own), resource});
      for (std::string_view rest = right.actions == "-" ? "" : right.actions; !rest.empty();)
        out.push_back({std::string(take(rest, ",")), resource});
    }
  });
  const auto is_own = [&](const RequestedAction& each) { return each.action == own; };
  if (std::none_of(out.begin(), out.end(), is_own)) out.insert(out.begin(), {std::string(own), "*"});
  return out;
}

void put_resource(const Authorization& asked, const std::string& resource, RequestedActions& actions) {
  bool found = false;
  for (RequestedAction& each : actions) {
    if (each.resource != "*") continue;
    each.resource = resource;
    found = true;
  }
  if (!found) actions.push_back({std::string(asked.operation.action), resource});
}

bool names_keys(const Operation& operation) { return operation.resource.find(" @") != std::string_view::npos; }

void add_named_keys(const Authorization& asked, std::string_view action, ConditionKeys& keys) {
  const std::string_view service = action.substr(0, action.find(':') + 1);
  each_right(asked.operation, [&](const Right& right) {
    if (!right.is_key() || !right.actions.substr(1).starts_with(service)) return;
    const bool is_resource = right.resource.find('{') != 0 && right.resource.find('{') != std::string_view::npos;
    auto values = is_resource ? asked.service.resources(asked, right.resource) : filled(asked, right.resource);
    if (is_resource && values.size() > 1) values.erase(values.begin(), values.end() - 1);  // of a function: with its qualifier
    for (std::string& each : values) keys.emplace(lower_case(right.actions.substr(1)), std::move(each));
  });
}

}  // namespace leat::aws
