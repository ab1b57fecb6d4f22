#include "daemon/cli/plan_source.h"

#include <algorithm>
#include <set>

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::cli {

namespace fs = std::filesystem;

// What a project is called that says nothing about it.
static std::string default_name(const ProjectSource& source) {
  if (!source.crate.empty()) return source.crate;
  auto place = source.path.empty() ? source.git : source.path;
  while (place.size() > 1 && place.ends_with('/')) place.pop_back();
  auto name = place.substr(place.find_last_of("/:") + 1);
  if (source.path.empty() && name.ends_with(".git")) name.resize(name.size() - 4);
  return name;
}

Result<LoadedMatrix> load(const PlanArgs& args) {
  LoadedMatrix out;
  std::error_code ec;
  if (args.matrix.empty()) {
    if (args.narrowing.triples.empty())
      return usage_error("name a matrix file, or say which triples with --triple");
    auto toolchain =
        config::path_from(fs::current_path().string(), args.toolchain.empty() ? "stable" : args.toolchain);
    TRIPLED_ASSIGN(out.matrix, config::default_matrix(args.narrowing.triples, toolchain));
  } else {
    out.file = args.matrix;
    auto text = read_file(args.matrix, 1 << 20);
    if (!text) return config_error(text.error().message());
    out.text = std::move(text).value();
    TRIPLED_ASSIGN(out.matrix, config::load_matrix(args.matrix));
  }
  auto& source = out.matrix.project.source;
  if (!source.path.empty()) source.path = fs::absolute(source.path).lexically_normal().string();
  if (source.path.size() > 1 && source.path.ends_with('/')) source.path.pop_back();
  if (out.matrix.project.name.empty()) out.matrix.project.name = default_name(source);
  TRIPLED_ASSIGN(out.request, config::facts_needed(out.matrix, args.narrowing.only));
  out.request.project_dir = source.path;
  out.request.packages = !source.path.empty() && (out.request.packages || !args.narrowing.packages.empty());
  return out;
}

std::string absolute_file(const LoadedMatrix& loaded) {
  return loaded.file.empty() ? "" : fs::absolute(loaded.file).lexically_normal().string();
}

// Stored with the sweep: only what its cells need, 322 triples with their cfg are a quarter of a MiB.
static std::vector<ToolchainFacts> reduced(std::vector<ToolchainFacts> facts, const Plan& plan) {
  for (auto& toolchain : facts) {
    std::set<std::string> wanted{toolchain.host};
    for (const auto& cell : plan.cells) {
      wanted.insert(cell.triple);
      wanted.insert(cell.settings.extra_std.begin(), cell.settings.extra_std.end());
    }
    std::erase_if(toolchain.triples, [&](const TripleFacts& t) { return !wanted.count(t.triple); });
  }
  return facts;
}

Status settle_worker_labels(Plan& plan) {
  for (auto& cell : plan.cells) {
    const auto& labels = cell.settings.worker_labels;
    if (!cell.excluded_reason.empty() || labels.empty()) continue;
    auto place = cell.provenance.find("worker");
    auto where = place == cell.provenance.end() ? std::string() : place->second;
    if (cell.settings.if_impossible == "excluded") {
      cell.excluded_reason = "the worker of this sweep has no label " + join(labels, ", ");
      cell.provenance["excluded"] = where;
      continue;
    }
    return config_error(where + ": `worker: " + join(labels, ", ") + "` of cell " + cell.id +
                        ": a sweep from the command line has one local worker without labels; leave the "
                        "cell out by --only, or write `if-impossible: excluded` beside it");
  }
  return {};
}

void expand(app::Core& core, const LoadedMatrix& loaded, const PlanArgs& args,
            std::function<void(Result<Expanded>)> done) {
  core.ask("facts", wire::to_json(loaded.request), [loaded, args, done](Result<wire::json::value> answer) {
    if (!answer) return done(answer.error());
    FactsAnswer facts;
    if (auto read = wire::from_json(*answer, facts); !read) return done(read.error());
    config::ExpandOptions options;
    options.packages = std::move(facts.packages);
    options.packages_error = std::move(facts.packages_error);
    options.narrowing = args.narrowing;
    if (args.matrix.empty()) options.narrowing.triples.clear();  // they are the matrix
    options.cell_limit = args.cell_limit;
    auto plan = config::expand(loaded.matrix, facts.toolchains, options);
    if (!plan) return done(plan.error());
    Expanded out;
    out.plan = std::move(plan).value();
    out.facts = reduced(std::move(facts.toolchains), out.plan);
    done(std::move(out));
  });
}

}  // namespace tripled::cli
