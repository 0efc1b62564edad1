#include "engine/kv/store.h"

#include <algorithm>

#include "engine/kv/key.h"
#include "engine/kv/rows.h"

namespace leat::kv {

void fail_short() { throw DamagedRow("it is too short"); }

Range prefix_range(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {std::string(prefix), std::move(end)};
}

std::string log_key(std::string_view log, LogPosition position) {
  std::string key(log);
  append_u64(key, position);
  return key;
}

LogPosition log_position(std::string_view key) { return read_u64(key.substr(key.size() - sizeof(LogPosition))); }

void Batch::add(std::string_view key, const std::vector<std::int64_t>& deltas) {
  for (Addition& each : additions_) {
    if (each.key != key) continue;
    each.deltas.resize(std::max(each.deltas.size(), deltas.size()));
    for (std::size_t i = 0; i < deltas.size(); ++i) each.deltas[i] += deltas[i];
    return;
  }
  additions_.push_back({std::string(key), deltas});
}

std::vector<std::int64_t> numbers_in(const std::optional<std::string>& value, std::size_t count) {
  std::vector<std::int64_t> numbers(count);
  for (std::size_t i = 0; value && i < count && (i + 1) * 8 <= value->size(); ++i)
    numbers[i] = static_cast<std::int64_t>(read_u64(std::string_view(*value).substr(i * 8)));
  return numbers;
}

}  // namespace leat::kv
