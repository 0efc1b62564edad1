#pragma once
// The rights that an operation's line in operations.list names, with a request's own values.
//
// A line says which resources the operation is on, and below it what else is asked for; the generator makes one text of it:
// rights divided by " & ", each `RESOURCE`, or `RESOURCE ACTIONS` of other actions than the operation's own, or
// `RESOURCE ACTIONS MEMBER`, asked for where the request has that member. `VALUE @KEY` is a condition key: with a
// member's value as it came, or a resource's ARN, or a text that has no member in it.

#include <string>
#include <string_view>
#include <vector>

#include "aws/service.h"

namespace leat::aws {

// Each right on each of its resources. What has no value in the request is not asked for; where that leaves nothing of
// the operation itself, it is asked for on *.
RequestedActions rights_of(const Authorization& asked);

// Adds the condition keys that the operation's line names: to an action those of its own service.
void add_named_keys(const Authorization& asked, std::string_view action, ConditionKeys& keys);
bool names_keys(const Operation& operation);

// table/{TableName} with the request's own values: one text, or one for each of a list. An ARN for a name stands for all
// that is before it. Nothing where a value is missing.
std::vector<std::string> filled(const Authorization& asked, std::string_view pattern);

// What is no name any longer: an ARN, or *.
inline bool is_whole(std::string_view resource) { return resource == "*" || resource.starts_with("arn:"); }

// Of a member of the request, or of the first of a list; empty where it has none.
std::string first_value(const Authorization& asked, std::string_view member);
bool knows_member(const Authorization& asked, std::string_view member);

// A resource that the request names in another way than by a member of its own: all rights are asked for on it.
void put_resource(const Authorization& asked, const std::string& resource, RequestedActions& actions);

template <class Input>
const Input& input_of(const Authorization& asked) {
  return *static_cast<const Input*>(asked.input);
}

}  // namespace leat::aws
