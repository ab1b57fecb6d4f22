#include "workers/toolchain/project_packages.h"

#include <algorithm>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::toolchain {

// What is read of cargo's answer. (No anonymous namespace: Describe needs names that templates can see.)
namespace metadata_answer {
struct Package {
  std::string id, name;
  std::map<std::string, std::vector<std::string>> features;
};
BOOST_DESCRIBE_STRUCT(Package, (), (id, name, features))

struct Metadata {
  std::vector<Package> packages;
  std::optional<std::vector<std::string>> workspace_default_members;  // ids; since cargo 1.71
};
BOOST_DESCRIBE_STRUCT(Metadata, (), (packages, workspace_default_members))
}  // namespace metadata_answer

Result<std::vector<PackageFacts>> project_packages(const std::string& cargo, const std::string& project_dir,
                                                   const Surroundings& surroundings, const RunTool& run) {
  ToolCommand command;
  command.argv = {cargo, "metadata", "--no-deps", "--offline", "--format-version", "1"};
  command.env = surroundings.tool_environment();
  command.cwd = project_dir;
  TRIPLED_ASSIGN(auto output, run(command));
  if (!output.succeeded()) {
    auto said = replace_all(std::string(trim(output.err)), "\n", " ");
    return Error(ErrorKind::tool, "`cargo metadata`: " + (said.empty() ? output.how_it_ended() : said));
  }
  TRIPLED_ASSIGN(auto metadata, wire::from_text_json<metadata_answer::Metadata>(output.out));
  std::vector<PackageFacts> out;
  for (const auto& package : metadata.packages) {
    PackageFacts facts;
    facts.name = package.name;
    for (const auto& [feature, needs] : package.features) facts.features.push_back(feature);
    if (const auto& members = metadata.workspace_default_members)
      facts.default_member = std::find(members->begin(), members->end(), package.id) != members->end();
    out.push_back(std::move(facts));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

void add_packages(const FactsRequest& request, const Surroundings& surroundings, const RunTool& run,
                  FactsAnswer& answer) {
  answer.packages_error = "no cargo is here to ask";
  for (const auto& facts : answer.toolchains) {
    if (facts.cargo.empty()) continue;
    auto packages = project_packages(facts.cargo, request.project_dir, surroundings, run);
    if (packages) {
      answer.packages = std::move(packages).value();
      answer.packages_error.clear();
      return;
    }
    answer.packages_error = packages.error().message();
  }
}

}  // namespace tripled::toolchain
