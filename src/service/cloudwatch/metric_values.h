#pragma once
// What happened to a metric in one minute: a sum of its values, and how they were distributed.

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace leat::cloudwatch {

class MetricValues {
 public:
  void add(double value, double count = 1);

  // A statistic set that somebody else has summed up. Its distribution is unknown: percentiles pass it over.
  void add_set(double count, double sum, double least, double most);

  void merge(const MetricValues& other);

  bool empty() const { return count_ == 0; }
  double count() const { return count_; }
  double sum() const { return sum_; }
  double least() const { return least_; }
  double most() const { return most_; }
  double average() const { return count_ > 0 ? sum_ / count_ : 0; }

  // The value below which `part` (0 to 1) of them lie, within a hundredth of it.
  double percentile(double part) const;

  const std::string& unit() const { return unit_; }
  void set_unit(std::string unit) { unit_ = std::move(unit); }

  std::string encode() const;
  static MetricValues decode(std::string_view bytes);

 private:
  double count_ = 0;
  double sum_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  double most_ = -std::numeric_limits<double>::infinity();
  std::string unit_ = "None";
  // Counts by the logarithm of the value, in steps of two hundredths: at most some thousand, however many values.
  std::map<std::int32_t, double> distribution_;
};

}  // namespace leat::cloudwatch
