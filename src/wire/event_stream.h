#pragma once
// The frames of event streams: application/vnd.amazon.eventstream.
//
//   frame   := u32(size of all) u32(size of headers) u32(CRC-32 of these 8 bytes) headers payload
//              u32(CRC-32 of all before)
//   header  := u8(size) name u8(7: a string) u16(size) value
//
// https://smithy.io/2.0/aws/amazon-eventstream.html

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/event_stream.h"
#include "wire/codec.h"

namespace leat::wire {

using EventHeaders = std::vector<std::pair<std::string_view, std::string_view>>;
std::string event_frame(const EventHeaders& headers, std::string_view payload);

// Makes `response` one that goes on with the events of `source`, which it calls.
void stream_events(aws::Protocol protocol, const aws::EventSource& source, runtime::HttpResponse& response);

}  // namespace leat::wire
