#include "daemon/diagnosis/causes/metadata.h"

#include <algorithm>

#include "schema/base/text.h"
#include "schema/wire/json.h"

namespace tripled::diagnosis {
namespace {

namespace json = wire::json;

std::string text(const json::object& from, std::string_view key) {
  auto* value = from.if_contains(key);
  if (!value || !value->is_string()) return {};
  return std::string(std::string_view(value->get_string()));
}

bool truth(const json::object& from, std::string_view key, bool otherwise) {
  auto* value = from.if_contains(key);
  return value && value->is_bool() ? value->get_bool() : otherwise;
}

const json::array& list(const json::object& from, std::string_view key) {
  static const json::array none;
  auto* value = from.if_contains(key);
  return value && value->is_array() ? value->get_array() : none;
}

std::vector<std::string> texts(const json::array& from) {
  std::vector<std::string> out;
  for (const auto& item : from)
    if (item.is_string()) out.emplace_back(std::string_view(item.get_string()));
  return out;
}

Dependency dependency_of(const json::object& from) {
  Dependency out;
  out.name = text(from, "name");
  out.rename = text(from, "rename");
  out.requirement = text(from, "req");
  out.kind = text(from, "kind");
  if (out.kind.empty()) out.kind = "normal";
  out.target = text(from, "target");
  out.source = text(from, "source");
  out.optional = truth(from, "optional", false);
  out.default_features = truth(from, "uses_default_features", true);
  out.features = texts(list(from, "features"));
  return out;
}

// metadata names crate types (`rlib`, `cdylib`) where units say lib.
std::string kind_of(const json::object& target) {
  auto kinds = texts(list(target, "kind"));
  auto kind = kinds.empty() ? std::string() : kinds.front();
  for (const char* library : {"rlib", "dylib", "cdylib", "staticlib"})
    if (kind == library) return "lib";
  return kind;
}

Package package_of(const json::object& from) {
  Package out;
  for (auto [key, field] : {std::pair{"id", &out.id}, std::pair{"name", &out.name},
                            std::pair{"version", &out.version}, std::pair{"source", &out.source},
                            std::pair{"manifest_path", &out.manifest_path}, std::pair{"links", &out.links},
                            std::pair{"rust_version", &out.rust_version}, std::pair{"edition", &out.edition}})
    *field = text(from, key);
  for (const auto& item : list(from, "dependencies"))
    if (item.is_object()) out.dependencies.push_back(dependency_of(item.get_object()));
  if (auto* features = from.if_contains("features"); features && features->is_object())
    for (const auto& item : features->get_object())
      if (item.value().is_array()) out.features[std::string(item.key())] = texts(item.value().get_array());
  for (const auto& item : list(from, "targets"))
    if (item.is_object()) {
      const auto& target = item.get_object();
      out.targets.push_back({text(target, "name"), kind_of(target), text(target, "src_path"),
                             texts(list(target, "crate_types"))});
    }
  return out;
}

void add_resolution(Metadata& metadata, const json::object& node) {
  auto id = text(node, "id");
  for (auto& package : metadata.packages) {
    if (package.id != id) continue;
    package.reached = true;
    for (auto& feature : texts(list(node, "features"))) package.enabled.insert(std::move(feature));
    for (const auto& item : list(node, "deps"))
      if (item.is_object())
        package.resolved[text(item.get_object(), "name")] = text(item.get_object(), "pkg");
  }
}

}  // namespace

std::string crate_name(std::string_view package) { return replace_all(std::string(package), "-", "_"); }

std::string Dependency::crate() const { return crate_name(rename.empty() ? name : rename); }

std::string Package::directory() const {
  auto slash = manifest_path.rfind('/');
  return slash == std::string::npos ? std::string() : manifest_path.substr(0, slash);
}

const Package* Metadata::find(std::string_view name, std::string_view version) const {
  const Package* found = nullptr;
  for (const auto& package : packages) {
    if (package.name != name || (!version.empty() && package.version != version)) continue;
    if (!found || (package.member && !found->member) || (package.reached && !found->reached))
      found = &package;
  }
  return found;
}

const Package* Metadata::by_id(std::string_view id) const {
  for (const auto& package : packages)
    if (package.id == id) return &package;
  return nullptr;
}

const Package* Metadata::dependency(const Package& from, std::string_view crate) const {
  auto found = from.resolved.find(std::string(crate));
  return found == from.resolved.end() ? nullptr : by_id(found->second);
}

std::vector<const Package*> Metadata::versions_of(std::string_view name) const {
  std::vector<const Package*> out;
  for (const auto& package : packages)
    if (package.name == name) out.push_back(&package);
  return out;
}

bool Metadata::only_for_tests(const Package& package) const {
  if (package.member) return false;
  std::set<const Package*> seen;
  std::vector<const Package*> todo;
  for (const auto& p : packages)
    if (p.member) todo.push_back(&p);
  while (!todo.empty()) {
    const auto* at = todo.back();
    todo.pop_back();
    if (!seen.insert(at).second) continue;
    for (const auto& [crate, id] : at->resolved) {
      bool dev = at->member &&
                 std::none_of(
                     at->dependencies.begin(), at->dependencies.end(),
                     [&name = crate](const Dependency& d) { return d.crate() == name && d.kind != "dev"; }) &&
                 std::any_of(at->dependencies.begin(), at->dependencies.end(),
                             [&name = crate](const Dependency& d) { return d.crate() == name; });
      if (dev) continue;
      if (const auto* next = by_id(id)) todo.push_back(next);
    }
  }
  return !seen.count(&package);
}

Result<Metadata> parse_metadata(std::string_view source) {
  TRIPLED_ASSIGN(json::value value, wire::parse(source));
  if (!value.is_object() || !value.get_object().contains("packages"))
    return Error(ErrorKind::protocol, "metadata: no `packages`");
  const auto& top = value.get_object();
  Metadata out;
  out.workspace_root = text(top, "workspace_root");
  for (const auto& item : list(top, "packages"))
    if (item.is_object()) out.packages.push_back(package_of(item.get_object()));
  std::sort(out.packages.begin(), out.packages.end(),
            [](const Package& a, const Package& b) { return a.id < b.id; });
  auto members = texts(list(top, "workspace_members"));
  for (auto& package : out.packages)
    package.member = std::find(members.begin(), members.end(), package.id) != members.end();
  if (auto* resolve = top.if_contains("resolve"); resolve && resolve->is_object())
    for (const auto& node : list(resolve->get_object(), "nodes"))
      if (node.is_object()) add_resolution(out, node.get_object());
  return out;
}

}  // namespace tripled::diagnosis
