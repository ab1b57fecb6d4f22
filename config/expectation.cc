// `expect` and `allow-failure`: what is known to go wrong, each with a reason.
#include "config/settings_read.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

const std::vector<std::string> kVerdicts{"fail", "timeout", "broken", "suspect"};
constexpr Verdict kOfTheCode[] = {Verdict::fail, Verdict::timeout, Verdict::suspect};
const std::vector<std::string> kDetails{"stage", "unit", "test", "error"};

bool is_verdict(const std::string& key) {
  for (const auto& v : kVerdicts)
    if (v == key) return true;
  return false;
}

Status read_stage_name(const Entry& entry, ExpectedFailure& out) {
  TRIPLED_ASSIGN(auto word, read_choice(entry, all_texts<Stage>()));
  out.stage = from_text<Stage>(word);
  return {};
}

// One map's stage, unit, test and error; lists of units and tests give one expectation each.
Status read_details(const Node& map, const ExpectedFailure& base, std::vector<ExpectedFailure>& out) {
  ExpectedFailure one = base;
  std::vector<std::string> units{""}, tests{""};
  for (const auto& entry : map.entries) {
    if (entry.key == "stage") {
      TRIPLED_TRY(read_stage_name(entry, one));
    } else if (entry.key == "unit") {
      TRIPLED_ASSIGN(units, read_texts(entry));
    } else if (entry.key == "test") {
      TRIPLED_ASSIGN(tests, read_texts(entry));
    } else if (entry.key == "error") {
      TRIPLED_ASSIGN(one.error, read_text(entry));
    }
  }
  for (const auto& unit : units)
    for (const auto& test : tests) {
      one.unit = unit;
      one.test = test;
      out.push_back(one);
    }
  return {};
}

struct Form {
  bool required;
  std::string key, example;
};

// {fail: {stage: execute, test: "codec::*"}, reason: "#77"}; allow-failure also takes the details directly.
Status read_one(const Node& node, const Form& form, std::vector<ExpectedFailure>& out) {
  if (!node.is_map()) return wrong_kind(node, form.key, "a map such as `" + form.example + "`");
  std::vector<std::string> keys = kVerdicts;
  keys.push_back("reason");
  if (!form.required) keys.insert(keys.end(), kDetails.begin(), kDetails.end());
  TRIPLED_TRY(check_keys(node, keys, "`" + form.key + "`"));
  const Entry* reason = node.find("reason");
  if (!reason) return error_at(node.place, "`" + form.key + "` lacks a `reason`");
  ExpectedFailure base;
  base.required = form.required;
  base.where = node.place.text();
  TRIPLED_ASSIGN(base.reason, read_text(*reason));
  bool any = false, direct = false;
  for (const auto& entry : node.entries) {
    direct = direct || (!is_verdict(entry.key) && entry.key != "reason");
    if (!is_verdict(entry.key)) continue;
    any = true;
    if (!entry.value.is_map()) return wrong_kind(entry.value, entry.key, "a map such as `{stage: execute}`");
    TRIPLED_TRY(check_keys(entry.value, kDetails, "`" + entry.key + "`"));
    base.verdict = *from_text<Verdict>(entry.key);
    TRIPLED_TRY(read_details(entry.value, base, out));
  }
  if (direct && any)
    return error_at(node.place, "`" + form.key +
                                    "` takes either `stage`, `unit`, `test`, `error` or a verdict, not both");
  if (direct) {  // whatever goes wrong with the code there; what is broken is nobody's to allow by the way
    for (Verdict verdict : kOfTheCode) {
      base.verdict = verdict;
      TRIPLED_TRY(read_details(node, base, out));
    }
    return {};
  }
  if (!any)
    return error_at(node.place,
                    "`" + form.key + "` names nothing: write what fails, such as `" + form.example + "`");
  return {};
}

Status read_all(const Entry& entry, const Form& form, Patch& patch) {
  std::vector<ExpectedFailure> list;
  if (entry.value.is_sequence()) {
    for (const auto& item : entry.value.items) TRIPLED_TRY(read_one(item, form, list));
  } else {
    TRIPLED_TRY(read_one(entry.value, form, list));
  }
  assign(patch, entry, [list](Working& w) {
    w.settings.expected.insert(w.settings.expected.end(), list.begin(), list.end());
  });
  patch.assignments.back().appends = true;
  return {};
}

}  // namespace

Status read_expect(const Entry& entry, Patch& patch) {
  return read_all(entry, {true, "expect", "{fail: {stage: execute}, reason: \"#77\"}"}, patch);
}

Status read_allow_failure(const Entry& entry, Patch& patch) {
  return read_all(entry, {false, "allow-failure", "{stage: execute, reason: \"#77\"}"}, patch);
}

// All that differs between two is the verdict: they were written as one.
static bool written_together(const ExpectedFailure& a, const ExpectedFailure& b) {
  return !a.required && !b.required && a.where == b.where && a.stage == b.stage && a.unit == b.unit &&
         a.test == b.test && a.error == b.error && a.reason == b.reason;
}

static std::string expectation_text(const ExpectedFailure& e, const std::string& verdicts) {
  std::string out = (e.required ? "must " : "may ") + verdicts;
  if (e.stage) out += " at " + to_text(*e.stage);
  if (!e.unit.empty()) out += " in " + e.unit;
  if (!e.test.empty()) out += " test " + e.test;
  if (!e.error.empty()) out += " with " + e.error;
  return out + " (" + e.reason + ")";
}

std::string expectations_text(const std::vector<ExpectedFailure>& all) {
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string verdicts;
    bool earlier = false;
    for (std::size_t j = 0; j < all.size(); ++j) {
      if (j != i && !written_together(all[i], all[j])) continue;
      earlier = earlier || j < i;
      verdicts += (verdicts.empty() ? "" : " or ") + to_text(all[j].verdict);
    }
    if (!earlier) out += (out.empty() ? "" : "; ") + expectation_text(all[i], verdicts);
  }
  return out;
}

}  // namespace tripled::config
