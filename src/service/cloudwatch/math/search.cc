#include "service/cloudwatch/math/search.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/encoding.h"
#include "service/cloudwatch/math/cursor.h"

namespace leat::cloudwatch::math {
namespace {

using Matches = std::function<bool(const Metric&)>;
template <class T>
using Parsed = Result<T, std::string>;

constexpr int kMaxDepth = 50;

std::unexpected<std::string> malformed() { return std::unexpected(std::string("Invalid search expression")); }

// A quoted term is the whole value; another is a part of it, in any case.
struct Term {
  std::string text;
  bool exact;

  bool matches(std::string_view value) const {
    return exact ? value == text : lower_case(value).find(lower_case(text)) != std::string::npos;
  }
};

bool matches_anything(const Term& term, const Metric& metric) {
  if (term.matches(*metric.namespace_) || term.matches(*metric.metric_name)) return true;
  return metric.dimensions && std::any_of(metric.dimensions->begin(), metric.dimensions->end(), [&](const auto& each) {
           return term.matches(each.name) || term.matches(each.value);
         });
}

bool matches_property(const std::string& name, const Term& term, const Metric& metric) {
  if (name == "MetricName") return term.matches(*metric.metric_name);
  if (name == "Namespace") return term.matches(*metric.namespace_);
  return metric.dimensions && std::any_of(metric.dimensions->begin(), metric.dimensions->end(), [&](const auto& each) {
           return each.name == name && term.matches(each.value);
         });
}

class Parser : Cursor {
 public:
  using Cursor::Cursor;

  Parsed<MetricSearch> whole() {
    MetricSearch out;
    Matches schema;
    if (take("{")) {
      auto names = schema_names();
      if (!names) return std::unexpected(names.error());
      out.space = names->front();
      schema = [space = *out.space, wanted = std::set(names->begin() + 1, names->end())](const Metric& metric) {
        std::set<std::string> own;
        for (const auto& each : metric.dimensions.value_or(std::vector<Dimension>())) own.insert(each.name);
        return metric.namespace_ == space && own == wanted;
      };
    }
    skip_space();
    if (rest_.empty()) {
      if (!schema) return malformed();
      out.matches = schema;
      return out;
    }
    auto terms = alternatives("");
    skip_space();
    if (!terms) return std::unexpected(terms.error());
    if (!rest_.empty()) return malformed();
    out.matches = [schema, terms = *terms](const Metric& metric) {
      return (!schema || schema(metric)) && terms(metric);
    };
    return out;
  }

 private:
  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view after = rest_.substr(std::min(word.size(), rest_.size()));
    if (!rest_.starts_with(word) || (!after.empty() && after.front() != ' ' && after.front() != '(')) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  Parsed<std::vector<std::string>> schema_names() {
    std::vector<std::string> out;
    do {
      const auto name = term("{},");
      if (!name) return std::unexpected(name.error());
      out.push_back(name->text);
    } while (take(","));
    if (!take("}")) return malformed();
    return out;
  }

  Parsed<Term> term(std::string_view ends) {
    skip_space();
    if (rest_.empty()) return malformed();
    if (rest_.front() == '"') {
      const auto end = rest_.find('"', 1);
      if (end == std::string_view::npos) return malformed();
      Term out{std::string(rest_.substr(1, end - 1)), true};
      rest_.remove_prefix(end + 1);
      return out;
    }
    const auto end = std::min(rest_.find_first_of(std::string(" \t\n") + std::string(ends)), rest_.size());
    if (end == 0) return malformed();
    Term out{std::string(rest_.substr(0, end)), false};
    rest_.remove_prefix(end);
    return out;
  }

  // a b OR c. Of a property's list every term is of that property.
  Parsed<Matches> alternatives(const std::string& property) {
    if (++depth_ > kMaxDepth) return malformed();
    auto out = sequence(property);
    while (out && take_word("OR")) {
      auto other = sequence(property);
      if (!other) return other;
      out = [left = *out, right = *other](const Metric& metric) { return left(metric) || right(metric); };
    }
    --depth_;
    return out;
  }

  Parsed<Matches> sequence(const std::string& property) {
    auto out = factor(property);
    while (out) {
      (void)take_word("AND");
      skip_space();
      if (rest_.empty() || rest_.front() == ')' || at_or()) break;
      auto other = factor(property);
      if (!other) return other;
      out = [left = *out, right = *other](const Metric& metric) { return left(metric) && right(metric); };
    }
    return out;
  }

  bool at_or() {
    const std::string_view before = rest_;
    const bool found = take_word("OR");
    rest_ = before;
    return found;
  }

  Parsed<Matches> factor(const std::string& property) {
    if (++depth_ > kMaxDepth) return malformed();
    auto out = single(property);
    --depth_;
    return out;
  }

  Parsed<Matches> single(const std::string& property) {
    if (take_word("NOT")) {
      auto negated = factor(property);
      if (!negated) return negated;
      return Matches([inner = *negated](const Metric& metric) { return !inner(metric); });
    }
    if (take("(")) {
      auto inner = alternatives(property);
      if (inner && !take(")")) return malformed();
      return inner;
    }
    auto found = term("()=");
    if (!found) return std::unexpected(found.error());
    if (property.empty() && take("=")) {
      if (found->text.empty()) return malformed();
      return single(found->text);
    }
    if (property.empty())
      return Matches([term = *found](const Metric& metric) { return matches_anything(term, metric); });
    return Matches(
        [property, term = *found](const Metric& metric) { return matches_property(property, term, metric); });
  }

  int depth_ = 0;
};

}  // namespace

Result<MetricSearch, std::string> parse_search(std::string_view text) { return Parser(text).whole(); }

}  // namespace leat::cloudwatch::math
