#include "daemon/app/service/planning.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::app {

namespace fs = std::filesystem;

// What a project is called that says nothing about it.
static std::string default_name(const ProjectSource& source) {
  if (!source.crate.empty()) return source.crate;
  auto place = source.sent ? source.sent->path : source.path.empty() ? source.git : source.path;
  while (place.size() > 1 && place.ends_with('/')) place.pop_back();
  auto name = place.substr(place.find_last_of("/:") + 1);
  if (!source.git.empty() && name.ends_with(".git")) name.resize(name.size() - 4);
  return name;
}

Status complete(MatrixRequest& request) {
  auto& source = request.matrix.project.source;
  if (!source.path.empty()) source.path = fs::absolute(source.path).lexically_normal().string();
  if (source.path.size() > 1 && source.path.ends_with('/')) source.path.pop_back();
  if (request.matrix.project.name.empty()) request.matrix.project.name = default_name(source);
  TRIPLED_ASSIGN(request.facts, config::facts_needed(request.matrix, request.narrowing.only));
  request.facts.project_dir = source.path;
  request.facts.packages =
      !source.path.empty() && (request.facts.packages || !request.narrowing.packages.empty());
  request.facts.rust_version = request.rust_version;
  return {};
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

void ask_known_triples(Core& core, store::SweepId sweep, const MatrixRequest& request,
                       const std::vector<ToolchainFacts>& facts, const std::string& worker) {
  auto first = std::find_if(facts.begin(), facts.end(), [](const auto& f) { return f.error.empty(); });
  if (first == facts.end()) return;
  auto wanted = request.facts;
  wanted.toolchains = {first->name};
  wanted.cfg_triples = {"*"};
  wanted.flag_sets.clear();
  wanted.packages = false;
  core.ask(worker, "facts", wire::to_json(wanted), [&core, sweep](Result<wire::json::value> answer) {
    FactsAnswer told;
    if (!answer || !wire::from_json(*answer, told) || told.toolchains.empty()) return;
    auto triples = std::move(told.toolchains.front().triples);
    std::erase_if(triples, [](const TripleFacts& t) { return t.cfg.empty(); });
    if (triples.empty()) return;
    core.write_soon([sweep, triples = std::move(triples)](store::Transaction& tx) {
      return tx.set_known_triples(sweep, triples);
    });
  });
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

void leave_out_unlabelled(Plan& plan, const std::vector<sched::WorkerView>& workers) {
  for (auto& cell : plan.cells) {
    const auto& wanted = cell.settings.worker_labels;
    if (!cell.excluded_reason.empty() || wanted.empty() || cell.settings.if_impossible != "excluded")
      continue;
    bool some = std::any_of(workers.begin(), workers.end(), [&](const sched::WorkerView& view) {
      return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& label) {
        return std::find(view.labels.begin(), view.labels.end(), label) != view.labels.end();
      });
    });
    if (some) continue;
    cell.excluded_reason = "no worker has the labels " + join(wanted, ", ");
    auto place = cell.provenance.find("worker");
    cell.provenance["excluded"] = place == cell.provenance.end() ? std::string() : place->second;
  }
}

void expand(Core& core, const MatrixRequest& request, std::function<void(Result<Expanded>)> done,
            const std::string& worker) {
  core.ask(worker, "facts", wire::to_json(request.facts), [request, done](Result<wire::json::value> answer) {
    if (!answer) return done(answer.error());
    FactsAnswer facts;
    if (auto read = wire::from_json(*answer, facts); !read) return done(read.error());
    config::ExpandOptions options;
    options.packages = request.packages ? request.packages : std::move(facts.packages);
    options.packages_error = std::move(facts.packages_error);
    options.narrowing = request.narrowing;
    options.cell_limit = request.cell_limit;
    options.change = request.change;
    auto plan = config::expand(request.matrix, facts.toolchains, options);
    if (!plan) return done(plan.error());
    Expanded out;
    out.plan = std::move(plan).value();
    out.facts = reduced(std::move(facts.toolchains), out.plan);
    done(std::move(out));
  });
}

Status check_project_path(const std::string& path, const std::vector<std::string>& roots) {
  if (!fs::path(path).is_absolute())
    return usage_error("`source: {path: " + path +
                       "}`: a submitted sweep names its project by an absolute path");
  std::error_code ec;
  auto real = fs::canonical(path, ec);
  if (ec) return usage_error("the project " + path + ": " + ec.message());
  for (const auto& root : roots) {
    auto below = real.lexically_relative(fs::weakly_canonical(root, ec));
    if (!below.empty() && *below.begin() != "..") return {};
  }
  return usage_error("the project " + path + " lies below none of the daemon's `project-roots`");
}

store::NewSweep new_sweep(const MatrixRequest& request, Expanded expanded) {
  store::NewSweep sweep;
  sweep.plan = std::move(expanded.plan);
  sweep.facts = std::move(expanded.facts);
  sweep.matrix_file = request.file;
  sweep.options_json = wire::to_text_json(SweepOptions{sweep.plan.narrowed_by});
  sweep.matrix_text = request.text;
  sweep.started_at = unix_now_ms();
  sweep.trigger = request.trigger;
  sweep.ref = request.ref;
  return sweep;
}

}  // namespace tripled::app
