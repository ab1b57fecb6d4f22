#include "daemon/report/repro.h"

#include <algorithm>

#include "daemon/report/record_view.h"
#include "schema/base/text.h"

namespace tripled::report {
namespace {

const CellView* find(const std::vector<CellView>& cells, const std::string& id) {
  for (const auto& cell : cells)
    if (cell.cell().id == id) return &cell;
  return nullptr;
}

class Script {
 public:
  Script(const store::SweepRecord& record, const CellView& cell, const ReproRequest& request)
      : record_(record), cell_(cell), request_(request) {}

  Result<std::string> text() {
    find_directories();
    std::string body;
    for (const auto& job : cell_.jobs)
      if (is_wanted(job.stage()) || is_needed(job.stage()))
        body += job.stage() == Stage::execute ? execute(job) : compile(job);
    if (!contains(body, "clean ")) return usage_error(nothing_ran());
    return head() + body + "\nexit $status\n";
  }

 private:
  // Where the sweep compiled: the script puts a directory of its own in its place.
  void find_directories() {
    for (const auto& job : cell_.jobs)
      for (const auto& result : job.results) {
        if (auto found = result.env.find("CARGO_TARGET_DIR");
            found != result.env.end() && target_dir_.empty())
          target_dir_ = found->second;
        if (is_compile(job.stage()) && source_dir_.empty()) source_dir_ = result.cwd;
      }
  }

  bool is_wanted(Stage stage) const { return !request_.stage || *request_.stage == stage; }
  // What is executed must be built first; whether all of that succeeds is not the question then.
  bool is_needed(Stage stage) const {
    return stage == Stage::test_no_run && request_.stage == Stage::execute;
  }

  std::string nothing_ran() const {
    std::string why = cell_.cell().excluded_reason;
    for (const auto& job : cell_.jobs)
      if (why.empty()) why = job.row->reason;
    return "nothing of cell " + request_.cell + " was run" + (why.empty() ? "" : ": " + why);
  }

  // One word of the shell, with the sweep's directories replaced by the script's.
  std::string word(const std::string& text) const {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
      std::size_t next = std::string::npos;
      const char* name = nullptr;
      std::size_t length = 0;
      auto look = [&](const std::string& dir, const char* variable) {
        auto found = dir.empty() ? std::string::npos : text.find(dir, at);
        if (found >= next) return;
        next = found;
        name = variable;
        length = dir.size();
      };
      look(target_dir_, "\"$target_dir\"");
      look(source_dir_, "\"$source_dir\"");
      auto plain = text.substr(at, next == std::string::npos ? next : next - at);
      if (!plain.empty()) out += shell_quote(plain);
      if (!name) return out;
      out += name;
      at = next + length;
    }
    return out.empty() ? "''" : out;
  }

  std::string words(const std::vector<std::string>& list) const {
    std::string out;
    for (const auto& item : list) out += (out.empty() ? "" : " ") + word(item);
    return out;
  }

  std::string assignments(const std::map<std::string, std::string>& env) const {
    std::string out;
    for (const auto& [key, value] : env) out += "  " + key + "=" + word(value) + " \\\n";
    return out;
  }

  // `seconds` 0: no limit.
  std::string call(const std::map<std::string, std::string>& env, const std::string& argv,
                   const std::string& cwd, std::int64_t seconds, const std::string& failed) const {
    std::string limit = seconds > 0 ? "timeout -k 10 " + std::to_string(seconds) + " " : "";
    return "( cd " + word(cwd) + " && clean \\\n" + assignments(env) + "  " + limit + argv + " ) || " +
           failed + "\n";
  }

  std::string compile(const JobView& job) const {
    auto stage = to_text(job.stage());
    const auto* result = job.decisive();
    if (!result || result->command.empty()) {
      auto why = job.row->implied ? "implied by build: nothing was run for it"
                                  : (job.row->reason.empty() ? "not run" : "not run: " + job.row->reason);
      return "\n# --- " + stage + ": " + replace_all(why, "\n", " ") + "\n";
    }
    auto seconds = cell_.settings().timeout_ms / 1000;
    return "\n# --- " + stage + ": " + to_text(job.row->verdict.value_or(Verdict::cancelled)) +
           (job.row->reason.empty() ? "" : ", " + replace_all(job.row->reason, "\n", " ")) + "\necho '+ " +
           stage + "'\n" +
           call(result->env, words(without_json(result->command)), result->cwd, seconds,
                is_wanted(job.stage()) ? "failed" : ":");
  }

  // A person reads what this prints.
  static std::vector<std::string> without_json(std::vector<std::string> command) {
    std::erase(command, "--message-format=json");
    return command;
  }

  std::string execute(const JobView& job) const {
    const auto* built = cell_.job(Stage::test_no_run);
    if (job.results.empty() || !cell_.setup || !built || !built->decisive()) return {};
    const auto& setup = *cell_.setup;
    std::string out = "\n# --- execute: " + to_text(job.row->verdict.value_or(Verdict::cancelled)) +
                      ", runner " + (setup.runner.name.empty() ? "native" : setup.runner.name) + " " +
                      setup.runner.version + "\n";
    for (const auto& exe : built->decisive()->executables) {
      if (exe.host && !cell_.host_cell) continue;
      if (!request_.test.empty() && !has_test(job, exe)) continue;
      out += "echo '+ " + exe.package + "/" + exe.target + "'\n" +
             call(environment(exe), words(command(exe)), exe.manifest_dir, seconds_of(job), "failed");
    }
    return out + doctests(job, *built->decisive());
  }

  static bool has_test(const std::vector<TestResult>& tests, const Executable& exe, const std::string& name) {
    return std::any_of(tests.begin(), tests.end(), [&](const TestResult& t) {
      return t.test == name && t.package == exe.package && t.target == exe.target &&
             (t.kind == exe.kind || t.kind == "custom");
    });
  }
  bool has_test(const JobView& job, const Executable& exe) const {
    return std::any_of(job.results.begin(), job.results.end(),
                       [&](const AttemptResult& r) { return has_test(r.tests, exe, request_.test); });
  }

  std::map<std::string, std::string> environment(const Executable& exe) const {
    auto env = cell_.setup->runner_env;
    for (const auto& [key, value] : exe.env) env[key] = value;
    for (const auto& [key, value] : cell_.settings().env)
      if (value)
        env[key] = *value;
      else
        env.erase(key);
    return env;
  }

  std::vector<std::string> command(const Executable& exe) const {
    std::vector<std::string> out;
    if (!exe.host) out = cell_.setup->runner.command;
    out.push_back(exe.path);
    const auto& tests = cell_.settings().tests;
    if (exe.libtest && !request_.test.empty()) out.insert(out.end(), {"--exact", request_.test});
    out.insert(out.end(), tests.args.begin(), tests.args.end());
    if (!exe.libtest) return out;
    if (tests.threads) out.push_back("--test-threads=" + std::to_string(*tests.threads));
    if (tests.ignored == "only") out.emplace_back("--ignored");
    if (tests.ignored == "both") out.emplace_back("--include-ignored");
    for (const auto& skip : tests.skip) out.insert(out.end(), {"--skip", skip});
    return out;
  }

  // Of the whole executable; where a test hung, what it was given then is long enough.
  std::int64_t seconds_of(const JobView& job) const {
    const auto& s = cell_.settings();
    bool hung = false;
    for (const auto& result : job.results)
      for (const auto& t : result.tests) hung = hung || t.state == TestState::timed_out;
    auto limit = hung && s.no_output_timeout_ms > 0 ? s.no_output_timeout_ms : s.timeout_ms;
    return limit > 0 ? (limit + 999) / 1000 : 1200;
  }

  std::string doctests(const JobView& job, const AttemptResult& built) const {
    bool ran = false;
    for (const auto& result : job.results)
      for (const auto& t : result.tests)
        ran = ran || (t.kind == "doctest" && (request_.test.empty() || t.test == request_.test));
    if (!ran || built.command.empty()) return {};
    auto argv = without_json(built.command);
    std::replace(argv.begin(), argv.end(), std::string("--no-run"), std::string("--doc"));
    argv.emplace_back("--no-fail-fast");
    auto env = built.env;
    const auto& runner = cell_.setup->runner.command;
    if (!runner.empty()) {
      auto name = to_upper(cell_.cell().triple);
      for (char& c : name)
        if (c == '-' || c == '.') c = '_';
      env["CARGO_TARGET_" + name + "_RUNNER"] = join(runner, " ");
    }
    return "echo '+ doctests'\n" + call(env, words(argv), built.cwd, seconds_of(job), "failed");
  }

  std::string head() const {
    const auto& row = record_.row;
    std::string out = "#!/bin/sh\n# Cell " + request_.cell + " of sweep " + std::to_string(row.id) + " of " +
                      row.project_name + (row.revision.empty() ? "" : " at " + row.revision) +
                      ", repeated by hand (tripled repro).\n";
    for (const auto& job : cell_.jobs)
      if (const auto* result = job.decisive(); result && !result->versions.empty()) {
        for (const auto& [name, version] : result->versions)
          out += "# " + name + ": " + replace_all(version, "\n", " ") + "\n";
        break;
      }
    out +=
        "# Overridable: SOURCE_DIR, TARGET_DIR (default: a new directory that is removed at the end).\nset "
        "-u\n";
    out += "source_dir=${SOURCE_DIR:-" + shell_quote(source_dir_) + "}\n";
    out += R"sh(if [ -n "${TARGET_DIR:-}" ]; then
  target_dir=$TARGET_DIR
else
  target_dir=$(mktemp -d) || exit 2
  trap 'rm -rf "$target_dir"' EXIT
fi
[ -d "$source_dir" ] || { echo "the sources are not in $source_dir any more: set SOURCE_DIR" >&2; exit 2; }
status=0
failed() { s=$?; [ $status -ne 0 ] || status=$s; }
# The environment of a job: nothing of yours but these.
clean() {
  env -i HOME="$HOME" ${USER:+USER="$USER"} ${TMPDIR:+TMPDIR="$TMPDIR"} ${TZ:+TZ="$TZ"} ${CARGO_HOME:+CARGO_HOME="$CARGO_HOME"} \
    LANG=C.UTF-8 LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
)sh";
    return out;
  }

  const store::SweepRecord& record_;
  const CellView& cell_;
  const ReproRequest& request_;
  std::string target_dir_, source_dir_;
};

}  // namespace

Result<std::string> repro_script(const store::SweepRecord& record, const ReproRequest& request) {
  auto cells = view_cells(record);
  const auto* cell = find(cells, request.cell);
  if (!cell) {
    std::vector<std::string> ids;
    for (const auto& c : cells) ids.push_back(c.cell().id);
    auto near = nearest(request.cell, ids);
    return usage_error("sweep " + std::to_string(record.row.id) + " has no cell `" + request.cell + "`" +
                       (near ? "; did you mean `" + *near + "`?" : ""));
  }
  return Script(record, *cell, request).text();
}

}  // namespace tripled::report
