#include "daemon/diagnosis/causes/linker_words.h"

#include "schema/base/text.h"

namespace tripled::diagnosis {

bool is_linking(const Case& of) {
  return of.error.code.empty() &&
         (of.error.message.starts_with("linking with ") || of.error.message.starts_with("linker `") ||
          of.error.message.starts_with("could not exec the linker"));
}

Diagnosis of_linker(const Case& of, Cause cause, Confidence confidence, std::string title) {
  auto out = found(of, cause, confidence);
  out.fault = Fault::environment;
  out.title = std::move(title);
  return out;
}

void say(Diagnosis& out, const std::string& text, std::string_view sign) {
  if (auto line = line_with(text, sign); !line.empty()) out.evidence.push_back(log_item(line));
}

}  // namespace tripled::diagnosis
