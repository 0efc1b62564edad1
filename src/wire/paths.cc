#include "wire/paths.h"

#include <algorithm>

#include "base/encoding.h"
#include "wire/split.h"

namespace leat::wire {

struct Paths::Walk {
  const runtime::HttpRequest& request;
  const QueryParameters& query;
  std::vector<std::string_view> values = {};  // of labels

  bool has(const Need& need) const {
    if (need.in_header) return !request.header(need.name).empty();
    return std::any_of(query.begin(), query.end(), [&](const auto& each) {
      return each.first == need.name && (need.value.empty() || each.second == need.value);
    });
  }
  bool has_all(const std::vector<Need>& needs) const {
    return std::all_of(needs.begin(), needs.end(), [this](const Need& each) { return has(each); });
  }

  // What says most of the request. One that lacks what it requires is asked for only where no other can be: it is told so.
  bool is_better(const End& left, const End& right) const {
    if (left.constants.size() != right.constants.size()) return left.constants.size() > right.constants.size();
    const bool whole = has_all(left.needs), other = has_all(right.needs);
    if (whole != other) return whole;
    if (left.needs.size() != right.needs.size()) return whole == (left.needs.size() > right.needs.size());
    return left.operation->handle && !right.operation->handle;
  }

  // DELETE /bucket?acl is not DELETE /bucket: what is a constant of others must be one of its own.
  bool is_meant(const End& chosen, const std::vector<End>& others) const {
    const auto claimed = [&](const Need& constant) {
      return std::any_of(chosen.constants.begin(), chosen.constants.end(),
                         [&](const Need& own) { return own.name == constant.name; });
    };
    return std::none_of(others.begin(), others.end(), [&](const End& other) {
      return std::any_of(other.constants.begin(), other.constants.end(), [&](const Need& constant) {
        return !claimed(constant) && has({constant.name, {}, false});
      });
    });
  }

  const End* choose(const std::vector<End>& ends) const {
    const End* best = nullptr;
    for (const End& each : ends) {
      if (each.operation->http_method != request.method || !has_all(each.constants)) continue;
      if (!best || is_better(each, *best)) best = &each;
    }
    return best && is_meant(*best, ends) ? best : nullptr;
  }
};

Paths::Paths(const aws::ServiceModel& model) {
  for (const auto& operation : model.operations) add(operation);
}

void Paths::add(const aws::Operation& operation) {
  End end{&operation, {}, {}, {}};
  for (std::string_view rest = operation.selector; !rest.empty();) {
    auto [word, later] = split(rest, ' ');
    rest = later;
    const bool constant = word.starts_with('?'), in_header = word.ends_with(':');
    if (constant) word.remove_prefix(1);
    if (in_header) word.remove_suffix(1);
    const auto [name, value] = split(word, '=');
    (constant ? end.constants : end.needs).push_back({name, value, in_header});
  }
  Node* node = &root_;
  for (std::string_view rest = operation.http_path; !rest.empty();) {
    const auto [part, later] = split(rest, '/');
    rest = later;
    if (part.empty()) continue;
    if (!part.starts_with('{')) {
      node = &node->literals[part];
      continue;
    }
    const bool greedy = part.ends_with("+}");
    exact_ |= greedy;
    end.labels.push_back(part.substr(1, part.size() - (greedy ? 3 : 2)));
    auto& next = greedy ? node->greedy : node->label;
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  node->ends.push_back(std::move(end));
}

const Paths::End* Paths::follow(const Node& node, std::string_view rest, Walk& walk) const {
  // Trailing slashes do not count: SDKs of different ages disagree on them.
  if (rest.empty() || (!exact_ && rest.find_first_not_of('/') == std::string_view::npos)) return walk.choose(node.ends);
  const auto [part, later] = split(rest, '/');
  const auto attempt = [&](const Node& next, std::string_view value, std::string_view after) {
    walk.values.push_back(value);
    const End* end = follow(next, after, walk);
    if (!end) walk.values.pop_back();
    return end;
  };
  if (const auto literal = node.literals.find(part); literal != node.literals.end()) {
    if (const End* end = follow(literal->second, later, walk)) return end;
  }
  if (node.label && !(exact_ && part.empty())) {
    if (const End* end = attempt(*node.label, part, later)) return end;
  }
  return node.greedy ? attempt(*node.greedy, rest, {}) : nullptr;
}

const aws::Operation* Paths::find(const runtime::HttpRequest& request, const QueryParameters& query,
                                  Labels& labels) const {
  std::string_view path = split_target(request.target).first;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (!exact_ && path.starts_with('/')) path.remove_prefix(1);
  Walk walk{request, query};
  const End* end = follow(root_, path, walk);
  if (!end) return nullptr;
  for (std::size_t i = 0; i < end->labels.size(); ++i)
    labels.emplace_back(end->labels[i], percent_decode(walk.values[i]).value_or(std::string(walk.values[i])));
  return end->operation;
}

}  // namespace leat::wire
