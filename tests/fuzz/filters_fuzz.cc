// Any text as a filter of an event source mapping or of a log, or as an expression over metrics, and any text as what
// it is asked of.

#include <cstdint>

#include "service/cloudwatch/math/expression.h"
#include "service/cloudwatch/math/search.h"
#include "service/lambda/record_filter.h"
#include "service/logs/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = std::min(text.find('\n'), text.size());
  const std::string pattern(text.substr(0, line));
  const std::string record(text.substr(std::min(line + 1, text.size())));
  if (const auto filter = lambda::RecordFilter::parse({pattern, "{}"})) (void)filter->passes(record);
  if (const auto filter = lambda::RecordFilter::parse({pattern})) {
    // Asked twice, it says the same.
    if (filter->passes(record) != filter->passes(record)) __builtin_trap();
  }
  if (const auto filter = logs::FilterPattern::parse(pattern)) (void)filter->matches(record);
  (void)cloudwatch::math::parse(text);
  if (const auto search = cloudwatch::math::parse_search(text))
    (void)search->matches({.namespace_ = record, .metric_name = pattern, .dimensions = {{{record, pattern}}}});
  return 0;
}
