// Any header and any payload as a frame of an event stream, read back as the format's specification says.

#include <zlib.h>

#include <cstdint>

#include "wire/event_stream.h"

namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < size; ++i) out = out << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return out;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string_view value = text.substr(0, std::min<std::size_t>(data[0], text.size()));
  const std::string_view payload = text.substr(value.size());
  const std::string frame = leat::wire::event_frame({{":event-type", value}}, payload);
  require(number_at(frame, 0, 4) == frame.size());
  require(number_at(frame, 8, 4) == checksum(std::string_view(frame).substr(0, 8)));
  require(number_at(frame, frame.size() - 4, 4) == checksum(std::string_view(frame).substr(0, frame.size() - 4)));
  const std::size_t headers = number_at(frame, 4, 4);
  require(std::string_view(frame).substr(12, 12) == "\x0b:event-type");
  require(frame.at(24) == 7 && number_at(frame, 25, 2) == value.size() && headers == 15 + value.size());
  require(std::string_view(frame).substr(27, value.size()) == value);
  require(std::string_view(frame).substr(12 + headers, frame.size() - 16 - headers) == payload);
  return 0;
}
