#include "daemon/diagnosis/causes/mends.h"

#include <algorithm>

#include "config/catalogue/catalogue.h"
#include "daemon/diagnosis/causes/cfg.h"
#include "daemon/diagnosis/causes/manifest_text.h"
#include "schema/base/text.h"
#include "schema/model/debian.h"

namespace tripled::diagnosis {
namespace {

std::string host_of(const Evidence& evidence) {
  // The worker's own machine; a worker runs on GNU/Linux.
  auto machine = evidence.machine.find("machine");
  return machine == evidence.machine.end() ? std::string("x86_64-unknown-linux-gnu")
                                           : machine->second + "-unknown-linux-gnu";
}

Mend package_line(const std::string& package, const Evidence& evidence) {
  return mend(MendKind::package, install_line(package, evidence.cell.triple, host_of(evidence)));
}

std::string table_name(const Dependency& dependency, const std::string& predicate) {
  std::string kind = dependency.kind == "build" ? "build-dependencies" : "dependencies";
  return predicate.empty() ? kind : "target.'cfg(" + predicate + ")'." + kind;
}

// A patch can only be made of a file of the project itself.
bool can_patch(const Evidence& evidence, const Package& package, const std::string& file) {
  return package.source.empty() && evidence.file(file) != nullptr && !file.starts_with("..");
}

bool holds_here(const Evidence& evidence, const ManifestEntry& entry) {
  if (!entry.table.starts_with("target.")) return true;
  auto target = entry.table.substr(7, entry.table.rfind('.') - 7);
  if (target.size() > 1 && (target.front() == '\'' || target.front() == '"'))
    target = replace_all(target.substr(1, target.size() - 2), "\\\"", "\"");
  return platform_holds(target, evidence).value_or(false);
}

}  // namespace

Mend matrix_rule(const Evidence& evidence, const std::string& setting, const std::string& comment) {
  return mend(MendKind::matrix, "rules: [{match: \"triple = " + evidence.cell.triple + "\", " + setting +
                                    "}]" + (comment.empty() ? "" : "   # " + comment));
}

Mend matrix_exclude(const Evidence& evidence, const std::string& reason) {
  return mend(MendKind::matrix,
              "exclude: [{match: \"triple = " + evidence.cell.triple + "\", reason: \"" + reason + "\"}]");
}

std::optional<Mend> install_program(std::string_view program) {
  auto package = package_of_program(program);
  if (!package) return std::nullopt;
  return mend(MendKind::package, "apt-get install " + *package);
}

std::optional<Mend> install_library(std::string_view library, const Evidence& evidence) {
  auto package = package_of_library(library);
  if (!package) return std::nullopt;
  return package_line(*package, evidence);
}

std::optional<Mend> install_pkg_config(std::string_view name, const Evidence& evidence) {
  auto package = package_of_pkg_config(name);
  if (!package) return std::nullopt;
  return package_line(*package, evidence);
}

std::vector<Mend> linker_mends(const Evidence& evidence) {
  std::vector<Mend> out;
  const auto* entry = config::Catalogue::builtin().find(evidence.cell.triple);
  if (entry && !entry->packages.linker.empty()) {
    auto words = entry->packages.linker.front();
    if (!entry->packages.sysroot.empty())
      words.insert(words.end(), entry->packages.sysroot.front().begin(),
                   entry->packages.sysroot.front().end());
    out.push_back(mend(MendKind::package, "apt-get install " + join(words, " ")));
  }
  if (entry && !entry->linkers.empty())
    out.push_back(matrix_rule(evidence, "linker: " + entry->linkers.front()));
  else
    out.push_back(matrix_rule(evidence, "linker: …", "one for " + evidence.cell.triple));
  return out;
}

std::vector<Mend> around_dependency(const Evidence& evidence, const Package& package,
                                    const std::string& predicate) {
  std::vector<Mend> out;
  if (package.source.empty()) return out;
  out.push_back(mend(MendKind::pin, "cargo update -p " + package.name + "@" + package.version +
                                        " --precise …   # a version that compiles for " +
                                        evidence.cell.triple));
  out.push_back(mend(MendKind::manifest, "[patch.crates-io]\n" + package.name +
                                             " = { path = \"…\" }   # a copy with the change above"));
  for (const auto& user : evidence.metadata.packages) {
    if (!user.member) continue;
    for (const auto& dependency : user.dependencies) {
      if (dependency.name != package.name || dependency.kind == "dev") continue;
      auto not_for =
          predicate.empty() ? "not(target_arch = \"" + evidence.cfg_value("target_arch") + "\")" : predicate;
      auto words = "not for this platform: [" + table_name(dependency, not_for) + "]\n" +
                   (dependency.rename.empty() ? dependency.name : dependency.rename) + " = \"" +
                   dependency.requirement + "\"";
      out.push_back(mend(MendKind::manifest, words));
      return out;
    }
  }
  return out;
}

Mend declare_dependency(const Evidence& evidence, const Package& package, const Dependency& dependency,
                        const std::string& predicate) {
  auto file = manifest_file(evidence, package);
  auto name = dependency.rename.empty() ? dependency.name : dependency.rename;
  auto table = table_name(dependency, predicate);
  Mend out = mend(MendKind::manifest,
                  file + ":\n[" + table + "]\n" + name + " = \"" + dependency.requirement + "\"");
  if (!can_patch(evidence, package, file)) return out;
  ManifestText manifest(*evidence.file(file));
  auto entries = manifest.dependency(name);
  if (entries.size() != 1) return out;
  auto text = manifest.text_of(entries.front());
  if (!entries.front().own_table) out.text = file + ":\n[" + table + "]\n" + text;
  // Under a predicate of its own the old place may still be needed: it stays, and the new one is added.
  out.patch = manifest.moved(file, entries.front(), table, !predicate.empty());
  return out;
}

Mend add_dependency(const Evidence& evidence, const Package& package, const std::string& crate,
                    const std::string& requirement, const std::string& predicate) {
  auto file = manifest_file(evidence, package);
  auto table =
      predicate.empty() ? std::string("dependencies") : "target.'cfg(" + predicate + ")'.dependencies";
  auto line = crate + " = \"" + (requirement.empty() ? "*" : requirement) + "\"";
  Mend out = mend(MendKind::manifest, file + ":\n[" + table + "]\n" + line);
  if (!requirement.empty() && can_patch(evidence, package, file))
    out.patch = ManifestText(*evidence.file(file)).with_line(file, table, line);
  return out;
}

Mend enable_feature(const Evidence& evidence, const Package& package, const Package& dependency,
                    const std::string& feature) {
  auto file = manifest_file(evidence, package);
  std::string requirement = dependency.version;
  for (const auto& d : package.dependencies)
    if (d.name == dependency.name && d.source.empty() == dependency.source.empty())
      requirement = d.requirement;
  Mend out = mend(MendKind::manifest, file + ":\n[dependencies]\n" + dependency.name + " = { version = \"" +
                                          requirement + "\", features = [\"" + feature + "\"] }");
  if (!can_patch(evidence, package, file)) return out;
  ManifestText manifest(*evidence.file(file));
  for (const auto& entry : manifest.dependency(dependency.name)) {
    if (entry.table.find("dev-") != std::string::npos || !holds_here(evidence, entry)) continue;
    if (entry.own_table) {
      out.patch = manifest.with_feature_in_table(file, entry, feature);
      break;
    }
    auto changed = with_feature(manifest.text_of(entry), feature);
    if (!changed) continue;
    out.text = file + ":\n[" + entry.table + "]\n" + *changed;
    out.patch = manifest.replaced(file, entry, *changed);
    break;
  }
  return out;
}

Mend gate_use(const Diagnostic& error, const std::string& predicate) {
  constexpr std::size_t longest = 200;
  if (predicate.size() > longest)
    return mend(MendKind::rust, error.file + ":" + std::to_string(error.line) +
                                    ": #[cfg(…)]   // the platforms of the condition given");
  return mend(MendKind::rust, error.file + ":" + std::to_string(error.line) + ": #[cfg(" + predicate +
                                  ")]   // and what stands in its place elsewhere");
}

}  // namespace tripled::diagnosis
