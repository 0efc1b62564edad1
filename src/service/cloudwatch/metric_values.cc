#include "service/cloudwatch/metric_values.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/kv/key.h"

namespace leat::cloudwatch {
namespace {

constexpr double kStep = 1.02;
constexpr std::int32_t kOffset = 1 << 20;  // of positive values; zero is 0, and negative ones mirror them

std::int32_t place_of(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const auto place = static_cast<std::int32_t>(std::lround(std::log(std::abs(value)) / std::log(kStep))) + kOffset;
  return value > 0 ? place : -place;
}

double value_at(std::int32_t place) {
  if (place == 0) return 0;
  const double value = std::pow(kStep, std::abs(place) - kOffset);
  return place > 0 ? value : -value;
}

void append_double(std::string& out, double value) { kv::append_u64(out, std::bit_cast<std::uint64_t>(value)); }

double take_double(std::string_view& bytes) {
  const double out = std::bit_cast<double>(kv::read_u64(bytes));
  bytes.remove_prefix(8);
  return out;
}

}  // namespace

void MetricValues::add(double value, double count) {
  add_set(count, value * count, value, value);
  distribution_[place_of(value)] += count;
}

void MetricValues::add_set(double count, double sum, double least, double most) {
  count_ += count;
  sum_ += sum;
  least_ = std::min(least_, least);
  most_ = std::max(most_, most);
}

void MetricValues::merge(const MetricValues& other) {
  add_set(other.count_, other.sum_, other.least_, other.most_);
  for (const auto& [place, count] : other.distribution_) distribution_[place] += count;
  unit_ = other.unit_;
}

double MetricValues::percentile(double part) const {
  double total = 0;
  for (const auto& [place, count] : distribution_) total += count;
  double seen = 0;
  for (const auto& [place, count] : distribution_) {
    seen += count;
    if (seen >= part * total) return std::clamp(value_at(place), least_, most_);
  }
  return most_;
}

std::string MetricValues::encode() const {
  std::string out;
  for (const double each : {count_, sum_, least_, most_}) append_double(out, each);
  out += kv::make_key(unit_);
  for (const auto& [place, count] : distribution_) {
    kv::append_u32(out, static_cast<std::uint32_t>(place));
    append_double(out, count);
  }
  return out;
}

MetricValues MetricValues::decode(std::string_view bytes) {
  MetricValues out;
  for (double* each : {&out.count_, &out.sum_, &out.least_, &out.most_}) *each = take_double(bytes);
  out.unit_ = kv::take_text(bytes);
  while (bytes.size() >= 12) {
    std::uint32_t place = 0;
    for (char c : bytes.substr(0, 4)) place = place << 8 | static_cast<unsigned char>(c);
    bytes.remove_prefix(4);
    out.distribution_[static_cast<std::int32_t>(place)] = take_double(bytes);
  }
  return out;
}

}  // namespace leat::cloudwatch
