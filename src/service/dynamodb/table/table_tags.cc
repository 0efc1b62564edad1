#include "service/dynamodb/table/table_tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/arn.h"

namespace leat::dynamodb {
namespace {

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

// Letters of any script, digits, spaces and some signs.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return word || static_cast<unsigned char>(c) >= 0x80 || std::string_view(" +-=._:/@").find(c) != std::string_view::npos;
  });
}

}  // namespace

aws::Result<void> check_tags(const std::vector<Tag>& tags) {
  std::set<std::string_view> seen;
  for (const Tag& each : tags) {
    if (each.key.starts_with("aws:")) return refuse(fmt::format("Tag Key cannot be prefixed with aws:, Key: {}", each.key));
    if (!is_plain(each.key)) return refuse(fmt::format("The Tag Key provided is invalid, Key: {}", each.key));
    if (!is_plain(each.value)) return refuse(fmt::format("The Tag Value provided is invalid, Value: {}", each.value));
    if (!seen.insert(each.key).second)
      return refuse(fmt::format("Duplicate Tag Keys provided as input: Duplicate Tag Key found {}", each.key));
  }
  return {};
}

aws::Result<void> check_tag_count(std::size_t count) {
  if (count <= kMaxTags) return {};
  return refuse("Number of Tags exceed the current limit for the provided ResourceArn");
}

aws::Result<void> check_tagged_arn(std::string_view text) {
  const auto invalid = [&](std::string_view problem) {
    return refuse(fmt::format("One or more parameter values were invalid: {}{}", problem, text));
  };
  if (!text.starts_with("arn:")) return invalid("ARNs must start with 'arn:': ");
  const auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with("table/"))
    return invalid("Provided Arn is not a DynamoDB resource arn: ");
  if (arn->resource.find("/index/") != std::string_view::npos)
    return invalid("Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ");
  return {};
}

}  // namespace leat::dynamodb
