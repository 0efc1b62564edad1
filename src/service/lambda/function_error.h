#pragma once
// What a function failed with, as it is written everywhere: {"errorType":"…","errorMessage":"…"}.

#include <optional>
#include <string>
#include <string_view>

namespace leat::lambda {

std::string error_json(std::string_view type, std::string_view message);

// Nothing where `json` is no object that says one.
std::optional<std::string> error_message_in(std::string_view json);

}  // namespace leat::lambda
