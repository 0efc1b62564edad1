#include "service/logs/merged_events.h"

#include "engine/kv/rows.h"

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
  std::optional<StoredEvent> event;
  while (!event && !heads_.empty()) {
    auto source = heads_.top().source;
    heads_.pop();
    if (source->cursor) {
      kv::sound(source->cursor->key(), [&] { event = decoded(source->stream, *source->cursor); });
      source->cursor->next();
    } else {
      source->cursor = store_.scan(source->range, kv::Direction::kForward);
    }
    push(std::move(source));
  }
  return event;
}

void MergedEvents::push(std::shared_ptr<Source> source) {
  if (!source->cursor->valid()) return;
  const EventPosition position = position_in(source->cursor->key());
  heads_.push({position, std::move(source)});
}

}  // namespace leat::logs
