#include "gateway/coding.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace leat::gateway {
namespace {

constexpr int kGzip = 16 + MAX_WBITS, kZlib = MAX_WBITS;
constexpr std::size_t kWorthIt = 4096;  // bytes, as DynamoDB has it

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What stands before `separator`, which goes with it.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const std::string_view out = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

// The first q= of the parameters; what is no number says nothing.
double weight(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = take_until(parameters, ';');
    const std::string_view name = take_until(value, '=');
    if (!runtime::equals_ignoring_case(name, "q")) continue;
    value = trimmed(value);
    double out = 1;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    return error == std::errc() && end == value.data() + value.size() ? std::clamp(out, 0.0, 1.0) : 1;
  }
  return 1;
}

struct Offer {
  Coding coding;
  double weight;
};

// In the order in which one of two equals is taken: what is named comes before what a star stands for.
std::vector<Offer> offers(std::string_view accepted) {
  std::vector<Offer> out;
  double star = 0;
  while (!accepted.empty()) {
    std::string_view parameters = take_until(accepted, ',');
    const std::string_view name = take_until(parameters, ';');
    if (name == "*") star = weight(parameters);
    if (runtime::equals_ignoring_case(name, "gzip")) out.push_back({Coding::kGzip, weight(parameters)});
    if (runtime::equals_ignoring_case(name, "deflate")) out.push_back({Coding::kDeflate, weight(parameters)});
  }
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate}) {
    if (std::ranges::find(out, coding, &Offer::coding) == out.end()) out.push_back({coding, star});
  }
  return out;
}

std::string packed(std::string_view bytes, int form) {
  constexpr int kUsualMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, form, kUsualMemory, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Several may stand one behind the other; what is none is left out of account, as by DynamoDB.
bool another_begins(const z_stream& stream) {
  return stream.avail_in > 1 && stream.next_in[0] == 0x1F && stream.next_in[1] == 0x8B;
}

}  // namespace

std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char chunk[1 << 14];
  int status = Z_OK;
  while (status == Z_OK && out.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk, sizeof chunk - stream.avail_out);
    if (status == Z_STREAM_END && another_begins(stream)) status = inflateReset(&stream);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || out.size() > limit) return std::nullopt;
  return out;
}

Coding preferred_coding(std::string_view accept_encoding) {
  const std::vector<Offer> found = offers(accept_encoding);
  const Offer best = *std::ranges::max_element(found, {}, &Offer::weight);
  return best.weight > 0 ? best.coding : Coding::kNone;
}

void compress(const runtime::HttpRequest& request, runtime::HttpResponse& response) {
  if (response.body.size() < kWorthIt) return;
  const std::string_view accepted = request.header("accept-encoding");
  const Coding coding = accepted.empty() ? Coding::kNone : preferred_coding(accepted);
  if (coding == Coding::kNone) return;
  response.body = packed(response.body, coding == Coding::kGzip ? kGzip : kZlib);
  response.headers.emplace_back("Content-Encoding", coding == Coding::kGzip ? "gzip" : "deflate");
}

}  // namespace leat::gateway
