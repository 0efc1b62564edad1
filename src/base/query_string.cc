#include "base/query_string.h"

#include "base/encoding.h"

namespace leat {
namespace {

std::string decoded(std::string_view text) { return percent_decode(text, Plus::kSpace).value_or(std::string(text)); }

}  // namespace

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

QueryParameters parse_query_string(std::string_view query) {
  QueryParameters out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    const auto equals = parameter.find('=');
    if (!parameter.empty()) {
      out.emplace_back(decoded(parameter.substr(0, equals)),
                       equals == std::string_view::npos ? std::string() : decoded(parameter.substr(equals + 1)));
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return out;
}

}  // namespace leat
