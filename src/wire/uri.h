#pragma once
// Path templates.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace leat::wire {

// The labels of /2015-03-31/functions/{FunctionName}/invocations in a path, decoded. {Key+} takes slashes too.
// nullopt where the path does not fit.
std::optional<std::map<std::string, std::string>> match_uri(std::string_view pattern, std::string_view path);

}  // namespace leat::wire
