#include "workers/cargo/metadata.h"

#include "workers/cargo/json_fields.h"
#include "workers/cargo/package_id.h"

namespace tripled::cargo {

namespace {

MetadataPackage read_package(const json::object& object) {
  MetadataPackage out;
  out.id = text_field(object, "id");
  out.name = text_field(object, "name");
  out.version = text_field(object, "version");
  out.source = text_field(object, "source");
  out.manifest_path = text_field(object, "manifest_path");
  out.description = text_field(object, "description");
  out.homepage = text_field(object, "homepage");
  out.repository = text_field(object, "repository");
  out.license = text_field(object, "license");
  out.license_file = text_field(object, "license_file");
  out.readme = text_field(object, "readme");
  out.rust_version = text_field(object, "rust_version");
  out.authors = texts_field(object, "authors");
  out.links = text_field(object, "links");
  for (const auto& item : array_field(object, "targets")) {
    if (!item.is_object()) continue;
    const auto& target = item.get_object();
    MetadataTarget made;
    made.name = text_field(target, "name");
    made.kind = target_kind(texts_field(target, "kind"));
    made.src_path = text_field(target, "src_path");
    made.test = bool_field(target, "test");
    made.doctest = bool_field(target, "doctest");
    made.required_features = texts_field(target, "required-features");
    out.targets.push_back(std::move(made));
  }
  return out;
}

}  // namespace

const MetadataPackage* Metadata::find(std::string_view name, std::string_view version) const {
  for (const auto& package : packages)
    if (package.name == name && (version.empty() || package.version == version)) return &package;
  return nullptr;
}

Result<Metadata> parse_metadata(std::string_view text) {
  auto begin = text.find('{');  // cargo may be preceded by a note of a wrapper
  boost::system::error_code ec;
  json::value value;
  if (begin != std::string_view::npos) value = parse_deep(text.substr(begin), ec);
  if (ec || !value.is_object() || !value.get_object().if_contains("packages"))
    return Error(ErrorKind::protocol, "`cargo metadata` did not print its JSON");
  const auto& object = value.get_object();
  Metadata out;
  for (const auto& item : array_field(object, "packages"))
    if (item.is_object()) out.packages.push_back(read_package(item.get_object()));
  out.workspace_members = texts_field(object, "workspace_members");
  out.workspace_root = text_field(object, "workspace_root");
  out.target_directory = text_field(object, "target_directory");
  return out;
}

}  // namespace tripled::cargo
