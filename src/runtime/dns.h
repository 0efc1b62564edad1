#pragma once
// Answers questions for names, as a resolver does.
//
//   message  := id(2) flags(2) questions(2) answers(2) authorities(2) additions(2) question answer*
//   question := label* 00 type(2) class(2)        label := size(1, 1 to 63) bytes

#include <functional>
#include <string>
#include <string_view>

namespace leat::runtime {

// Whether a name, in small letters and without its last dot, leads to loopback. All others do not exist.
using IsHere = std::function<bool(std::string_view name)>;

// The answer to a query; empty where nothing is to be answered.
std::string answer_dns(std::string_view query, const IsHere& is_here);

// Whether it is a question for a name that is not here.
bool asks_elsewhere(std::string_view query, const IsHere& is_here);

}  // namespace leat::runtime
