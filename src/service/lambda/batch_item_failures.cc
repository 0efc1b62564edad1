#include "service/lambda/batch_item_failures.h"

#include <simdjson.h>

namespace leat::lambda {

std::optional<std::vector<std::string>> batch_item_failures(std::string_view payload) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer, reported;
  std::vector<std::string> out;
  if (parser.parse(payload.data(), payload.size()).get(answer) || !answer.is_object() ||
      answer["batchItemFailures"].get(reported) || reported.is_null())
    return out;
  simdjson::dom::array failures;
  if (reported.get(failures)) return std::nullopt;
  for (simdjson::dom::element each : failures) {
    std::string_view id;
    if (each["itemIdentifier"].get(id) || id.empty()) return std::nullopt;
    out.emplace_back(id);
  }
  return out;
}

}  // namespace leat::lambda
