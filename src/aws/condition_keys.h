#pragma once

#include <map>
#include <string>

namespace leat::aws {

// The circumstances of a request, as the conditions of policies name them: aws:sourceip, in small letters, and its values.
using ConditionKeys = std::multimap<std::string, std::string>;

}  // namespace leat::aws
