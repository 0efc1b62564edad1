#include "service/lambda/function_error.h"

#include <simdjson.h>

#include "base/encoding.h"

namespace leat::lambda {

std::string error_json(std::string_view type, std::string_view message) {
  std::string out = "{";
  append_json_member(out, "errorType", type);
  append_json_member(out, "errorMessage", message);
  return out + '}';
}

std::optional<std::string> error_message_in(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element error;
  std::string_view message;
  if (parser.parse(json.data(), json.size()).get(error) || error["errorMessage"].get(message)) return std::nullopt;
  return std::string(message);
}

}  // namespace leat::lambda
