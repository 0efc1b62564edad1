#include "aws/policy/values.h"

#include <algorithm>

#include "aws/arn.h"

namespace leat::aws {
namespace {

using simdjson::dom::element;

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::vector<std::string>> texts_of(element value) {
  std::string_view text;
  if (!value.get(text)) return std::vector{std::string(text)};
  simdjson::dom::array array;
  if (value.get(array)) return std::nullopt;
  std::vector<std::string> out;
  for (element each : array) {
    if (each.get(text)) return std::nullopt;
    out.emplace_back(text);
  }
  return out;
}

std::optional<std::vector<std::string>> scalars_of(element value) {
  simdjson::dom::array array;
  std::string_view text;
  std::vector<std::string> out;
  const auto add = [&](element each) {
    if (each.is_object() || each.is_array() || each.is_null()) return false;
    out.push_back(each.get(text) ? simdjson::minify(each) : std::string(text));
    return true;
  };
  if (value.get(array)) return add(value) ? std::optional(std::move(out)) : std::nullopt;
  for (element each : array) {
    if (!add(each)) return std::nullopt;
  }
  return out;
}

bool is_alphanumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

std::optional<PolicyName> aws_principal(const std::string& text) {
  using Kind = PolicyName::Kind;
  if (text == "*") return PolicyName{Kind::kEverybody, text};
  if (is_account(text)) return PolicyName{Kind::kAccount, text};
  if (text.size() > 16 && is_alphanumeric(text)) return PolicyName{Kind::kPrincipal, text};
  const auto arn = parse_arn(text);
  if (!arn || (arn->service != "iam" && arn->service != "sts") || text.find_first_of("*?") != std::string::npos)
    return std::nullopt;
  if (arn->service == "iam" && arn->account == "cloudfront") return PolicyName{Kind::kOther, text};
  if (!is_account(arn->account)) return std::nullopt;
  if (arn->resource == "root") return PolicyName{Kind::kAccount, std::string(arn->account)};
  if (arn->resource.find('/') == std::string_view::npos) return std::nullopt;
  return PolicyName{Kind::kPrincipal, text};
}

}  // namespace leat::aws
