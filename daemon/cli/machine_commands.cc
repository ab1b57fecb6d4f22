// `tripled doctor` and `tripled targets`: questions to the local worker about this machine.
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "config/expand.h"
#include "config/expr.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/session.h"
#include "schema/base/text.h"
#include "schema/model/doctor.h"

namespace tripled::cli {
namespace {

// Asks the local worker one question and prints its answer with `show`.
template <class Answer, class Show>
int ask_machine(const Paths& paths, ColourChoice colour, const std::string& kind, wire::json::value body,
                bool json, Show show) {
  SessionOptions options;
  options.paths = paths;
  options.questions_only = true;
  auto session = Session::open(options);
  if (!session) return report_error(session.error(), colour);
  int status = 3;
  auto ended = (*session)->run([&] {
    (*session)->core().ask("", kind, std::move(body), [&](Result<wire::json::value> value) {
      Answer answer;
      Status read = value ? wire::from_json(*value, answer) : Status(value.error());
      if (!read)
        status = report_error(read.error(), colour);
      else
        status = show(answer, json ? wire::pretty(*value) : std::string());
      (*session)->stop();
    });
  });
  return ended ? status : report_error(ended.error(), colour);
}

std::string word(const Terminal& terminal, const Ability& ability, std::size_t width) {
  std::string text = ability.ok ? "yes" : "no";
  text.resize(std::max(width, text.size()), ' ');
  return styled(terminal, ability.ok ? Style::good : Style::bad, text);
}

void print_no(const std::string& what, const Ability& ability) {
  if (ability.reason.empty()) return;
  std::printf("    %s: %s\n", what.c_str(), ability.reason.c_str());
  if (!ability.ok && !ability.fix.empty()) std::printf("      %s\n", ability.fix.c_str());
}

int show_doctor(const DoctorReport& report, const Terminal& terminal) {
  if (!report.toolchain.error.empty()) {
    std::printf("%s\n", report.toolchain.error.c_str());
    return 3;
  }
  std::printf("toolchain %s: rustc %s at %s\n", report.toolchain.name.c_str(),
              report.toolchain.version.c_str(), report.toolchain.rustc.c_str());
  std::size_t width = 6;
  for (const auto& row : report.rows) width = std::max(width, row.triple.size());
  auto w = static_cast<int>(width);
  std::printf("\n%-*s  tier  std        check  build  test-no-run  native  emulated\n", w, "triple");
  bool all = true;
  for (const auto& row : report.rows) {
    all = all && row.check.ok;
    std::printf("%-*s  %-4s  %-9s  %s  %s  %s  %s  %s\n", w, row.triple.c_str(),
                row.tier ? std::to_string(*row.tier).c_str() : "-", to_text(row.std_state).c_str(),
                word(terminal, row.check, 5).c_str(), word(terminal, row.build, 5).c_str(),
                word(terminal, row.test_no_run, 11).c_str(), word(terminal, row.execute_native, 6).c_str(),
                word(terminal, row.execute_emulated, 8).c_str());
  }
  for (const auto& row : report.rows) {
    std::printf("\n%s\n", styled(terminal, Style::bold, row.triple).c_str());
    print_no("check", row.check);
    if (row.build.reason != row.check.reason) print_no("build", row.build);
    if (row.test_no_run.reason != row.build.reason) print_no("test-no-run", row.test_no_run);
    print_no("execute natively", row.execute_native);
    print_no("execute emulated", row.execute_emulated);
    for (const auto& note : row.notes) std::printf("    note: %s\n", note.c_str());
  }
  std::printf("\n");
  for (const auto& [name, value] : report.tools) std::printf("%s: %s\n", name.c_str(), value.c_str());
  std::printf("free disk below the cache: %.1f GiB\n", static_cast<double>(report.free_bytes) / (1 << 30));
  for (const auto& note : report.notes) std::printf("note: %s\n", note.c_str());
  return all ? 0 : 3;
}

// Triples whose linker might be here: what a person without arguments wants to know about.
std::vector<std::string> default_triples() {
  std::vector<std::string> out;
  for (const auto& triple : config::Catalogue::builtin().triples()) {
    const auto* entry = config::Catalogue::builtin().find(triple);
    bool found = false;
    for (const auto& linker : entry->linkers) {
      std::error_code ec;
      found = found || std::filesystem::exists("/usr/bin/" + linker, ec);
    }
    if (found || triple == "x86_64-unknown-linux-gnu") out.push_back(triple);
  }
  return out;
}

// There is no matrix: a triple has no other coordinates.
Result<std::optional<config::Expr>> read_where(const std::string& text) {
  if (text.empty()) return std::optional<config::Expr>();
  TRIPLED_ASSIGN(auto expr, config::parse_expr(text, "--where"));
  const std::vector<std::string> names{"triple", "toolchain", "channel"};
  for (const auto& test : expr.axis_tests()) {
    if (std::find(names.begin(), names.end(), test.axis) != names.end()) continue;
    auto near = nearest(test.axis, names);
    return usage_error(test.place.text() + ": a triple has no `" + test.axis + "`" +
                       (near ? "; did you mean `" + *near + "`?" : ": " + join(names, ", ")));
  }
  return std::optional<config::Expr>(std::move(expr));
}

Result<bool> wanted(const std::optional<config::Expr>& where, const ToolchainFacts& toolchain,
                    const TargetRow& row) {
  if (!where) return true;
  const std::map<std::string, std::string> axes{{"triple", row.triple}, {"toolchain", toolchain.name}};
  config::EvalContext context;
  context.axes = &axes;
  context.toolchain = &toolchain;
  context.triple = toolchain.find(row.triple);
  if (context.triple) {
    context.cfg = &context.triple->cfg;
    context.emulated = [&] {  // as in a matrix that says nothing about it
      return !config::runs_natively_by_default(toolchain, *context.triple, CellSettings());
    };
  }
  return config::evaluate(*where, context);
}

}  // namespace

int run_doctor(const DoctorCommand& command) {
  DoctorQuestion question;
  question.toolchain = command.toolchain;
  question.deep = command.deep;
  question.project_dir = std::filesystem::current_path().string();
  auto triples = command.triples.empty() ? default_triples() : command.triples;
  for (const auto& triple : triples)
    question.triples.push_back(config::Catalogue::builtin().entry_or_default(triple));
  auto terminal = describe_terminal(STDOUT_FILENO, command.colour);
  return ask_machine<DoctorReport>(command.paths, command.colour, "doctor", wire::to_json(question),
                                   command.json, [&](const DoctorReport& report, const std::string& json) {
                                     if (json.empty()) return show_doctor(report, terminal);
                                     std::fputs(json.c_str(), stdout);
                                     return 0;
                                   });
}

int run_targets(const TargetsCommand& command) {
  auto where = read_where(command.where);
  if (!where) return report_error(where.error(), command.colour);
  TargetsQuestion question;
  question.toolchain = command.toolchain;
  for (const auto& triple : config::Catalogue::builtin().triples())
    question.triples.push_back(config::Catalogue::builtin().entry_or_default(triple));
  auto terminal = describe_terminal(STDOUT_FILENO, command.colour);
  auto show = [&](const TargetsAnswer& answer, const std::string& json) {
    std::vector<TargetRow> rows;
    for (const auto& row : answer.rows) {
      auto keep = wanted(*where, answer.toolchain, row);
      if (!keep) return report_error(keep.error(), command.colour);
      if (*keep) rows.push_back(row);
    }
    if (!json.empty()) {
      std::fputs(wire::pretty(wire::to_json(rows)).c_str(), stdout);
      return 0;
    }
    std::size_t width = 6;
    for (const auto& row : rows) width = std::max(width, row.triple.size());
    auto w = static_cast<int>(width);
    std::printf("%-*s  tier  std        check  build  execute  linker, runner\n", w, "triple");
    for (const auto& row : rows)
      std::printf("%-*s  %-4s  %-9s  %s  %s  %s  %s\n", w, row.triple.c_str(),
                  row.tier ? std::to_string(*row.tier).c_str() : "-", to_text(row.std_state).c_str(),
                  word(terminal, row.check, 5).c_str(), word(terminal, row.build, 5).c_str(),
                  word(terminal, row.execute, 7).c_str(),
                  (row.linker + (row.runner.empty() ? "" : ", " + row.runner)).c_str());
    std::printf("\n%zu of %zu triples. Found, not tried: `tripled doctor TRIPLE` tries.\n", rows.size(),
                answer.rows.size());
    return 0;
  };
  return ask_machine<TargetsAnswer>(command.paths, command.colour, "targets", wire::to_json(question),
                                    command.json, show);
}

}  // namespace tripled::cli
