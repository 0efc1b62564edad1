#pragma once
// The values in a policy: texts, and the names of principals.

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/policy.h"

namespace leat::aws {

// A text, or an array of them.
std::optional<std::vector<std::string>> texts_of(simdjson::dom::element value);

// The same for a condition's values, which may be numbers and booleans.
std::optional<std::vector<std::string>> scalars_of(simdjson::dom::element value);

// Who stands under AWS in a Principal; nothing where AWS knows no principal of that form.
std::optional<PolicyName> aws_principal(const std::string& text);

bool is_alphanumeric(std::string_view text);

}  // namespace leat::aws
