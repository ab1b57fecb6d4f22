// schema/openapi.yaml and the routes of the API say the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "daemon/web/routes.h"
#include "schema/base/text.h"

namespace tripled::web {
namespace {

using testing::ElementsAreArray;

const YAML::Node& openapi() {
  static const YAML::Node document = YAML::LoadFile(std::string(TRIPLED_SOURCE_DIR) + "/schema/openapi.yaml");
  return document;
}

TEST(OpenApi, NamesEveryRouteWithItsRoleAndNoOther) {
  std::set<std::string> ours, theirs;
  for (const auto& route : routes())
    ours.insert(std::string(route.method) + " " + std::string(route.path) + " " + to_text(route.least));
  for (const auto& path : openapi()["paths"])
    for (const auto& operation : path.second) {
      auto method = operation.first.as<std::string>();
      if (method == "parameters") continue;
      theirs.insert(to_upper(method) + " " + path.first.as<std::string>() + " " +
                    operation.second["x-role"].as<std::string>("none"));
    }
  // Answered before the API is asked (daemon/app/core/core.cc): by whoever looks after the process, by
  // workers and by whoever sends sources.
  for (const char* other : {"GET /healthz none", "GET /readyz none", "GET /blobs/{hash} worker",
                            "HEAD /blobs/{hash} submitter", "PUT /blobs/{hash} submitter"})
    ours.insert(other);
  EXPECT_THAT(theirs, ElementsAreArray(ours));
}

void follow_references(const YAML::Node& node) {
  if (node.IsMap() && node["$ref"]) {
    auto parts = split(node["$ref"].as<std::string>(), '/');
    YAML::Node at = YAML::Clone(openapi());
    for (std::size_t i = 1; i < parts.size(); ++i) at = at[parts[i]];
    EXPECT_TRUE(at.IsDefined() && !at.IsNull()) << node["$ref"].as<std::string>();
    return;
  }
  if (node.IsMap())
    for (const auto& entry : node) follow_references(entry.second);
  if (node.IsSequence())
    for (const auto& item : node) follow_references(item);
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) { follow_references(openapi()); }

}  // namespace
}  // namespace tripled::web
