#pragma once
// arn:partition:service:region:account:resource

#include <optional>
#include <string>
#include <string_view>

namespace leat::aws {

struct Arn {
  std::string_view partition, service, region, account, resource;
};

// Views into `text`. nullopt where a part is missing, or it is of another partition than all that is here: a second
// spelling of a name is a way around policies.
inline std::optional<Arn> parse_arn(std::string_view text) {
  std::string_view part[5];
  if (!text.starts_with("arn:")) return std::nullopt;
  text.remove_prefix(4);
  for (int i = 0; i < 4; ++i) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part[i] = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (part[0] != "aws") return std::nullopt;
  part[4] = text;
  return Arn{part[0], part[1], part[2], part[3], part[4]};
}

inline std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                            std::string_view resource) {
  std::string out = "arn:aws:";
  for (std::string_view part : {service, region, account}) {
    out += part;
    out += ':';
  }
  out += resource;
  return out;
}

}  // namespace leat::aws
