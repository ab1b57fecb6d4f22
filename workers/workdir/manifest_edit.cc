#include "workers/workdir/manifest_edit.h"

#include <algorithm>
#include <array>
#include <functional>

#include "schema/base/text.h"

namespace tripled::workdir {

namespace fs = std::filesystem;

namespace {

// A header line and all lines up to the next one; the first block has no header.
struct Block {
  std::string header;  // `[[test]]`, `[dev-dependencies.serde]`; comment and spaces removed
  std::vector<std::string> lines;
};

std::string header_of(const std::string& line) {
  auto text = trim(line);
  if (text.empty() || text[0] != '[') return {};
  auto end = text.rfind(']');
  // `[1, 2],` inside an array of arrays is no header: a header holds names, dots and quotes only.
  if (end == std::string_view::npos || text.find('=') != std::string_view::npos) return {};
  auto rest = trim(text.substr(end + 1));
  if (!rest.empty() && rest[0] != '#') return {};
  return std::string(text.substr(0, end + 1));
}

std::vector<Block> blocks_of(const std::string& manifest) {
  std::vector<Block> out(1);
  for (const auto& line : split(manifest, '\n')) {
    if (auto header = header_of(line); !header.empty()) out.push_back({header, {}});
    out.back().lines.push_back(line);
  }
  return out;
}

std::string text_of(const std::vector<Block>& blocks) {
  std::vector<std::string> lines;
  for (const auto& block : blocks) lines.insert(lines.end(), block.lines.begin(), block.lines.end());
  return join(lines, "\n");
}

// The text value of a key in a block; empty: not there.
std::string value_of(const Block& block, std::string_view key) {
  for (const auto& line : block.lines) {
    auto equals = line.find('=');
    if (equals == std::string::npos || trim(std::string_view(line).substr(0, equals)) != key) continue;
    auto value = trim(std::string_view(line).substr(equals + 1));
    if (value.size() < 2 || (value[0] != '"' && value[0] != '\'')) return {};
    auto end = value.find(value[0], 1);
    return end == std::string_view::npos ? std::string() : std::string(value.substr(1, end - 1));
  }
  return {};
}

struct Kind {
  std::string_view header, name, directory;
};
constexpr std::array<Kind, 4> kinds{{{"[[bin]]", "bin", "src/bin"},
                                     {"[[test]]", "test", "tests"},
                                     {"[[example]]", "example", "examples"},
                                     {"[[bench]]", "bench", "benches"}}};

bool has_file(const Block& block, const Kind& kind, const fs::path& package) {
  std::error_code ec;
  auto path = value_of(block, "path");
  if (!path.empty()) return fs::exists(package / path, ec);
  auto name = value_of(block, "name");
  auto below = package / kind.directory;
  return fs::exists(below / (name + ".rs"), ec) || fs::exists(below / name / "main.rs", ec) ||
         (kind.name == "bin" && fs::exists(package / "src" / "main.rs", ec));
}

}  // namespace

EditedManifest without_missing_targets(const std::string& manifest, const fs::path& package) {
  EditedManifest out;
  auto blocks = blocks_of(manifest);
  std::erase_if(blocks, [&](const Block& block) {
    auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.header == block.header; });
    if (kind == kinds.end() || has_file(block, *kind, package)) return false;
    out.missing.push_back({std::string(kind->name), value_of(block, "name")});
    return true;
  });
  out.text = text_of(blocks);
  return out;
}

std::string without_dev_dependencies(const std::string& manifest) {
  auto blocks = blocks_of(manifest);
  std::erase_if(blocks, [](const Block& block) {
    auto header = block.header;
    for (const char* spelled : {"dev-dependencies", "dev_dependencies"}) {
      auto at = header.find(spelled);
      if (at == std::string::npos) continue;
      auto before = header[at - 1];
      auto after = header[at + std::string_view(spelled).size()];
      bool own = header.substr(0, at) == "[" || (header.rfind("[target.", 0) == 0 && before == '.');
      if (own && (after == ']' || after == '.')) return true;
    }
    return false;
  });
  return text_of(blocks);
}

}  // namespace tripled::workdir
