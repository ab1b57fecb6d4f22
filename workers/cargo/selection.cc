#include "workers/cargo/selection.h"

#include <algorithm>
#include <array>
#include <set>

namespace tripled::cargo {

namespace {

constexpr std::array<std::string_view, 7> kPlain{"--lib",     "--bins",        "--tests", "--examples",
                                                 "--benches", "--all-targets", "--doc"};
constexpr std::array<std::string_view, 4> kNamed{"--bin", "--test", "--example", "--bench"};
constexpr std::array<std::string_view, 14> kOnce{
    "--lib",        "--bins",   "--tests",  "--examples",  "--benches",      "--all-targets",
    "--offline",    "--locked", "--frozen", "--workspace", "--all-features", "--no-default-features",
    "--keep-going", "--release"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void add(Selection& selection, TargetFlag flag) {
  for (const auto& known : selection.targets)
    if (known.flag == flag.flag && known.value == flag.value) return;
  selection.targets.push_back(std::move(flag));
}

void read_scope(const std::vector<std::string>& scope, Selection& out) {
  for (std::size_t i = 0; i < scope.size(); ++i) {
    const auto& word = scope[i];
    auto equals = word.find('=');
    auto flag = word.substr(0, equals);
    if (is_one_of(kPlain, word)) {
      add(out, {word, ""});
    } else if (is_one_of(kNamed, flag) && equals != std::string::npos) {
      add(out, {flag, word.substr(equals + 1)});
    } else if (is_one_of(kNamed, word) && i + 1 < scope.size() && !scope[i + 1].starts_with('-')) {
      add(out, {word, scope[++i]});
    } else {
      out.rest.push_back(word);
    }
  }
}

// lib bins tests examples benches doctests test:NAME (also bin:, example:, bench:).
void read_units(const std::vector<std::string>& units, Selection& out) {
  bool doctests = false, others = false;
  for (const auto& unit : units) {
    if (unit == "default") {
      others = true;
    } else if (unit == "all") {
      others = true;
      add(out, {"--all-targets", ""});
    } else if (unit == "doctests") {
      doctests = true;
    } else if (auto colon = unit.find(':'); colon != std::string::npos) {
      others = true;
      add(out, {"--" + unit.substr(0, colon), unit.substr(colon + 1)});
    } else {
      others = true;
      add(out, {"--" + unit, ""});
    }
  }
  out.doctests_only = doctests && !others;
}

}  // namespace

Selection read_selection(const CellSettings& settings) {
  Selection out;
  read_scope(settings.scope, out);
  read_units(settings.units, out);
  return out;
}

bool selects(const Selection& selection, const std::string& flag) {
  return std::any_of(selection.targets.begin(), selection.targets.end(),
                     [&](const TargetFlag& t) { return t.flag == flag; });
}

std::vector<std::string> target_arguments(const Selection& selection) {
  std::vector<std::string> out;
  for (const auto& target : selection.targets) {
    out.push_back(target.flag);
    if (!target.value.empty()) out.push_back(target.value);
  }
  if (selection.doctests_only && out.empty()) out.emplace_back("--lib");  // what doctests link
  return out;
}

bool wants_doctests_apart(const CellSettings& settings) {
  bool named = std::any_of(settings.units.begin(), settings.units.end(),
                           [](const std::string& unit) { return unit == "doctests" || unit == "all"; });
  if (!named) return false;
  auto selection = read_selection(settings);
  return selection.doctests_only || !selection.targets.empty();
}

std::vector<std::string> without_repeated_flags(std::vector<std::string> args) {
  std::set<std::string> seen;
  std::vector<std::string> out;
  for (auto& arg : args) {
    if (arg == "--") {  // what follows is not cargo's
      out.insert(out.end(), std::make_move_iterator(args.begin() + (&arg - args.data())),
                 std::make_move_iterator(args.end()));
      break;
    }
    if (is_one_of(kOnce, arg) && !seen.insert(arg).second) continue;
    out.push_back(std::move(arg));
  }
  return out;
}

}  // namespace tripled::cargo
