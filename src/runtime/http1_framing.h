#pragma once
// Where one HTTP/1.1 request ends and the next begins is read in one way only: what could be read in another is refused.

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/fields.hpp>
#include <string_view>

namespace leat::runtime {

// The status to refuse a request's head with, or 0. `raw` are its bytes.
int framing_problem(std::string_view raw, const boost::beast::http::request_header<>& head);

}  // namespace leat::runtime
