#include "service/logs/merged_events.h"

namespace leat::logs {
namespace {

StoredEvent decoded(const std::string& stream, const kv::Cursor& cursor) {
  return decode_event(stream, cursor.key(), cursor.value());
}

}  // namespace

void MergedEvents::add(std::string stream, kv::Range range, std::int64_t since) {
  heads_.push({{since, 0}, std::make_shared<Source>(Source{std::move(stream), std::move(range)})});
}

std::optional<StoredEvent> MergedEvents::next() {
  while (!heads_.empty()) {
    auto source = heads_.top().source;
    heads_.pop();
    if (!source->cursor) {
      source->cursor = store_.scan(source->range, kv::Direction::kForward);
      push(std::move(source));
      continue;
    }
    StoredEvent event = decoded(source->stream, *source->cursor);
    source->cursor->next();
    push(std::move(source));
    return event;
  }
  return std::nullopt;
}

void MergedEvents::push(std::shared_ptr<Source> source) {
  if (!source->cursor->valid()) return;
  const EventPosition position = decoded(source->stream, *source->cursor).position;
  heads_.push({position, std::move(source)});
}

}  // namespace leat::logs
