// Any text as a PartiQL statement, its condition held against an item.

#include <cstdint>

#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/partiql/plan.h"
#include "service/dynamodb/partiql/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat::dynamodb;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<std::vector<AttributeValue>> parameters{{Number{"1"}, std::string("s")}};
  Item item;
  item.set("n", Number{"5"});
  item.set("s", std::string("sss"));
  item.set("l", List{Number{"1"}, List{}, Item()});
  const KeySchema schema{{"s", "S"}, KeyAttribute{"n", "N"}, "rows/"};
  for (const auto& given : {decltype(parameters){}, parameters}) {
    const auto statement = partiql::parse(text, given);
    if (!statement) continue;
    if (statement->where) (void)expression::holds(*statement->where, item);
    if (!statement->update.empty()) (void)expression::apply(statement->update, item);
    (void)partiql::plan(schema, *statement);
    (void)partiql::demanded_key(schema, *statement);
  }
  return 0;
}
