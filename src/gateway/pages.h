#pragma once
// Which web page had a browser send a request, by what only browsers write: Origin, Sec-Fetch-Site, Referer.
// A page may have any site's code in it. Those that are not the user's own bring their authority themselves (a key that
// leat knows, a presigned link) or have none.
// https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site

#include <string>
#include <string_view>
#include <vector>

#include "runtime/http.h"

namespace leat::gateway {

class Pages {
 public:
  // `allowed` are the user's own beside those on loopback, as browsers write origins: https://app.example:8443; "*" is
  // every one.
  explicit Pages(std::vector<std::string> allowed);

  // Whether a browser sent it.
  static bool sent(const runtime::HttpRequest& request);

  // Whether a browser sent it for a page that is not the user's own, or for nobody knows which.
  bool foreign(const runtime::HttpRequest& request) const;

  // Whether pages of that origin are the user's own. Never those that leat itself serves, as others' code is in them:
  // function URLs, buckets, whatever has the port that the request came to.
  bool allows(std::string_view origin, const runtime::HttpRequest& request) const;

  bool allows_all() const { return all_; }

 private:
  std::vector<std::string> allowed_;
  bool all_ = false;
};

}  // namespace leat::gateway
