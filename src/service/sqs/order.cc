#include "service/sqs/order.h"

namespace leat::sqs {

std::optional<std::int64_t> Order::next_time(std::int64_t now) const {
  const auto cursor =
      store_.scan({rows_.visible(now + 1, 0), kv::prefix_range(rows_.kind('v')).end}, kv::Direction::kForward);
  if (!cursor->valid()) return std::nullopt;
  return time_in(cursor->key());
}

std::unique_ptr<kv::Cursor> Order::from_front(std::int64_t until) const {
  return store_.scan({rows_.visible(front_, 0), rows_.visible(until + 1, 0)}, kv::Direction::kForward);
}

void Order::put_visible(kv::Batch& batch, std::int64_t time, std::uint64_t number, std::string_view value) {
  batch.put(rows_.visible(time, number), value);
  front_ = std::min(front_, time);
}

namespace {

class StandardOrder final : public Order {
 public:
  using Order::Order;

  void load(std::int64_t now, const VisitHidden& hidden) override {
    pass(0);
    const auto cursor =
        store_.scan({rows_.visible(now + 1, 0), kv::prefix_range(rows_.kind('v')).end}, kv::Direction::kForward);
    for (; cursor->valid(); cursor->next()) hidden(number_in(cursor->key()), time_in(cursor->key()));
  }

  std::vector<Placed> next(std::int64_t now, std::size_t count) override {
    std::vector<Placed> out;
    const auto cursor = from_front(now);
    for (; cursor->valid() && out.size() < count; cursor->next())
      out.push_back({number_in(cursor->key()), time_in(cursor->key()), {}});
    pass(out.empty() ? now : out.front().visible_at);
    return out;
  }

  void add(kv::Batch& batch, const Placed& message) override {
    put_visible(batch, message.visible_at, message.number, {});
  }

  void move(kv::Batch& batch, const Placed& from, std::int64_t visible_at) override {
    remove(batch, from);
    put_visible(batch, visible_at, from.number, {});
  }

  void remove(kv::Batch& batch, const Placed& message) override {
    batch.erase(rows_.visible(message.visible_at, message.number));
  }
};

// A group stands in `visible` once: at the time when none of its messages is in flight any more.
class FifoOrder final : public Order {
 public:
  using Order::Order;

  void load(std::int64_t now, const VisitHidden& hidden) override {
    pass(0);
    in_flight_.clear();
    touched_.clear();
    const auto cursor =
        store_.scan({rows_.visible(now + 1, 0), kv::prefix_range(rows_.kind('v')).end}, kv::Direction::kForward);
    for (; cursor->valid(); cursor->next()) load_group(std::string(cursor->value()), now, hidden);
  }

  std::vector<Placed> next(std::int64_t now, std::size_t count) override {
    std::vector<Placed> out;
    std::int64_t first = now;
    const auto groups = from_front(now);
    for (; groups->valid() && out.size() < count; groups->next()) {
      if (out.empty()) first = time_in(groups->key());
      const std::string group(groups->value());
      const auto members = store_.scan(kv::prefix_range(rows_.members(group)), kv::Direction::kForward);
      for (; members->valid() && out.size() < count; members->next())
        out.push_back({number_in(members->key()), now, group});
    }
    pass(first);
    return out;
  }

  void add(kv::Batch& batch, const Placed& message) override {
    batch.put(rows_.member(message.group, message.number), {});
    const auto touched = touched_.find(message.group);
    if (touched == touched_.end() && store_.get(rows_.group(message.group)).value) return;  // it waits behind others
    auto& added = touched_[message.group].added;
    if (!added) added = message;
  }

  void move(kv::Batch&, const Placed& from, std::int64_t visible_at) override {
    in_flight_[from.group][from.number] = visible_at;
    touched_[from.group];
  }

  void remove(kv::Batch& batch, const Placed& message) override {
    batch.erase(rows_.member(message.group, message.number));
    touched_[message.group].removed.insert(message.number);
    const auto group = in_flight_.find(message.group);
    if (group == in_flight_.end()) return;
    group->second.erase(message.number);
    if (group->second.empty()) in_flight_.erase(group);
  }

  void settle(kv::Batch& batch) override {
    for (const auto& [group, touched] : touched_) place(batch, group, touched);
    touched_.clear();
  }

  void purge() override {
    Order::purge();
    in_flight_.clear();
    touched_.clear();
  }

 private:
  struct Touched {
    std::set<std::uint64_t> removed;
    std::optional<Placed> added;  // the first
  };

  void load_group(const std::string& group, std::int64_t now, const VisitHidden& hidden) {
    const auto members = store_.scan(kv::prefix_range(rows_.members(group)), kv::Direction::kForward);
    for (; members->valid(); members->next()) {
      const std::uint64_t number = number_in(members->key());
      const auto state = store_.get(rows_.state(number));
      const std::int64_t visible_at = state.value ? State::decode(*state.value).visible_at : first_visible(number);
      if (state.value) in_flight_[group][number] = visible_at;
      if (visible_at > now) hidden(number, visible_at);
      if (!state.value && visible_at <= now) return;  // what follows is neither in flight nor delayed
    }
  }

  std::int64_t first_visible(std::uint64_t number) const {
    const auto message = store_.get(rows_.message(number));
    return message.value ? static_cast<std::int64_t>(kv::read_u64(*message.value)) : 0;
  }

  std::optional<std::uint64_t> head_of(const std::string& group, const Touched& touched) const {
    const auto members = store_.scan(kv::prefix_range(rows_.members(group)), kv::Direction::kForward);
    while (members->valid() && touched.removed.contains(number_in(members->key()))) members->next();
    if (members->valid()) return number_in(members->key());
    if (touched.added) return touched.added->number;
    return std::nullopt;
  }

  std::int64_t free_at(const std::string& group, std::uint64_t head, const Touched& touched) const {
    const auto in_flight = in_flight_.find(group);
    if (in_flight != in_flight_.end()) {
      std::int64_t last = 0;
      for (const auto& [number, visible_at] : in_flight->second) last = std::max(last, visible_at);
      return last;
    }
    return touched.added && touched.added->number == head ? touched.added->visible_at : first_visible(head);
  }

  void place(kv::Batch& batch, const std::string& group, const Touched& touched) {
    if (const auto old = store_.get(rows_.group(group)); old.value) {
      batch.erase(rows_.visible(static_cast<std::int64_t>(kv::read_u64(*old.value)), number_in(*old.value)));
    }
    const auto head = head_of(group, touched);
    if (!head) return batch.erase(rows_.group(group));
    const std::int64_t time = free_at(group, *head, touched);
    std::string place;
    kv::append_u64(place, static_cast<std::uint64_t>(time));
    kv::append_u64(place, *head);
    batch.put(rows_.group(group), place);
    put_visible(batch, time, *head, group);
  }

  std::map<std::string, std::map<std::uint64_t, std::int64_t>> in_flight_;  // group, number: visible at
  std::map<std::string, Touched> touched_;                                  // by the batch under way
};

}  // namespace

std::unique_ptr<Order> make_standard_order(kv::Store& store, const Rows& rows) {
  return std::make_unique<StandardOrder>(store, rows);
}
std::unique_ptr<Order> make_fifo_order(kv::Store& store, const Rows& rows) {
  return std::make_unique<FifoOrder>(store, rows);
}

}  // namespace leat::sqs
