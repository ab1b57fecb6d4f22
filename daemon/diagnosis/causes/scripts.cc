#include "daemon/diagnosis/causes/scripts.h"

#include "daemon/diagnosis/causes/rust_source.h"
#include "schema/base/text.h"

namespace tripled::diagnosis {

const std::string* script_text(const Case& of) {
  if (!of.failure.about) return nullptr;
  auto dir = shown_directory(of.evidence, *of.failure.about);
  return of.evidence.file(dir.empty() ? "build.rs" : dir + "/build.rs");
}

bool asks_the_host(const std::string& script) {
  for (const auto& gate : RustSource(script).conditions(1, 1 << 20))
    if (contains_any(gate.predicate, {"target_", "windows", "unix"})) return true;
  return contains_any(
      script, {"std::env::consts::ARCH", "std::env::consts::OS", "env::consts::ARCH", "env::consts::OS",
               "is_x86_feature_detected!", "env::var(\"HOST\")", "Command::new(\"uname\")"});
}

bool calls_compiler(const std::string& script) {
  for (std::string_view name : {"gcc", "cc", "clang", "g++", "c++", "clang++", "as", "ld", "nasm"})
    if (contains(script, "Command::new(\"" + std::string(name) + "\")")) return true;
  return false;
}

}  // namespace tripled::diagnosis
