#include "service/cloudwatch/math/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <numeric>

#include "base/encoding.h"

namespace leat::cloudwatch::math {
namespace {

using Numbers = std::vector<double>;

// --- arguments

struct Call {
  const Expression& expression;
  const Scope& scope;

  std::size_t count() const { return expression.operands.size(); }
  Evaluated value(std::size_t at) const { return evaluate(expression.operands[at], scope); }

  std::unexpected<std::string> wrong(std::size_t at, std::string_view wanted) const {
    return error(fmt::format("Argument {} of {} must be {}", at + 1, name(), wanted));
  }

  Result<double, std::string> number(std::size_t at) const {
    const Value found = TRY(value(at));
    if (const auto* number = std::get_if<double>(&found)) return *number;
    return wrong(at, "a number");
  }

  Result<Series, std::string> series(std::size_t at) const {
    const Value found = TRY(value(at));
    if (const auto* series = std::get_if<Series>(&found)) return *series;
    return wrong(at, "a time series");
  }

  Result<SeriesList, std::string> list(std::size_t at) const {
    const Value found = TRY(value(at));
    if (const auto* list = std::get_if<SeriesList>(&found)) return *list;
    if (const auto* series = std::get_if<Series>(&found)) return SeriesList{*series};
    return wrong(at, "an array of time series");
  }

  // REPEAT, ASC, 'a text'; empty where it is something else.
  std::string word(std::size_t at) const {
    const Expression& argument = expression.operands[at];
    const bool is_word = argument.kind == Expression::Kind::kName || argument.kind == Expression::Kind::kText;
    return is_word ? argument.text : std::string();
  }

  std::string name() const {
    std::string out = expression.text;
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
    return out;
  }
};

// A number that is none is the least.
double bounded(double value, double least, double most) {
  return std::isnan(value) ? least : std::clamp(value, least, most);
}

// --- many numbers become one

double sum(const Numbers& numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0.0); }
double average(const Numbers& numbers) { return sum(numbers) / static_cast<double>(numbers.size()); }
double least(const Numbers& numbers) { return *std::min_element(numbers.begin(), numbers.end()); }
double most(const Numbers& numbers) { return *std::max_element(numbers.begin(), numbers.end()); }
double how_many(const Numbers& numbers) { return static_cast<double>(numbers.size()); }
double deviation(const Numbers& numbers) {
  const double mean = average(numbers);
  double squares = 0;
  for (const double each : numbers) squares += (each - mean) * (each - mean);
  return std::sqrt(squares / how_many(numbers));
}

Numbers numbers_of(const Series& series) {
  Numbers out;
  for (const auto& [time, value] : series.points) out.push_back(value);
  return out;
}

// Of one series a number; of several a series: point by point.
template <double (*Fold)(const Numbers&)>
Evaluated fold(const Call& call) {
  Value value = TRY(call.value(0));
  if (std::holds_alternative<double>(value)) return value;
  if (const auto* series = std::get_if<Series>(&value)) return series->points.empty() ? 0.0 : Fold(numbers_of(*series));
  const auto& list = std::get<SeriesList>(value);
  std::map<TimePoint, Numbers> by_time;
  Series out{call.expression.text, list.empty() ? call.scope.period : list.front().period};
  for (const Series& series : list) {
    for (const auto& [time, point] : series.points) by_time[time].push_back(point);
  }
  for (const auto& [time, numbers] : by_time) set_point(out, time, Fold(numbers));
  return out;
}

template <double (*Map)(double)>
Evaluated map(const Call& call) {
  const Value value = TRY(call.value(0));
  return each_point(value, Map);
}

// --- a point from the one before it

template <class Change>
Evaluated changes(const Call& call, const Change& change) {
  const Value value = TRY(call.value(0));
  if (std::holds_alternative<double>(value)) return call.wrong(0, "a time series");
  return each_series(value, [&](const Series& series) {
    Series out{series.label, series.period};
    for (auto point = series.points.begin(); point != series.points.end(); ++point) {
      if (point == series.points.begin()) continue;
      const auto before = std::prev(point);
      const double seconds = static_cast<double>((point->first - before->first).count()) / 1000;
      set_point(out, point->first, change(point->second - before->second, seconds));
    }
    return out;
  });
}

Evaluated rate(const Call& call) {
  return changes(call, [](double difference, double seconds) { return difference / seconds; });
}
Evaluated difference(const Call& call) {
  return changes(call, [](double difference, double) { return difference; });
}
Evaluated difference_in_time(const Call& call) {
  return changes(call, [](double, double seconds) { return seconds; });
}

Evaluated running_sum(const Call& call) {
  const Value value = TRY(call.value(0));
  if (std::holds_alternative<double>(value)) return call.wrong(0, "a time series");
  return each_series(value, [](const Series& series) {
    Series out{series.label, series.period};
    double sum = 0;
    for (const auto& [time, point] : series.points) out.points[time] = sum += point;
    return out;
  });
}

// --- points that are missing

std::int64_t step_of(std::int32_t period) { return std::int64_t{std::max(period, 60)} * 1000; }

// Takes the points that times_of() has times for.
Result<void, std::string> take_times(const Scope& scope, std::int32_t period) {
  return scope.take_points(static_cast<std::size_t>((scope.end - scope.begin).count() / step_of(period)) + 1);
}

std::vector<TimePoint> times_of(const Scope& scope, std::int32_t period) {
  const std::int64_t step = step_of(period);
  std::vector<TimePoint> out;
  for (auto time = to_millis(scope.begin) / step * step; time < to_millis(scope.end); time += step) {
    if (from_millis(time) >= scope.begin) out.push_back(from_millis(time));
  }
  return out;
}

// Between its neighbours, as a line or as the one before; nothing where it has none.
std::optional<double> between(const Series& series, TimePoint time, bool linear) {
  const auto after = series.points.upper_bound(time);
  if (after == series.points.begin()) return std::nullopt;
  const auto before = std::prev(after);
  if (!linear || after == series.points.end()) return linear ? std::nullopt : std::optional(before->second);
  const double part =
      static_cast<double>((time - before->first).count()) / static_cast<double>((after->first - before->first).count());
  return before->second + part * (after->second - before->second);
}

Evaluated fill(const Call& call) {
  Value value = TRY(call.value(0));
  if (std::holds_alternative<double>(value)) return value;
  const std::string how = lower_case(call.word(1));
  const bool linear = how == "linear";
  std::optional<Value> filling;
  if (!linear && how != "repeat") filling = TRY(call.value(1));
  if (filling && std::holds_alternative<SeriesList>(*filling)) return call.wrong(1, "a number or a time series");
  if (const auto* series = std::get_if<Series>(&value)) TRY_VOID(take_times(call.scope, series->period));
  if (const auto* list = std::get_if<SeriesList>(&value)) {
    for (const Series& series : *list) TRY_VOID(take_times(call.scope, series.period));
  }
  return each_series(value, [&](Series series) {
    const Series known = series;
    for (const TimePoint time : times_of(call.scope, series.period)) {
      if (known.points.contains(time)) continue;
      std::optional<double> point;
      if (!filling) {
        point = between(known, time, linear);
      } else if (const auto* number = std::get_if<double>(&*filling)) {
        point = *number;
      } else {
        const auto& points = std::get<Series>(*filling).points;
        if (const auto found = points.find(time); found != points.end()) point = found->second;
      }
      if (point) set_point(series, time, *point);
    }
    return series;
  });
}

Evaluated time_series(const Call& call) {
  const double number = TRY(call.number(0));
  TRY_VOID(take_times(call.scope, call.scope.period));
  Series out{"TIME_SERIES", call.scope.period};
  for (const TimePoint time : times_of(call.scope, call.scope.period)) out.points[time] = number;
  return out;
}

// --- choices

double at_or(const Value& value, TimePoint time, double otherwise) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  const auto& points = std::get<Series>(value).points;
  const auto found = points.find(time);
  return found == points.end() ? otherwise : found->second;
}

Evaluated choose(const Call& call) {
  const Value condition = TRY(call.value(0));
  const Value yes = TRY(call.value(1));
  const Value no = call.count() > 2 ? TRY(call.value(2)) : Value(std::nan(""));
  for (const Value* each : {&condition, &yes, &no}) {
    if (std::holds_alternative<SeriesList>(*each)) return error("IF takes numbers and time series, not arrays");
  }
  if (const auto* number = std::get_if<double>(&condition)) return *number != 0 ? yes : no;
  const auto& series = std::get<Series>(condition);
  Series out{series.label, series.period};
  for (const auto& [time, point] : series.points)
    set_point(out, time, at_or(point != 0 ? yes : no, time, std::nan("")));
  return out;
}

// --- lists

Evaluated array(const Call& call) {
  SeriesList out;
  for (std::size_t i = 0; i < call.count(); ++i) {
    SeriesList list = TRY(call.list(i));
    for (Series& series : list) {
      TRY_VOID(call.scope.take_points(series.points.size()));
      out.push_back(std::move(series));
    }
  }
  return out;
}

Evaluated first(const Call& call) {
  const SeriesList list = TRY(call.list(0));
  return list.empty() ? error("FIRST of an empty array") : Evaluated(list.front());
}

Evaluated last(const Call& call) {
  const SeriesList list = TRY(call.list(0));
  return list.empty() ? error("LAST of an empty array") : Evaluated(list.back());
}

Evaluated remove_empty(const Call& call) {
  SeriesList list = TRY(call.list(0));
  std::erase_if(list, [](const Series& series) { return series.points.empty(); });
  return list;
}

Evaluated slice(const Call& call) {
  const SeriesList list = TRY(call.list(0));
  const auto size = static_cast<double>(list.size());
  const double from = TRY(call.number(1));
  const double to = call.count() > 2 ? TRY(call.number(2)) : from + 1;
  const auto begin = static_cast<std::ptrdiff_t>(bounded(from, 0, size));
  const auto end = static_cast<std::ptrdiff_t>(bounded(to, 0, size));
  if (call.count() == 2)
    return begin < end ? Evaluated(list[static_cast<std::size_t>(begin)]) : error("SLICE out of range");
  return SeriesList(list.begin() + begin, list.begin() + std::max(begin, end));
}

Evaluated sort(const Call& call) {
  SeriesList list = TRY(call.list(0));
  const std::string by = lower_case(call.word(1));
  const std::string order = lower_case(call.word(2));
  const auto fold = by == "avg" ? average : by == "min" ? least : by == "max" ? most : by == "sum" ? sum : nullptr;
  if (!fold) return call.wrong(1, "AVG, MIN, MAX or SUM");
  if (order != "asc" && order != "desc") return call.wrong(2, "ASC or DESC");
  std::erase_if(list, [](const Series& series) { return series.points.empty(); });
  std::stable_sort(list.begin(), list.end(), [&](const Series& left, const Series& right) {
    const double one = fold(numbers_of(left)), other = fold(numbers_of(right));
    return order == "asc" ? one < other : one > other;
  });
  if (call.count() == 3) return list;
  const double limit = TRY(call.number(3));
  list.resize(static_cast<std::size_t>(bounded(limit, 0, static_cast<double>(list.size()))));
  return list;
}

Evaluated metric_count(const Call& call) {
  const SeriesList list = TRY(call.list(0));
  return static_cast<double>(list.size());
}

Evaluated metrics(const Call& call) {
  SeriesList list = TRY(call.scope.metrics(call.count() > 0 ? call.word(0) : ""));
  return list;
}

Evaluated search(const Call& call) {
  Scope::Search wanted{call.word(0), call.word(1), call.scope.period};
  if (call.count() > 2) {
    const double period = TRY(call.number(2));
    wanted.period = static_cast<std::int32_t>(bounded(period, 1, 86400));
  }
  SeriesList list = TRY(call.scope.search(wanted));
  return list;
}

Evaluated period(const Call& call) { return static_cast<double>(TRY(call.series(0)).period); }

// --- times: UTC

template <class Read>
Evaluated read_times(const Call& call, const Read& read) {
  Series out = TRY(call.series(0));
  for (auto& [time, value] : out.points) {
    const std::time_t seconds = to_millis(time) / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    value = read(parts, seconds);
  }
  return out;
}

template <int std::tm::* Part, int Offset>
Evaluated part_of_time(const Call& call) {
  return read_times(call, [](const std::tm& parts, std::time_t) { return static_cast<double>(parts.*Part + Offset); });
}

Evaluated epoch(const Call& call) {
  return read_times(call, [](const std::tm&, std::time_t seconds) { return static_cast<double>(seconds); });
}

// Monday is 1, Sunday 7.
Evaluated day(const Call& call) {
  return read_times(call, [](const std::tm& parts, std::time_t) { return parts.tm_wday == 0 ? 7.0 : parts.tm_wday; });
}

struct Function {
  std::string_view name;
  std::size_t least, most;  // arguments
  Evaluated (*run)(const Call&);
};

constexpr Function kFunctions[] = {
    {"", 1, 100, array},
    {"abs", 1, 1, map<std::fabs>},
    {"avg", 1, 1, fold<average>},
    {"ceil", 1, 1, map<std::ceil>},
    {"datapoint_count", 1, 1, fold<how_many>},
    {"date", 1, 1, part_of_time<&std::tm::tm_mday, 0>},
    {"day", 1, 1, day},
    {"diff", 1, 1, difference},
    {"diff_time", 1, 1, difference_in_time},
    {"epoch", 1, 1, epoch},
    {"fill", 2, 2, fill},
    {"first", 1, 1, first},
    {"floor", 1, 1, map<std::floor>},
    {"hour", 1, 1, part_of_time<&std::tm::tm_hour, 0>},
    {"if", 2, 3, choose},
    {"last", 1, 1, last},
    {"log", 1, 1, map<std::log>},
    {"log10", 1, 1, map<std::log10>},
    {"max", 1, 1, fold<most>},
    {"metric_count", 1, 1, metric_count},
    {"metrics", 0, 1, metrics},
    {"min", 1, 1, fold<least>},
    {"minute", 1, 1, part_of_time<&std::tm::tm_min, 0>},
    {"month", 1, 1, part_of_time<&std::tm::tm_mon, 1>},
    {"period", 1, 1, period},
    {"rate", 1, 1, rate},
    {"remove_empty", 1, 1, remove_empty},
    {"running_sum", 1, 1, running_sum},
    {"search", 2, 3, search},
    {"slice", 2, 3, slice},
    {"sort", 3, 4, sort},
    {"stddev", 1, 1, fold<deviation>},
    {"sum", 1, 1, fold<sum>},
    {"time_series", 1, 1, time_series},
    {"year", 1, 1, part_of_time<&std::tm::tm_year, 1900>},
};

}  // namespace

Evaluated call(const Expression& expression, const Scope& scope) {
  const Call arguments{expression, scope};
  for (const Function& function : kFunctions) {
    if (function.name != expression.text) continue;
    if (arguments.count() < function.least || arguments.count() > function.most)
      return error(fmt::format("Wrong number of arguments for {}", arguments.name()));
    return function.run(arguments);
  }
  return error(fmt::format("Unknown function {}", arguments.name()));
}

}  // namespace leat::cloudwatch::math
