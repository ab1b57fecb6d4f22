// The settings that are maps of their own: runner, qemu, tests, profile, requires, when.
#include <algorithm>

#include "config/settings_read.h"
#include "schema/base/text.h"

namespace tripled::config {

Status read_runner(const Entry& entry, Patch& patch) {
  TRIPLED_TRY(expect_map(entry, "{name: wine, kind: emulated, command: [wine]}"));
  TRIPLED_TRY(check_keys(entry.value, {"name", "kind", "command"}, "`runner`"));
  RunnerSetting runner;
  const Entry* kind = entry.value.find("kind");
  const Entry* command = entry.value.find("command");
  if (!kind) return error_at(entry.value.place, "`runner` lacks `kind`: native or emulated");
  if (!command) return error_at(entry.value.place, "`runner` lacks `command`");
  TRIPLED_ASSIGN(auto word, read_choice(*kind, {"native", "emulated"}));
  runner.kind = word == "native" ? RunnerKind::native : RunnerKind::emulated;
  TRIPLED_ASSIGN(runner.command, read_words(*command));
  if (runner.command.empty()) return error_at(command->value.place, "`command` is empty");
  auto slash = runner.command.front().rfind('/');
  runner.name =
      slash == std::string::npos ? runner.command.front() : runner.command.front().substr(slash + 1);
  if (const Entry* name = entry.value.find("name")) {
    TRIPLED_ASSIGN(runner.name, read_text(*name));
  }
  assign(patch, entry, [runner](Working& w) {
    w.settings.runner = runner;
    auto& program = w.settings.runner->command.front();
    program = path_from(w.directory, program);
  });
  return {};
}

Status read_qemu(const Entry& entry, Patch& patch) {
  TRIPLED_TRY(expect_map(entry, "{cpu: max}"));
  TRIPLED_TRY(check_keys(entry.value, {"cpu", "version", "args"}, "`qemu`"));
  for (const auto& part : entry.value.entries) {
    if (part.key == "args") {
      TRIPLED_ASSIGN(auto args, read_words(part));
      assign(patch, part, "qemu.args", [args](Working& w) { w.settings.qemu.args = args; });
      continue;
    }
    TRIPLED_ASSIGN(auto text, read_text(part));
    auto member = part.key == "cpu" ? &QemuSetting::cpu : &QemuSetting::version;
    assign(patch, part, "qemu." + part.key, [=](Working& w) { w.settings.qemu.*member = text; });
  }
  return {};
}

static std::vector<std::string> TestSettings::*test_list(const std::string& key) {
  if (key == "filter") return &TestSettings::filter;
  if (key == "skip") return &TestSettings::skip;
  if (key == "args") return &TestSettings::args;
  return &TestSettings::libtest_like;
}

// Arguments of a test executable that a key of `tests` says, or that would change what is read of its output;
// empty: none.
static std::string test_args_problem(const std::vector<std::string>& args) {
  struct Elsewhere {
    const char *word, *instead;
  };
  constexpr Elsewhere elsewhere[] = {
      {"--skip", "`tests: {skip: …}`"},
      {"--ignored", "`tests: {ignored: only}`"},
      {"--exact", "`tests: {filter: …}`"},
      {"--include-ignored", "`tests: {ignored: both}`"},
      {"--test-threads", "`tests: {threads: …}`"},
      {"--list", "nothing: it is asked anyway"},
      {"--format", "nothing: tripled reads the default one"},
      {"--quiet", "nothing: tripled reads the whole output"},
      {"-q", "nothing: tripled reads the whole output"},
  };
  constexpr std::string_view flags[] = {"--nocapture", "--no-capture",  "--show-output", "--shuffle",
                                        "--test",      "--report-time", "--ensure-time", "--bench"};
  bool may_be_value = false;  // of the option before, of which we know nothing
  for (const auto& word : args) {
    bool option = word.rfind('-', 0) == 0;
    auto name = word.substr(0, word.find('='));
    for (const auto& other : elsewhere)
      if (name == other.word) return "`" + word + "` does not belong into `args`: use " + other.instead;
    if (!option && !may_be_value)
      return "`" + word + "` does not belong into `args`: use `tests: {filter: …}` for names of tests";
    may_be_value =
        option && name == word && std::find(std::begin(flags), std::end(flags), word) == std::end(flags);
  }
  return "";
}

Status read_tests(const Entry& entry, Patch& patch) {
  TRIPLED_TRY(expect_map(entry, "{skip: [slow], threads: 1}"));
  TRIPLED_TRY(
      check_keys(entry.value, {"filter", "skip", "ignored", "threads", "args", "libtest-like"}, "`tests`"));
  for (const auto& part : entry.value.entries) {
    auto key = "tests." + part.key;
    if (part.key == "ignored") {
      TRIPLED_ASSIGN(auto word, read_choice(part, {"no", "only", "both"}));
      assign(patch, part, key, [word](Working& w) { w.settings.tests.ignored = word; });
    } else if (part.key == "threads") {
      TRIPLED_ASSIGN(int threads, read_positive(part));
      assign(patch, part, key, [threads](Working& w) { w.settings.tests.threads = threads; });
    } else {
      std::vector<std::string> values;
      if (part.key == "args") {
        TRIPLED_ASSIGN(values, read_words(part));
        auto problem = test_args_problem(values);
        if (!problem.empty()) return error_at(part.value.place, problem);
      } else {
        TRIPLED_ASSIGN(values, read_texts(part));
      }
      auto member = test_list(part.key);
      assign(patch, part, key, [=](Working& w) { w.settings.tests.*member = values; });
    }
  }
  return {};
}

Status read_profile(const Entry& entry, Patch& patch) {
  static const std::vector<std::string> keys{
      "name", "opt-level", "debug",       "split-debuginfo", "strip", "debug-assertions", "overflow-checks",
      "lto",  "panic",     "incremental", "codegen-units",   "rpath", "inherits"};
  Profile profile;
  if (entry.value.is_map()) {
    TRIPLED_TRY(check_keys(entry.value, keys, "`profile`"));
    for (const auto& part : entry.value.entries) {
      TRIPLED_ASSIGN(auto text, read_text(part));
      if (part.key == "name")
        profile.name = text;
      else
        profile.settings[part.key] = text;
    }
  } else {
    if (!entry.value.is_scalar())
      return wrong_kind(entry.value, "profile",
                        "a name such as `release` or a map such as `{name: release, lto: fat}`");
    TRIPLED_ASSIGN(profile.name, read_text(entry));
  }
  if (profile.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
      std::string::npos)
    return error_at(entry.value.place, "`" + profile.name + "` is not a profile name");
  assign(patch, entry, [profile](Working& w) { w.settings.profile = profile; });
  return {};
}

Status read_requires(const Entry& entry, Patch& patch) {
  TRIPLED_TRY(expect_map(entry, "{cpu-flags: [avx2]}"));
  TRIPLED_TRY(check_keys(entry.value, {"cpu-flags"}, "`requires`"));
  for (const auto& part : entry.value.entries) {
    TRIPLED_ASSIGN(auto flags, read_texts(part));
    assign(patch, part, "requires.cpu-flags", [flags](Working& w) { w.settings.required_cpu_flags = flags; });
  }
  return {};
}

Status read_when(const Entry& entry, Patch& patch) {
  When when;
  when.place = entry.value.place;
  if (entry.value.is_map()) {
    TRIPLED_TRY(check_keys(entry.value, {"paths", "message", "event"}, "`when`"));
    if (entry.value.entries.empty())
      return wrong_kind(entry.value, "when", "`full` or {paths, message, event}");
    for (const auto& part : entry.value.entries) {
      TRIPLED_ASSIGN(auto texts, read_texts(part));
      (part.key == "paths" ? when.paths : part.key == "message" ? when.message : when.event) = texts;
    }
  } else {
    TRIPLED_TRY(read_choice(entry, {"full"}));
    when.full = true;
  }
  patch.when = std::move(when);
  return {};
}

}  // namespace tripled::config
