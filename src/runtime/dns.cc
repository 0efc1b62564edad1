#include "runtime/dns.h"

#include <optional>

namespace leat::runtime {
namespace {

constexpr std::size_t kHeader = 12, kMaxName = 255, kMaxLabel = 63;
constexpr unsigned kAddress = 1, kAnything = 255, kInternet = 1;
enum class Code : unsigned char { kNone = 0, kMalformed = 1, kNoSuchName = 3, kNotImplemented = 4 };

unsigned number_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) << 8U | static_cast<unsigned char>(bytes[at + 1]);
}

struct Question {
  std::string name;
  unsigned type;
  std::size_t end;  // where it ends in the message
};

std::optional<Question> read_question(std::string_view query) {
  Question out{};
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != 0) {
    const std::size_t size = static_cast<unsigned char>(query[at]);
    if (size > kMaxLabel || at + 1 + size >= query.size() || out.name.size() + size > kMaxName) return std::nullopt;
    if (!out.name.empty()) out.name += '.';
    for (char c : query.substr(at + 1, size)) out.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    at += 1 + size;
  }
  out.end = at + 5;
  if (out.end > query.size() || number_at(query, at + 3) != kInternet) return std::nullopt;
  out.type = number_at(query, at + 1);
  return out;
}

std::string head(std::string_view query, Code code, bool question, bool answer) {
  std::string out(query.substr(0, 2));
  const bool recursion = query[2] & 1;
  out += static_cast<char>(recursion ? 0x81 : 0x80);
  out += static_cast<char>(0x80U | static_cast<unsigned char>(code));
  for (const bool one : {question, answer, false, false}) out += std::string{'\0', static_cast<char>(one)};
  return out;
}

}  // namespace

bool asks_elsewhere(std::string_view query, const IsHere& is_here) {
  if (query.size() < kHeader || query[2] & 0xF8 || number_at(query, 4) != 1) return false;
  const auto question = read_question(query);
  return question && !is_here(question->name);
}

std::string answer_dns(std::string_view query, const IsHere& is_here) {
  if (query.size() < kHeader || query[2] & 0x80) return {};
  if (query[2] & 0x78) return head(query, Code::kNotImplemented, false, false);
  const auto question = number_at(query, 4) == 1 ? read_question(query) : std::nullopt;
  if (!question) return head(query, Code::kMalformed, false, false);
  const bool here = is_here(question->name);
  const bool answer = here && (question->type == kAddress || question->type == kAnything);
  std::string out = head(query, here ? Code::kNone : Code::kNoSuchName, true, answer);
  out += query.substr(kHeader, question->end - kHeader);
  // The question's name, an address of the internet, good for a minute: 127.0.0.1.
  if (answer) out.append("\xC0\x0C\0\x01\0\x01\0\0\0\x3C\0\x04\x7F\0\0\x01", 16);
  return out;
}

}  // namespace leat::runtime
