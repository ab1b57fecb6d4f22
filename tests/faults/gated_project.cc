#include "tests/faults/gated_project.h"

#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::e2e {

namespace fs = std::filesystem;

GatedProject::GatedProject(const fs::path& dir)
    : project_(dir / "projects/gated"), control_(dir / "control") {
  fs::create_directories(control_);
  const auto at = [&](const char* name) { return "\"" + (control_ / name).string() + "\""; };
  write_files(
      project_,
      {{"Cargo.toml", "[package]\nname = \"gated\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"},
       {"src/lib.rs",
        "#[test]\nfn waits() {\n  use std::io::Write;\n"
        "  let mut begun = std::fs::OpenOptions::new().create(true).append(true).open(" +
            at("begun") +
            ").unwrap();\n"
            "  begun.write_all(format!(\"{}\\n\", std::env::var(\"CELL\").unwrap()).as_bytes())"
            ".unwrap();\n"
            "  while !std::path::Path::new(" +
            at("go") +
            ").exists() {\n    std::thread::sleep(std::time::Duration::from_millis(50));\n  }\n}\n"}});
}

std::string GatedProject::submission(int cells, const std::string& defaults) const {
  std::string variants;
  for (int i = 0; i < cells; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    variants += (i ? ", " : "") + name + ": {env: {CELL: " + name + "}}";
  }
  return e2e::submission(project_, "{triple: [x86_64-unknown-linux-gnu], variant: {" + variants + "}}",
                         defaults);
}

int GatedProject::begun(const std::string& cell) const {
  auto text = read_file(control_ / "begun", 1 << 20);
  int count = 0;
  for (const auto& line : split(text ? *text : "", '\n'))
    count += !line.empty() && (cell.empty() || line == cell);
  return count;
}

void GatedProject::let_go() const { write_files(control_, {{"go", ""}}); }

void GatedProject::hold() const { fs::remove(control_ / "go"); }

}  // namespace tripled::e2e
