// Which services there are, and that they keep apart.

#include <gtest/gtest.h>

#include "aws/service.h"

namespace leat::aws {
namespace {

struct Keeper : Service {
  explicit Keeper(const ServiceModel& model) : Service(model) {}
  std::string resource_policy(std::string_view) override { return std::string(model().id); }
};

ServiceModel model_of(std::string_view id, std::string_view letter, std::string_view shared = "") {
  ServiceModel out{};
  out.id = out.policy_prefix = id;
  out.key_letter = letter;
  out.shared_letters = shared;
  return out;
}

TEST(Services, NoTwoKeepTheirRowsInOnePlace) {
  const ServiceModel a = model_of("a", "a", "xy"), b = model_of("b", "b", "z"), same = model_of("c", "a"),
                     shared = model_of("d", "x", "y"), none = model_of("e", "");
  Keeper first(a), second(b), third(same), fourth(shared), fifth(none), sixth(none);
  EXPECT_NO_THROW(Services({&first, &second, &fifth, &sixth}));
  EXPECT_THROW(Services({&first, &second, &third}), std::logic_error);
  EXPECT_THROW(Services({&first, &fourth}), std::logic_error);
}

TEST(Services, AResourceIsAskedOfItsOwner) {
  const ServiceModel a = model_of("a", ""), b = model_of("b", "");
  Keeper first(a), second(b);
  const Services services({&first, &second});
  EXPECT_EQ(services.resource_policy("arn:aws:b:us-east-1:000000000000:thing"), "b");
  EXPECT_EQ(services.resource_policy("arn:aws:c:us-east-1:000000000000:thing"), "");
  EXPECT_EQ(services.resource_policy("*"), "");
  EXPECT_EQ(services.find("a"), &first);
  EXPECT_EQ(services.find("c"), nullptr);
}

}  // namespace
}  // namespace leat::aws
