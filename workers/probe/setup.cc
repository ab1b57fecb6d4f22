#include "workers/probe/setup.h"

#include <chrono>

#include "schema/base/text.h"
#include "workers/probe/cpu_flags.h"
#include "workers/probe/preflight.h"

namespace tripled::probe {
namespace {

void provide_std(const SetupSpec& spec, const ProbeContext& context, SetUp& out) {
  const auto* facts = spec.toolchain.find(spec.triple);
  bool shipped = spec.settings.std == "auto" && facts != nullptr && facts->dist;
  if (!shipped) context.say("std for " + spec.triple + " (built from rust-src where it is not cached)");
  toolchain::StdRequest request;
  request.toolchain = spec.toolchain;
  request.triple = spec.triple;
  request.mode = spec.needs_link || spec.needs_run ? toolchain::StdMode::full : toolchain::StdMode::check;
  request.policy = spec.settings.std;
  request.extra_std = spec.settings.extra_std;
  auto got = context.ensure_std(request);
  auto& result = out.result;
  result.std_source = got.source;
  result.std_hash = got.hash;
  result.std_dir = got.dir;
  result.std_mode = to_text(got.mode);
  result.std_build_ms = got.build_ms;
  result.view = got.view;
  result.notes = got.notes;
  result.check = {got.error.empty(), got.error, got.fix};
  out.use = got.use;
  if (!got.log.empty()) out.log += "# std for " + spec.triple + "\n" + got.log + "\n";
}

void leave_untried(const std::string& reason, const std::string& fix, SetupResult& result) {
  result.link = result.run_native = result.run_emulated = {false, reason, fix};
}

// Into a result that has its std part.
void take_over(const ProbedTriple& probed, SetUp& out) {
  const auto& from = probed.result;
  auto& to = out.result;
  to.link = from.link;
  to.run_native = from.run_native;
  to.run_emulated = from.run_emulated;
  to.env = from.env;
  to.runner = from.runner;
  to.runner_env = from.runner_env;
  to.versions = from.versions;
  to.notes.insert(to.notes.end(), from.notes.begin(), from.notes.end());
  out.log += probed.log;
}

// The machine cannot be cured: what needs these flags is compiled here, and run on another one.
void require_cpu_flags(const SetupSpec& spec, SetupResult& result) {
  if (!spec.needs_run) return;
  auto missing = missing_cpu_flags(spec.settings.required_cpu_flags);
  if (missing.empty()) return;
  auto reason = "the processor of this machine lacks " + join(missing, ", ") + " (`requires: cpu-flags`)";
  result.run_native = result.run_emulated = {false, reason, ""};
  result.runner = {};
}

}  // namespace

SetUp set_up(const SetupSpec& spec, const ProbeContext& context, bool both_ways) {
  auto started = std::chrono::steady_clock::now();
  SetUp out;
  if (spec.toolchain.error.empty())
    provide_std(spec, context, out);
  else
    out.result.check = {false, spec.toolchain.error, ""};
  if (!out.result.check.ok)
    leave_untried("there is no std: " + out.result.check.reason, out.result.check.fix, out.result);
  else if (!spec.needs_link && !spec.needs_run)
    leave_untried("not asked for", "", out.result);
  else
    take_over(probe_cached(spec, out.result, ProbeLanguage::rust, both_ways, context), out);
  require_cpu_flags(spec, out.result);
  auto spent = std::chrono::steady_clock::now() - started;
  out.result.duration_ms = std::chrono::duration_cast<Millis>(spent).count();
  return out;
}

}  // namespace tripled::probe
