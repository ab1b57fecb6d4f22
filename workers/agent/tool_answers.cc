#include "workers/agent/tool_answers.h"

#include "schema/base/text.h"
#include "workers/cargo/flags.h"

namespace tripled::agent {

std::string answer(StageRun& run, const cargo::CargoCommand& command, const std::string& cwd) {
  constexpr std::size_t most = 8u << 20;
  auto captured = run.ask(command, cwd);
  if (!captured) return "error: " + captured.error().message();
  auto text = to_valid_utf8(captured->succeeded() ? captured->out : "error: " + captured->err);
  return text.size() <= most ? text : "error: " + std::to_string(text.size()) + " bytes, not kept";
}

std::string cfg_of(const CompileSpec& spec, const cargo::CommandInput& input, StageRun& run) {
  cargo::CargoCommand cfg{{input.rustc, "--print", "cfg", "--target", spec.cell.triple}, input.base, {}};
  auto flags = cargo::compiler_flags(input).rustflags;
  if (!flags && input.project)
    flags = cargo::effective_rustflags(*input.project, spec.cell.triple, input.cfg);
  if (flags) cfg.argv.insert(cfg.argv.end(), flags->begin(), flags->end());
  return answer(run, cfg, spec.sources.source_dir);
}

}  // namespace tripled::agent
