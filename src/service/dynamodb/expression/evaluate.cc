#include "service/dynamodb/expression/evaluate.h"

#include <algorithm>

#include "service/dynamodb/value/decimal.h"

namespace leat::dynamodb::expression {
namespace {

using ConditionKind = Condition::Kind;

std::optional<std::size_t> size_function(const AttributeValue& value) {
  if (const auto* text = value.get<std::string>()) return text->size();
  if (const auto* binary = value.get<Binary>()) return binary->bytes.size();
  if (const auto* list = value.get<List>()) return list->size();
  if (const auto* map = value.get<Item>()) return map->size();
  if (const auto* set = value.get<StringSet>()) return set->values.size();
  if (const auto* set = value.get<NumberSet>()) return set->values.size();
  if (const auto* set = value.get<BinarySet>()) return set->values.size();
  return std::nullopt;
}

// A condition's operand. `held` keeps a computed value alive.
const AttributeValue* resolve(const Operand& operand, const Item& item, AttributeValue& held) {
  switch (operand.kind) {
    case Operand::Kind::kPath: return find(item, operand.path);
    case Operand::Kind::kValue: return operand.value;
    case Operand::Kind::kSize: {
      const AttributeValue* of = resolve(operand.operands[0], item, held);
      const auto size = of ? size_function(*of) : std::nullopt;
      if (!size) return nullptr;
      held = Number{std::to_string(*size)};
      return &held;
    }
    default: return nullptr;
  }
}

bool contains_sorted(const std::vector<std::string>& values, const std::string& value) {
  return std::binary_search(values.begin(), values.end(), value);
}

bool contains(const AttributeValue& in, const AttributeValue& what) {
  if (const auto* list = in.get<List>()) return std::find(list->begin(), list->end(), what) != list->end();
  if (const auto* text = what.get<std::string>()) {
    if (const auto* whole = in.get<std::string>()) return whole->find(*text) != std::string::npos;
    if (const auto* set = in.get<StringSet>()) return contains_sorted(set->values, *text);
  }
  if (const auto* number = what.get<Number>()) {
    if (const auto* set = in.get<NumberSet>()) return contains_sorted(set->values, number->text);
  }
  if (const auto* binary = what.get<Binary>()) {
    if (const auto* whole = in.get<Binary>()) return whole->bytes.find(binary->bytes) != std::string::npos;
    if (const auto* set = in.get<BinarySet>()) return contains_sorted(set->values, binary->bytes);
  }
  return false;
}

bool begins_with(const AttributeValue& value, const AttributeValue& prefix) {
  if (const auto* text = value.get<std::string>()) {
    const auto* start = prefix.get<std::string>();
    return start && text->starts_with(*start);
  }
  const auto* binary = value.get<Binary>();
  const auto* start = prefix.get<Binary>();
  return binary && start && binary->bytes.starts_with(start->bytes);
}

bool ordered(ConditionKind kind, const AttributeValue& left, const AttributeValue& right) {
  const auto order = compare(left, right);
  if (!order) return false;
  switch (kind) {
    case ConditionKind::kLess: return *order < 0;
    case ConditionKind::kLessOrEqual: return *order <= 0;
    case ConditionKind::kGreater: return *order > 0;
    default: return *order >= 0;
  }
}

bool predicate(const Condition& condition, const Item& item) {
  AttributeValue held[3];
  const auto operand = [&](std::size_t i) {
    return resolve(condition.operands[i], item, held[std::min<std::size_t>(i, 2)]);
  };
  const AttributeValue* first = operand(0);
  switch (condition.kind) {
    case ConditionKind::kExists: return first != nullptr;
    case ConditionKind::kNotExists: return first == nullptr;
    case ConditionKind::kIn: {
      for (std::size_t i = 1; first && i < condition.operands.size(); ++i) {
        const AttributeValue* each = operand(i);
        if (each && *each == *first) return true;
      }
      return false;
    }
    default: break;
  }
  const AttributeValue* second = operand(1);
  if (condition.kind == ConditionKind::kNotEqual) return !first || !second || !(*first == *second);
  if (!first || !second) return false;
  switch (condition.kind) {
    case ConditionKind::kEqual: return *first == *second;
    case ConditionKind::kType: return first->type() == *second->get<std::string>();
    case ConditionKind::kBeginsWith: return begins_with(*first, *second);
    case ConditionKind::kContains: return contains(*first, *second);
    case ConditionKind::kBetween: {
      const AttributeValue* third = operand(2);
      return third && ordered(ConditionKind::kGreaterOrEqual, *first, *second) &&
             ordered(ConditionKind::kLessOrEqual, *first, *third);
    }
    default: return ordered(condition.kind, *first, *second);
  }
}

using Paths = std::vector<const Path*>;

// Calls each(element, paths) for the paths that have the same element at `depth`, the elements of a list in its order.
template <class Each>
void by_element(Paths paths, std::size_t depth, Each each) {
  std::stable_sort(paths.begin(), paths.end(), [&](const Path* a, const Path* b) { return (*a)[depth] < (*b)[depth]; });
  for (auto begin = paths.begin(); begin != paths.end();) {
    const PathElement& element = (**begin)[depth];
    const auto end = std::find_if(begin, paths.end(), [&](const Path* path) { return (*path)[depth] != element; });
    each(element, Paths(begin, end));
    begin = end;
  }
}

// What the paths name in a value, from element `depth` on; nothing where it has nothing of that.
std::optional<AttributeValue> chosen(const Paths& paths, std::size_t depth, const AttributeValue& from);

Item chosen_of_map(const Paths& paths, std::size_t depth, const Item& from) {
  Item out;
  by_element(paths, depth, [&](const PathElement& element, const Paths& inner) {
    const auto* name = std::get_if<std::string>(&element);
    const AttributeValue* source = name ? from.find(*name) : nullptr;
    if (!source) return;
    if (auto value = chosen(inner, depth + 1, *source)) out.set(*name, std::move(*value));
  });
  return out;
}

List chosen_of_list(const Paths& paths, std::size_t depth, const List& from) {
  List out;
  by_element(paths, depth, [&](const PathElement& element, const Paths& inner) {
    const auto* index = std::get_if<std::size_t>(&element);
    if (!index || *index >= from.size()) return;
    if (auto value = chosen(inner, depth + 1, from[*index])) out.push_back(std::move(*value));
  });
  return out;
}

std::optional<AttributeValue> chosen(const Paths& paths, std::size_t depth, const AttributeValue& from) {
  if (paths.front()->size() == depth) return from;  // paths do not overlap
  if (const auto* map = from.get<Item>()) {
    Item out = chosen_of_map(paths, depth, *map);
    return out.empty() ? std::nullopt : std::optional<AttributeValue>(std::move(out));
  }
  if (const auto* list = from.get<List>()) {
    List out = chosen_of_list(paths, depth, *list);
    return out.empty() ? std::nullopt : std::optional<AttributeValue>(std::move(out));
  }
  return std::nullopt;
}

using Applied = Result<AttributeValue, std::string>;

std::unexpected<std::string> problem(std::string_view message) { return std::unexpected(std::string(message)); }
constexpr std::string_view kWrongType = "An operand in the update expression has an incorrect data type";
constexpr std::string_view kMissing = "The provided expression refers to an attribute that does not exist in the item";
constexpr std::string_view kBadPath = "The document path provided in the update expression is invalid for update";

Applied evaluate(const Operand& operand, const Item& before);

Applied arithmetic(const Operand& operand, const Item& before) {
  const AttributeValue left = TRY(evaluate(operand.operands[0], before));
  const AttributeValue right = TRY(evaluate(operand.operands[1], before));
  const auto *a = left.get<Number>(), *b = right.get<Number>();
  if (!a || !b) return problem(kWrongType);
  const Decimal x = *Decimal::parse(a->text), y = *Decimal::parse(b->text);
  const Decimal result = TRY(operand.kind == Operand::Kind::kPlus ? add(x, y) : subtract(x, y));
  return AttributeValue(Number{result.text()});
}

Applied list_append(const Operand& operand, const Item& before) {
  AttributeValue left = TRY(evaluate(operand.operands[0], before));
  AttributeValue right = TRY(evaluate(operand.operands[1], before));
  auto *a = left.get<List>(), *b = right.get<List>();
  if (!a || !b) return problem(kWrongType);
  a->insert(a->end(), std::make_move_iterator(b->begin()), std::make_move_iterator(b->end()));
  return left;
}

Applied evaluate(const Operand& operand, const Item& before) {
  switch (operand.kind) {
    case Operand::Kind::kValue: return *operand.value;
    case Operand::Kind::kPath: {
      const AttributeValue* found = find(before, operand.path);
      if (!found) return problem(kMissing);
      return *found;
    }
    case Operand::Kind::kIfNotExists: {
      const AttributeValue* found = find(before, operand.path);
      if (found) return *found;
      return evaluate(operand.operands[1], before);
    }
    case Operand::Kind::kListAppend: return list_append(operand, before);
    case Operand::Kind::kPlus:
    case Operand::Kind::kMinus: return arithmetic(operand, before);
    case Operand::Kind::kSize: break;
  }
  return problem(kWrongType);
}

// The value that holds a path's last element, or null.
AttributeValue* parent_of(Item& item, const Path& path) {
  AttributeValue* at = item.find(std::get<std::string>(path[0]));
  for (std::size_t i = 1; at && i + 1 < path.size(); ++i) {
    if (const auto* name = std::get_if<std::string>(&path[i])) {
      auto* map = at->get<Item>();
      at = map ? map->find(*name) : nullptr;
    } else {
      auto* list = at->get<List>();
      const std::size_t index = std::get<std::size_t>(path[i]);
      at = list && index < list->size() ? &(*list)[index] : nullptr;
    }
  }
  return at;
}

Result<void, std::string> set(Item& item, const Path& path, AttributeValue value) {
  if (path.size() == 1) {
    item.set(std::get<std::string>(path[0]), std::move(value));
    return {};
  }
  AttributeValue* parent = parent_of(item, path);
  if (const auto* name = std::get_if<std::string>(&path.back())) {
    auto* map = parent ? parent->get<Item>() : nullptr;
    if (!map) return problem(kBadPath);
    map->set(*name, std::move(value));
    return {};
  }
  auto* list = parent ? parent->get<List>() : nullptr;
  if (!list) return problem(kBadPath);
  const std::size_t index = std::get<std::size_t>(path.back());
  if (index < list->size())
    (*list)[index] = std::move(value);
  else
    list->push_back(std::move(value));
  return {};
}

// Removing from a list marks the place; sweep() closes the gaps when all actions have run.
Result<void, std::string> remove(Item& item, const Path& path) {
  if (path.size() == 1) {
    item.erase(std::get<std::string>(path[0]));
    return {};
  }
  AttributeValue* parent = parent_of(item, path);
  if (!parent) return problem(kBadPath);
  if (const auto* name = std::get_if<std::string>(&path.back())) {
    auto* map = parent->get<Item>();
    if (!map) return problem(kBadPath);
    map->erase(*name);
    return {};
  }
  auto* list = parent->get<List>();
  if (!list) return problem(kBadPath);
  const std::size_t index = std::get<std::size_t>(path.back());
  if (index < list->size()) (*list)[index] = Invalid{};
  return {};
}

void sweep(Item& item, const Path& path) {
  AttributeValue* parent = path.size() > 1 ? parent_of(item, path) : nullptr;
  if (auto* list = parent ? parent->get<List>() : nullptr) {
    std::erase_if(*list, [](const AttributeValue& each) { return each.get<Invalid>() != nullptr; });
  }
}

template <class Set>
bool merge(AttributeValue& into, const AttributeValue& from) {
  auto* target = into.get<Set>();
  const auto* source = from.get<Set>();
  if (!target || !source) return false;
  target->values.insert(target->values.end(), source->values.begin(), source->values.end());
  std::sort(target->values.begin(), target->values.end());
  target->values.erase(std::unique(target->values.begin(), target->values.end()), target->values.end());
  return true;
}

Result<void, std::string> add_value(Item& item, const Item& before, const Path& path, const AttributeValue& value) {
  const AttributeValue* old = find(before, path);
  if (!old) return set(item, path, value);
  AttributeValue result = *old;
  if (const auto* number = value.get<Number>()) {
    const auto* current = old->get<Number>();
    if (!current) return problem(kWrongType);
    result = Number{TRY(add(*Decimal::parse(current->text), *Decimal::parse(number->text))).text()};
  } else if (!merge<StringSet>(result, value) && !merge<NumberSet>(result, value) && !merge<BinarySet>(result, value)) {
    return problem(kWrongType);
  }
  return set(item, path, std::move(result));
}

template <class Set>
bool subtract_set(AttributeValue& from, const AttributeValue& what, bool& empty) {
  auto* target = from.get<Set>();
  const auto* source = what.get<Set>();
  if (!target || !source) return false;
  std::erase_if(target->values, [&](const std::string& each) { return contains_sorted(source->values, each); });
  empty = target->values.empty();
  return true;
}

Result<void, std::string> delete_value(Item& item, const Item& before, const Path& path, const AttributeValue& value) {
  const AttributeValue* old = find(before, path);
  if (!old) return path.size() == 1 || parent_of(item, path) ? Result<void, std::string>{} : problem(kBadPath);
  AttributeValue result = *old;
  bool empty = false;
  if (!subtract_set<StringSet>(result, value, empty) && !subtract_set<NumberSet>(result, value, empty) &&
      !subtract_set<BinarySet>(result, value, empty)) {
    return problem(kWrongType);
  }
  return empty ? remove(item, path) : set(item, path, std::move(result));
}

Result<void, std::string> apply_action(const UpdateAction& action, const Item& before, Item& item) {
  switch (action.kind) {
    case UpdateAction::Kind::kSet: {
      auto value = TRY(evaluate(action.value, before));
      return set(item, action.path, std::move(value));
    }
    case UpdateAction::Kind::kRemove: return remove(item, action.path);
    case UpdateAction::Kind::kAdd: return add_value(item, before, action.path, *action.value.value);
    case UpdateAction::Kind::kDelete: return delete_value(item, before, action.path, *action.value.value);
  }
  return {};
}

// What is set beyond the end of a list is appended in the order of its places there.
std::vector<const UpdateAction*> in_order(const Update& update) {
  std::vector<const UpdateAction*> out;
  for (const UpdateAction& action : update) out.push_back(&action);
  const auto place = [](const UpdateAction* action) {
    const auto* index = std::get_if<std::size_t>(&action->path.back());
    return index ? *index : 0;
  };
  std::stable_sort(out.begin(), out.end(), [&](auto* a, auto* b) { return place(a) < place(b); });
  return out;
}

}  // namespace

const AttributeValue* find(const Item& item, const Path& path) {
  const AttributeValue* at = item.find(std::get<std::string>(path[0]));
  for (std::size_t i = 1; at && i < path.size(); ++i) {
    if (const auto* name = std::get_if<std::string>(&path[i])) {
      const auto* map = at->get<Item>();
      at = map ? map->find(*name) : nullptr;
    } else {
      const auto* list = at->get<List>();
      const std::size_t index = std::get<std::size_t>(path[i]);
      at = list && index < list->size() ? &(*list)[index] : nullptr;
    }
  }
  return at;
}

bool holds(const Condition& condition, const Item& item) {
  const auto each = [&](const Condition& inner) { return holds(inner, item); };
  switch (condition.kind) {
    case ConditionKind::kAnd: return std::all_of(condition.conditions.begin(), condition.conditions.end(), each);
    case ConditionKind::kOr: return std::any_of(condition.conditions.begin(), condition.conditions.end(), each);
    case ConditionKind::kNot: return !each(condition.conditions[0]);
    default: return predicate(condition, item);
  }
}

Item project(const Projection& projection, const Item& item) {
  Paths paths;
  for (const Path& path : projection) paths.push_back(&path);
  return chosen_of_map(paths, 0, item);
}

Result<Item, std::string> apply(const Update& update, const Item& before) {
  Item item = before;
  for (const UpdateAction* action : in_order(update)) TRY_VOID(apply_action(*action, before, item));
  for (const UpdateAction& action : update) {
    if (action.kind == UpdateAction::Kind::kRemove) sweep(item, action.path);
  }
  return item;
}

}  // namespace leat::dynamodb::expression
