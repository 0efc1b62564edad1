#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "service/dynamodb/expression/parser.h"

namespace leat::dynamodb::expression {
namespace {

bool well_formed(std::string_view key, char sigil) {
  return key.size() > 1 && key[0] == sigil && std::all_of(key.begin() + 1, key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::unexpected<aws::Error> refuse(std::string message) {
  return aws::fail(aws::errors::kValidation, std::move(message));
}

// The older layer lets one more level through, to be refused where it is stored.
std::optional<std::string> problem_in(const AttributeValue& value, aws::Layer layer) {
  if (auto message = first_invalid(value, layer)) return message;
  const std::size_t most = layer == aws::Layer::kOlder ? kMaxDepth + 1 : kMaxDepth;
  return depth_of(value) > most ? std::optional(std::string(kNestedTooDeeply)) : std::nullopt;
}

}  // namespace

std::string describe(const Path& path) {
  std::vector<std::string> parts;
  for (const PathElement& element : path) {
    const auto* name = std::get_if<std::string>(&element);
    parts.push_back(name ? *name : fmt::format("[{}]", std::get<std::size_t>(element)));
  }
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

aws::Result<void> Names::check_values() const {
  if (values_->empty()) return refuse("ExpressionAttributeValues must not be empty");
  for (const auto& [key, value] : *values_) {
    if (!well_formed(key, ':'))
      return refuse(fmt::format("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{}\"", key));
  }
  for (const auto& [key, value] : *values_) {
    auto message = problem_in(value, layer_);
    if (!message) continue;
    if (layer_ != aws::Layer::kOlder) return refuse(std::move(*message));
    return refuse(fmt::format("ExpressionAttributeValues contains invalid value: {} for key {}", *message, key));
  }
  return {};
}

aws::Result<void> Names::check() const {
  if (names_) {
    if (names_->empty()) return refuse("ExpressionAttributeNames must not be empty");
    for (const auto& [key, name] : *names_) {
      if (!well_formed(key, '#'))
        return refuse(fmt::format("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{}\"", key));
    }
  }
  return values_ ? check_values() : aws::Result<void>{};
}

aws::Result<void> Names::check_all_used() const {
  std::vector<std::string> unused;
  if (names_) {
    for (const auto& [key, name] : *names_) {
      if (!used_names_.contains(key)) unused.push_back(key);
    }
  }
  if (!unused.empty()) {
    return aws::fail(aws::errors::kValidation,
                     fmt::format("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{}}}",
                                 fmt::join(unused, ", ")));
  }
  if (values_) {
    for (const auto& [key, value] : *values_) {
      if (!used_values_.contains(key)) unused.push_back(key);
    }
  }
  if (unused.empty()) return {};
  return aws::fail(aws::errors::kValidation,
                   fmt::format("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{}}}",
                               fmt::join(unused, ", ")));
}

const std::string* Names::name(std::string_view placeholder) {
  if (!names_) return nullptr;
  const auto found = names_->find(std::string(placeholder));
  if (found == names_->end()) return nullptr;
  used_names_.emplace(placeholder);
  return &found->second;
}

const AttributeValue* Names::value(std::string_view placeholder) {
  if (!values_) return nullptr;
  const AttributeValue* found = values_->find(placeholder);
  if (found) used_values_.emplace(placeholder);
  return found;
}

}  // namespace leat::dynamodb::expression
