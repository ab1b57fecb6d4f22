#include "daemon/diagnosis/explain/render.h"

#include "schema/base/text.h"

namespace tripled::diagnosis {
namespace {

bool is_cfg(const Attribute& a) { return a.kind != Attribute::Kind::word; }

// One option of a cfg literal. A line of rustc's is `name` or `name="value"`.
std::string cfg_option(const Attribute& a, const std::string& value) {
  if (a.kind == Attribute::Kind::cfg_value) return a.name + " = \"" + value + "\"";
  if (a.name == "target_family=\"unix\"") return "unix";
  if (a.name == "target_family=\"windows\"") return "windows";
  auto equals = a.name.find('=');
  return equals == std::string::npos ? a.name : a.name.substr(0, equals) + " = " + a.name.substr(equals + 1);
}

std::string cfg_literal(const Attribute& a, const Literal& l) {
  std::vector<std::string> options;
  for (const auto& value : l.values) options.push_back(cfg_option(a, value));
  auto text = options.size() == 1 ? options[0] : "any(" + join(options, ", ") + ")";
  return l.negated ? "not(" + text + ")" : text;
}

std::string word_literal(const Attribute& a, const Literal& l) {
  if (l.threshold) return a.name + (l.negated ? " < " : " >= ") + l.values[0];
  std::vector<std::string> values;
  for (const auto& v : l.values) values.push_back(v.empty() ? "(none)" : v);
  if (values.size() == 1) return a.name + (l.negated ? " is not " : " is ") + values[0];
  return a.name + (l.negated ? " not in {" : " in {") + join(values, ", ") + "}";
}

struct Parts {
  std::vector<std::string> cfg, words;
};

std::string all_of(const std::vector<std::string>& cfg) {
  return cfg.size() == 1 ? cfg[0] : "all(" + join(cfg, ", ") + ")";
}

// As it stands inside any(…): a set is no any(…) of its own there.
std::string options_of(const Parts& p) {
  auto text = all_of(p.cfg);
  return text.rfind("any(", 0) == 0 ? text.substr(4, text.size() - 5) : text;
}

std::string whole(const Parts& p) {
  auto words = p.words;
  if (!p.cfg.empty()) words.insert(words.begin(), "cfg(" + all_of(p.cfg) + ")");
  return join(words, " and ");
}

}  // namespace

std::string text_of(const Universe& u, const std::vector<Literal>& literals, const Hypothesis& hypothesis) {
  std::vector<Parts> terms;
  for (const auto& term : hypothesis.terms) {
    Parts parts;
    for (auto i : term) {
      const auto& a = u.attributes[literals[i].attribute];
      if (is_cfg(a))
        parts.cfg.push_back(cfg_literal(a, literals[i]));
      else
        parts.words.push_back(word_literal(a, literals[i]));
    }
    terms.push_back(std::move(parts));
  }
  if (terms.size() == 1) return whole(terms[0]);
  if (terms[0].words.empty() && terms[1].words.empty())
    return "cfg(any(" + options_of(terms[0]) + ", " + options_of(terms[1]) + "))";
  auto bracketed = [](const Parts& p) {
    return p.cfg.size() + p.words.size() > 1 && !p.words.empty() ? "(" + whole(p) + ")" : whole(p);
  };
  return bracketed(terms[0]) + " or " + bracketed(terms[1]);
}

}  // namespace tripled::diagnosis
