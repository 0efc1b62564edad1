#pragma once
// Times as text. A protocol says which form is meant where a model does not.

#include <optional>
#include <string>
#include <string_view>

#include "aws/shape.h"

namespace leat::aws {

// Whether JSON writes it as a string.
constexpr bool is_text(TimeForm form) { return form == TimeForm::kIso8601 || form == TimeForm::kHttp; }

std::optional<Timestamp> parse_time(TimeForm form, std::string_view text);
std::string format_time(TimeForm form, Timestamp time);

}  // namespace leat::aws
