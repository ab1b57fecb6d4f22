#include "workers/probe/preflight_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>

#include "schema/base/file.h"
#include "schema/base/hash.h"
#include "schema/wire/json.h"
#include "workers/probe/program.h"

namespace tripled::probe {
namespace {

constexpr std::size_t kMaxFiles = 2000;  // of some KiB each

std::filesystem::path file_of(const ProbeContext& context, const std::string& key) {
  return context.cache / "preflight" / (key + ".json");
}

// Path, time and size of what it leads to; other words when nothing is there.
std::string identity(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return path + " absent";
  return fmt::format("{} {}.{:09} {}", path, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                     S_ISDIR(status.st_mode) ? 0 : status.st_size);
}

// The cache is bounded: answers for tools that were since replaced are never asked for again.
void keep_newest(const std::filesystem::path& dir) {
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error))
    if (entry.path().extension() == ".json") files.emplace_back(entry.last_write_time(error), entry.path());
  if (files.size() <= kMaxFiles) return;
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i + kMaxFiles / 2 < files.size(); ++i)
    std::filesystem::remove(files[i].second, error);
}

template <class T>
void add(Sha256& hash, const T& value) {
  hash.field(boost::json::serialize(wire::to_json(value)));
}

}  // namespace

std::string preflight_key(const PreflightQuestion& question, const SetupResult& std_part,
                          const ProbeContext& context) {
  const auto& spec = question.spec;
  const auto& tools = question.tools;
  const auto& project = question.project;
  Sha256 hash;
  hash.field(std::to_string(kProbeVersion));
  hash.field(question.language == ProbeLanguage::c ? "c" : "rust");
  hash.field(question.both_ways ? "both" : "");
  for (const auto& text :
       {spec.toolchain.rustc_verbose, spec.toolchain.rustc, spec.triple, std_part.std_hash, std_part.std_mode,
        std_part.view, spec.settings.linker, spec.settings.sysroot, spec.settings.run, context.path()})
    hash.field(text);
  add(hash, spec.catalogue);
  add(hash, spec.settings.runner);
  add(hash, spec.settings.qemu);
  add(hash, project.linker);
  add(hash, project.runner);
  add(hash, project.notes);
  hash.field(spec.needs_link ? "link" : "");
  hash.field(spec.needs_run ? "run" : "");
  for (const auto* tool :
       {&tools.linker, &tools.cc, &tools.cxx, &tools.ar, &tools.ranlib, &tools.qemu, &tools.runner_program}) {
    hash.field(tool->name);
    hash.field(identity(tool->path));
  }
  hash.field(identity(tools.sysroot));
  hash.field(identity(tools.loader));
  for (const auto& dir : tools.library_dirs) hash.field(identity(dir));
  // A host loader or multiarch libc that came or went changes both native execution and the mixture.
  hash.field(identity(spec.catalogue.loader.empty() ? "" : "/" + spec.catalogue.loader));
  hash.field(identity("/etc/ld.so.cache"));
  utsname system{};
  ::uname(&system);
  hash.field(system.release);
  return hash.hex();
}

std::optional<ProbedTriple> load_preflight(const ProbeContext& context, const std::string& key) {
  auto text = read_file(file_of(context, key), 16u << 20);
  if (!text) return std::nullopt;
  auto json = wire::parse(text.value());
  ProbedTriple probed;
  if (!json || !wire::from_json(json.value(), probed)) return std::nullopt;
  return probed;
}

void store_preflight(const ProbeContext& context, const std::string& key, const ProbedTriple& probed) {
  auto path = file_of(context, key);
  if (!make_directories(path.parent_path())) return;
  if (write_file_atomically(path, wire::pretty(wire::to_json(probed)))) keep_newest(path.parent_path());
}

}  // namespace tripled::probe
