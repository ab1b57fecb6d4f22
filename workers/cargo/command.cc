#include "workers/cargo/command.h"

#include <algorithm>
#include <array>

#include "schema/base/text.h"
#include "workers/cargo/flags.h"
#include "workers/cargo/selection.h"

namespace tripled::cargo {

namespace {

constexpr std::size_t kRemaining = 20;
constexpr const char* kSystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

// cargo wants TOML's types: `opt-level="2"` and `codegen-units="4"` are refused.
std::string toml_value(const std::string& text) {
  if (is_number(text) || text == "true" || text == "false") return text;
  return "\"" + replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

void add_profile_settings(const Profile& profile, bool tests, std::vector<std::string>& argv) {
  for (const auto& [key, value] : profile.settings) {
    argv.insert(argv.end(), {"--config", "profile." + profile.name + "." + key + "=" + toml_value(value)});
    // `test` inherits from `dev`, but the project's own [profile.test] would win over what the cell says.
    if (tests && profile.name == "dev")
      argv.insert(argv.end(), {"--config", "profile.test." + key + "=" + toml_value(value)});
  }
}

Environment environment(const CommandInput& input, const CompilerFlags& flags) {
  Environment env = input.base;
  for (const auto& [key, value] : input.setup) env[key] = value;
  // An empty one switches the configuration's off; it also switches off cargo's memory of what it asked rustc
  // (.rustc_info.json in the target dir: four processes a call), so only where there is one.
  if (!input.project || !input.project->rustc_wrapper.empty())
    env["RUSTC_WRAPPER"] = env["RUSTC_WORKSPACE_WRAPPER"] = "";
  if (input.offline) env["CARGO_NET_OFFLINE"] = "true";
  for (const auto& [key, value] : input.settings.env) {
    if (value)
      env[key] = *value;
    else
      env.erase(key);
  }
  if (flags.rustflags) {
    env.erase("RUSTFLAGS");
    env["CARGO_ENCODED_RUSTFLAGS"] = join(*flags.rustflags, "\x1f");
  }
  if (flags.rustdocflags) {
    env.erase("RUSTDOCFLAGS");
    env["CARGO_ENCODED_RUSTDOCFLAGS"] = join(*flags.rustdocflags, "\x1f");
  }
  env["CARGO_TARGET_DIR"] = input.target_dir;
  env["CARGO_BUILD_BUILD_DIR"] =
      input.target_dir;  // cargo 1.91: a build.build-dir may point into the project
  if (!input.rustc.empty()) env["RUSTC"] = input.rustc;
  if (!input.rustdoc.empty()) env["RUSTDOC"] = input.rustdoc;
  env["CARGO_TERM_COLOR"] = "never";
  env["CARGO_TERM_PROGRESS_WHEN"] = "never";
  env["CARGO_TERM_QUIET"] = "false";
  env["CARGO_TERM_VERBOSE"] = "false";
  return env;
}

bool scope_has(const CommandInput& input, std::string_view flag) {
  const auto& args = input.settings.cargo_args;
  return std::find(args.begin(), args.end(), flag) != args.end();
}

// --target, --profile, lock policy, packages and features: what all compile calls share.
void add_common(const CommandInput& input, const Selection& selection, bool tests,
                std::vector<std::string>& argv) {
  for (const auto& triple : input.triples) argv.insert(argv.end(), {"--target", triple});
  if (input.settings.profile.name != "dev")
    argv.insert(argv.end(), {"--profile", input.settings.profile.name});
  if (input.settings.lockfile == "locked") argv.emplace_back("--locked");
  if (input.offline && !scope_has(input, "--frozen")) argv.emplace_back("--offline");
  argv.insert(argv.end(), selection.rest.begin(), selection.rest.end());
  argv.insert(argv.end(), input.settings.cargo_args.begin(), input.settings.cargo_args.end());
  add_profile_settings(input.settings.profile, tests, argv);
}

CargoCommand finish(const CommandInput& input, std::vector<std::string> argv) {
  CargoCommand out;
  auto flags = compiler_flags(input);
  out.argv = without_repeated_flags(std::move(argv));
  out.env = environment(input, flags);
  out.notes = std::move(flags.notes);
  return out;
}

std::string verb(Stage stage) {
  switch (stage) {
    case Stage::check:
      return "check";
    case Stage::build:
      return "build";
    case Stage::test_no_run:
    case Stage::execute:
      return "test";
  }
  return "build";
}

CargoCommand build_tests(const CommandInput& input, const Selection& selection,
                         const std::vector<std::string>& targets) {
  std::vector<std::string> argv{input.cargo, "build"};
  argv.insert(argv.end(), targets.begin(), targets.end());
  if (input.settings.profile.name == "dev") argv.insert(argv.end(), {"--profile", "test"});
  if (input.keep_going) argv.emplace_back("--keep-going");
  argv.emplace_back("--message-format=json");
  add_common(input, selection, true, argv);
  return finish(input, std::move(argv));
}

}  // namespace

Environment base_environment(const Environment& host, const std::vector<std::string>& extra_path,
                             bool network) {
  static constexpr std::array kKept{"HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "CARGO_HOME"};
  static constexpr std::array kNetwork{
      "HTTP_PROXY",    "HTTPS_PROXY",    "NO_PROXY",       "ALL_PROXY",        "http_proxy",
      "https_proxy",   "no_proxy",       "all_proxy",      "SSL_CERT_FILE",    "SSL_CERT_DIR",
      "SSH_AUTH_SOCK", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO"};
  Environment out;
  auto keep = [&](const char* key) {
    if (auto found = host.find(key); found != host.end()) out[key] = found->second;
  };
  for (const char* key : kKept) keep(key);
  if (network)
    for (const char* key : kNetwork) keep(key);
  out["LANG"] = "C.UTF-8";
  out["LC_ALL"] = "C.UTF-8";
  auto path = extra_path;
  path.emplace_back(kSystemPath);
  out["PATH"] = join(path, ":");
  return out;
}

CargoCommand compile_command(Stage stage, const CommandInput& input) {
  if (stage == Stage::execute) return doctest_command(input, {});
  auto selection = read_selection(input.settings);
  std::vector<std::string> argv{input.cargo, verb(stage)};
  if (stage == Stage::test_no_run)
    argv.emplace_back("--no-run");
  else if (input.keep_going)
    argv.emplace_back("--keep-going");
  argv.emplace_back("--message-format=json");
  auto targets = target_arguments(selection);
  argv.insert(argv.end(), targets.begin(), targets.end());
  add_common(input, selection, stage == Stage::test_no_run, argv);
  return finish(input, std::move(argv));
}

std::vector<CargoCommand> remaining_test_commands(const CommandInput& input,
                                                  const std::vector<UnitResult>& missing) {
  auto selection = read_selection(input.settings);
  std::vector<CargoCommand> out;
  std::vector<std::string> together;
  std::vector<std::vector<std::string>> alone;  // `cargo test` alone compiles an example with --test
  auto want = [&](std::vector<std::string> words) {
    if (words.size() == 1 && std::find(together.begin(), together.end(), words[0]) != together.end()) return;
    together.insert(together.end(), words.begin(), words.end());
  };
  for (const auto& unit : missing) {
    if (unit.verdict != Verdict::cancelled) continue;
    if (unit.kind == "example" && unit.harness && !selection.targets.empty())
      alone.push_back({"--example", unit.target});
    else if (unit.kind == "example")
      want({"--examples"});
    else if (unit.kind == "bench")
      want({"--bench", unit.target});
    else
      want({"--tests"});
    // `test = false` is passed over by --tests, but not by the --lib and --bin the user wrote
    if (unit.kind == "lib" && selects(selection, "--lib")) alone.push_back({"--lib"});
    if (unit.kind == "bin" && selects(selection, "--bin")) alone.push_back({"--bin", unit.target});
  }
  if (!together.empty()) out.push_back(build_tests(input, selection, together));
  std::sort(alone.begin(), alone.end());
  alone.erase(std::unique(alone.begin(), alone.end()), alone.end());
  for (const auto& words : alone) {
    if (out.size() >= kRemaining) break;
    std::vector<std::string> argv{input.cargo, "test", "--no-run", "--message-format=json"};
    argv.insert(argv.end(), words.begin(), words.end());
    add_common(input, selection, true, argv);
    out.push_back(finish(input, std::move(argv)));
  }
  return out;
}

CargoCommand doctest_command(const CommandInput& input, const std::vector<std::string>& args) {
  auto selection = read_selection(input.settings);
  std::vector<std::string> argv{input.cargo, "test", "--doc", "--no-fail-fast"};
  add_common(input, selection, true, argv);
  bool spaced = std::any_of(input.runner.begin(), input.runner.end(), [](const std::string& word) {
    return word.find_first_of(" \t") != std::string::npos;
  });
  if (spaced) {  // the variable is split at white space; `--config` fails where the project's runner is a
                 // text
    std::vector<std::string> words;
    for (const auto& word : input.runner) words.push_back(toml_value(word));
    argv.insert(argv.end(),
                {"--config", "target." + input.triples.at(0) + ".runner=[" + join(words, ",") + "]"});
  }
  if (!args.empty()) {
    argv.emplace_back("--");
    argv.insert(argv.end(), args.begin(), args.end());
  }
  auto out = finish(input, std::move(argv));
  if (!input.runner.empty() && !spaced)
    out.env[target_variable(input.triples.at(0), "RUNNER")] = join(input.runner, " ");
  return out;
}

CargoCommand unit_graph_command(Stage stage, const CommandInput& input) {
  auto selection = read_selection(input.settings);
  bool tests = stage == Stage::test_no_run || stage == Stage::execute;
  std::vector<std::string> argv{input.cargo, tests ? "test" : "build"};
  if (tests) argv.emplace_back("--no-run");
  argv.insert(argv.end(), {"--unit-graph", "-Z", "unstable-options"});
  auto targets = target_arguments(selection);
  argv.insert(argv.end(), targets.begin(), targets.end());
  add_common(input, selection, tests, argv);
  auto out = finish(input, std::move(argv));
  out.env["RUSTC_BOOTSTRAP"] = "1";
  return out;
}

std::vector<std::string> global_arguments(const std::vector<std::string>& cargo_args) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < cargo_args.size(); ++i) {
    const auto& word = cargo_args[i];
    if (word == "--config" || word == "-Z") {
      out.push_back(word);
      if (i + 1 < cargo_args.size()) out.push_back(cargo_args[++i]);
    } else if (word.starts_with("--config=") || word.starts_with("-Z")) {
      out.push_back(word);
    }
  }
  return out;
}

CargoCommand config_command(const CommandInput& input) {
  CommandInput plain = input;
  plain.settings.rustflags = {};
  plain.settings.rustdocflags = {};
  plain.settings.lints = "as-is";
  std::vector<std::string> argv{input.cargo, "config", "get", "--format", "json", "-Z", "unstable-options"};
  auto global = global_arguments(input.settings.cargo_args);
  argv.insert(argv.end(), global.begin(), global.end());
  auto out = finish(plain, std::move(argv));
  out.env["RUSTC_BOOTSTRAP"] = "1";
  return out;
}

CargoCommand metadata_command(const CommandInput& input, const std::string& filter_triple) {
  std::vector<std::string> argv{input.cargo, "metadata", "--format-version", "1"};
  if (!filter_triple.empty()) argv.insert(argv.end(), {"--filter-platform", filter_triple});
  if (input.settings.lockfile == "locked") argv.emplace_back("--locked");
  if (input.offline) argv.emplace_back("--offline");
  auto global = global_arguments(input.settings.cargo_args);
  argv.insert(argv.end(), global.begin(), global.end());
  return finish(input, std::move(argv));
}

CargoCommand metadata_with_features_command(const CommandInput& input, const std::string& filter_triple) {
  auto command = metadata_command(input, filter_triple);
  const auto& scope = input.settings.scope;
  for (std::size_t i = 0; i < scope.size(); ++i) {
    if (scope[i] == "--no-default-features" || scope[i] == "--all-features" ||
        scope[i].starts_with("--features="))
      command.argv.push_back(scope[i]);
    if ((scope[i] == "--features" || scope[i] == "-F") && i + 1 < scope.size())
      command.argv.insert(command.argv.end(), {scope[i], scope[i + 1]});
  }
  return command;
}

bool has_keep_going(const std::string& version) {
  auto parts = split(version, '.');
  return parts.size() < 2 || parts[0] != "1" || !is_number(parts[1]) || std::stoi(parts[1]) >= 74;
}

std::string target_variable(const std::string& triple, const std::string& key) {
  auto name = to_upper(triple);
  for (char& c : name)
    if (c == '-' || c == '.') c = '_';
  return "CARGO_TARGET_" + name + "_" + key;
}

std::string profile_directory(const std::string& profile) {
  if (profile == "dev" || profile == "test") return "debug";
  if (profile == "bench") return "release";
  return profile;
}

}  // namespace tripled::cargo
