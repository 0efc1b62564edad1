#pragma once
// Request targets: paths, path templates and query strings.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::wire {

// Path and query, without the question mark.
std::pair<std::string_view, std::string_view> split_target(std::string_view target);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// Form encoding: '+' is a space. Broken escapes are kept as they are.
QueryParameters parse_query_string(std::string_view query);

// The labels of /2015-03-31/functions/{FunctionName}/invocations in a path, decoded. {Key+} takes slashes too.
// nullopt where the path does not fit.
std::optional<std::map<std::string, std::string>> match_uri(std::string_view pattern, std::string_view path);

}  // namespace leat::wire
