#include "workers/workdir/crate_source.h"

#include "schema/base/file.h"
#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::workdir {

namespace fs = std::filesystem;
namespace json = wire::json;

namespace {

// How a Cargo.lock names cargo's default registry (cargo book, "Package ID Specifications").
constexpr const char* default_source = "registry+https://github.com/rust-lang/crates.io-index";

std::optional<fs::path> unpacked(const fs::path& cargo_home, const std::string& package) {
  std::error_code ec;
  for (fs::directory_iterator it(cargo_home / "registry" / "src", ec), end; !ec && it != end;
       it.increment(ec))
    if (fs::exists(it->path() / package / "Cargo.toml", ec)) return it->path() / package;
  return std::nullopt;
}

std::optional<IndexEntry> cached_entry(const fs::path& cargo_home, const std::string& name,
                                       const std::string& version) {
  std::error_code ec;
  for (fs::directory_iterator it(cargo_home / "registry" / "index", ec), end; !ec && it != end;
       it.increment(ec))
    if (auto text = read_file(it->path() / ".cache" / index_path(name)))
      if (auto entry = index_entry(*text, version)) return entry;
  return std::nullopt;
}

std::string first_error(const exec::Captured& captured) {
  for (const auto& line : split(captured.err, '\n'))
    if (line.rfind("error", 0) == 0) return line;
  return exec::describe(captured.result);
}

// The resolver refuses a yanked version, but takes one that a Cargo.lock names with its checksum.
Status fetch_by_lock(const std::string& name, const std::string& version, const IndexEntry& entry,
                     const fs::path& scratch, const AskCargo& ask) {
  std::error_code ec;
  fs::remove_all(scratch, ec);
  TRIPLED_TRY(make_directories(scratch));
  TRIPLED_TRY(write_file_atomically(scratch / "lib.rs", ""));
  TRIPLED_TRY(write_file_atomically(
      scratch / "Cargo.toml",
      "[package]\nname = \"wanted\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n[lib]\npath = "
      "\"lib.rs\"\n[dependencies]\n" +
          name + " = { version = \"=" + version + "\", default-features = false }\n"));
  TRIPLED_TRY(write_file_atomically(
      scratch / "Cargo.lock",
      "version = 3\n\n[[package]]\nname = \"" + name + "\"\nversion = \"" + version + "\"\nsource = \"" +
          default_source + "\"\nchecksum = \"" + entry.checksum +
          "\"\n\n[[package]]\nname = \"wanted\"\nversion = \"0.0.0\"\ndependencies = [\n \"" + name +
          "\",\n]\n"));
  TRIPLED_ASSIGN(exec::Captured fetched, ask({"fetch"}, scratch));
  fs::remove_all(scratch, ec);
  if (!fetched.succeeded())
    return Error(
        ErrorKind::tool,
        name + " " + version + " is yanked, and its package could not be fetched: " + first_error(fetched));
  return {};
}

// Downloads one package without resolving anything: `cargo info NAME@VERSION` (cargo 1.82).
Result<fs::path> download(const std::string& name, const std::string& version, const fs::path& cache,
                          const fs::path& cargo_home, const AskCargo& ask) {
  auto package = name + "-" + version;
  if (auto there = unpacked(cargo_home, package)) return *there;
  TRIPLED_ASSIGN(exec::Captured info, ask({"info", name + "@" + version}, cache));
  if (auto there = unpacked(cargo_home, package)) return *there;
  auto entry = cached_entry(cargo_home, name, version);
  if (!entry && contains(info.err, "could not find `" + name + "@"))
    return usage_error("the registry has no version " + version + " of the crate `" + name + "`");
  if (!entry || !entry->yanked)
    return Error(ErrorKind::tool, "fetching " + package + ": " + first_error(info));
  TRIPLED_TRY(fetch_by_lock(name, version, *entry, cache / ("fetching-" + package), ask));
  if (auto there = unpacked(cargo_home, package)) return *there;
  return Error(ErrorKind::tool, "cargo fetched " + package + " but did not unpack it below " +
                                    (cargo_home / "registry" / "src").string());
}

// The copy, made whole or not at all. cargo's own bookkeeping files stay behind.
Status copy_package(const fs::path& from, const fs::path& to) {
  std::error_code ec;
  auto staged = to;
  staged += ".staged";
  fs::remove_all(staged, ec);
  TRIPLED_TRY(make_directories(to.parent_path()));
  fs::copy(from, staged, fs::copy_options::recursive | fs::copy_options::copy_symlinks, ec);
  if (ec) return Error(ErrorKind::io, "copying " + from.string() + ": " + ec.message());
  fs::remove(staged / ".cargo-ok", ec);
  fs::rename(staged / "Cargo.toml", staged / "Cargo.toml.published", ec);
  if (ec) return Error(ErrorKind::io, "copying " + from.string() + ": " + ec.message());
  TRIPLED_ASSIGN(std::string manifest, read_file(staged / "Cargo.toml.published", 4u << 20));
  TRIPLED_TRY(write_file_atomically(staged / "Cargo.toml", without_missing_targets(manifest, staged).text));
  fs::rename(staged, to, ec);
  if (ec) return Error(ErrorKind::io, "copying " + from.string() + ": " + ec.message());
  return {};
}

std::string published_from(const fs::path& dir) {
  auto text = read_file(dir / ".cargo_vcs_info.json", 1u << 20);
  auto parsed = text ? wire::parse(*text) : Result<json::value>(Error());
  if (!parsed || !parsed->is_object()) return {};
  const auto* git = parsed->get_object().if_contains("git");
  const auto* sha = git && git->is_object() ? git->get_object().if_contains("sha1") : nullptr;
  return sha && sha->is_string() ? std::string(sha->get_string()) : std::string();
}

}  // namespace

std::string index_path(const std::string& name) {
  auto lower = to_lower(name);
  switch (lower.size()) {
    case 0:
    case 1:
    case 2:
      return std::to_string(lower.size()) + "/" + lower;
    case 3:
      return "3/" + lower.substr(0, 1) + "/" + lower;
    default:
      return lower.substr(0, 2) + "/" + lower.substr(2, 2) + "/" + lower;
  }
}

// A cache file is a short header, then version and JSON line in turn, each ended by NUL.
std::optional<IndexEntry> index_entry(std::string_view cache_file, const std::string& version) {
  for (const auto& part : split(cache_file, '\0')) {
    if (part.empty() || part[0] != '{') continue;
    auto parsed = wire::parse(part);
    if (!parsed || !parsed->is_object()) continue;
    const auto& object = parsed->get_object();
    const auto *vers = object.if_contains("vers"), *cksum = object.if_contains("cksum"),
               *yanked = object.if_contains("yanked");
    if (!vers || !cksum || !vers->is_string() || !cksum->is_string() ||
        std::string_view(vers->get_string()) != version)
      continue;
    return IndexEntry{std::string(cksum->get_string()), yanked && yanked->is_bool() && yanked->get_bool()};
  }
  return std::nullopt;
}

Result<CrateSource> crate_source(const std::string& name, const std::string& version, const fs::path& cache,
                                 const fs::path& cargo_home, const AskCargo& ask) {
  auto crates = cache / "crates";
  TRIPLED_TRY(make_directories(crates));
  TRIPLED_ASSIGN(FileLock lock, FileLock::acquire(crates / "lock", FileLock::Wait::yes));
  CrateSource out;
  out.dir = crates / (name + "-" + version);
  std::error_code ec;
  if (!fs::exists(out.dir / "Cargo.toml", ec)) {
    TRIPLED_ASSIGN(fs::path package, download(name, version, crates, cargo_home, ask));
    TRIPLED_TRY(copy_package(package, out.dir));
  }
  auto commit = published_from(out.dir);
  out.revision = version;
  if (!commit.empty()) out.notes.push_back(name + " " + version + " was published from commit " + commit);
  if (auto entry = cached_entry(cargo_home, name, version); entry && entry->yanked)
    out.notes.push_back(name + " " + version + " is yanked");
  TRIPLED_ASSIGN(std::string manifest, read_file(out.dir / "Cargo.toml.published", 4u << 20));
  out.missing = without_missing_targets(manifest, out.dir).missing;
  for (const auto& target : out.missing)
    out.notes.push_back("the package lacks the file of its " + target.kind + " `" + target.name +
                        "`: dropped from our copy" +
                        (target.kind == "test" ? ", so how many tests are planned is unknown" : ""));
  out.ships_lock = fs::exists(out.dir / "Cargo.lock", ec);
  out.notes.push_back(out.ships_lock ? "the package ships a Cargo.lock" : "the package ships no Cargo.lock");
  for (const char* file : {".cargo/config.toml", ".cargo/config"})
    if (fs::exists(out.dir / file, ec))
      out.notes.push_back("the package ships " + std::string(file) + ", and it applies");
  return out;
}

}  // namespace tripled::workdir
