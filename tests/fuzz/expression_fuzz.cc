// Any text as each kind of expression, held against an item.

#include <cstdint>

#include "service/dynamodb/expression/evaluate.h"
#include "service/dynamodb/expression/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat::dynamodb;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<leat::aws::Map<std::string>> no_names{{{"#n", "n"}, {"#m", "m"}}};
  std::optional<Item> values(std::in_place);
  values->set(":s", std::string("s"));
  values->set(":n", Number{"1"});
  values->set(":l", List{Number{"1"}});
  values->set(":ss", StringSet{{"a", "b"}});
  Item item;
  item.set("n", Number{"5"});
  item.set("s", std::string("sss"));
  item.set("l", List{Number{"1"}, List{}, Item()});
  item.set("m", *values);
  expression::Names names(no_names, values);
  if (const auto condition = expression::parse_condition("ConditionExpression", text, names))
    (void)expression::holds(*condition, item);
  if (const auto update = expression::parse_update(text, names)) (void)expression::apply(*update, item);
  if (const auto projection = expression::parse_projection(text, names)) (void)expression::project(*projection, item);
  return 0;
}
