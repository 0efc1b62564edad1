#pragma once
// Request targets and their query strings.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

// Path and query, without the question mark.
std::pair<std::string_view, std::string_view> split_target(std::string_view target);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// Form encoding: '+' is a space. Broken escapes are kept as they are.
QueryParameters parse_query_string(std::string_view query);

}  // namespace leat
