#include "config/catalogue/placeholders.h"

#include <initializer_list>
#include <string_view>

namespace tripled::config {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz-";

class Filler {
 public:
  explicit Filler(const CatalogueEntry& entry)
      : triple_(entry.triple), cross_(entry.cross_prefix), debian_(entry.debian_architecture) {}

  Status fill(std::string& text, bool sysroot_allowed = false) const {
    std::string filled;
    std::size_t at = 0;
    while (true) {
      const std::size_t open = text.find('<', at);
      filled += text.substr(at, open - at);
      if (open == std::string::npos) break;
      const std::size_t close = text.find_first_not_of(kLetters, open + 1);
      if (close == std::string::npos || text[close] != '>')
        return config_error("unclosed `<` in `" + text + "`");
      const std::string name = text.substr(open + 1, close - open - 1);
      if (name == "sysroot" && sysroot_allowed) {
        filled += "<sysroot>";
      } else {
        TRIPLED_ASSIGN(const std::string value, value_of(name, text));
        filled += value;
      }
      at = close + 1;
    }
    text = std::move(filled);
    return {};
  }

  Status fill(std::vector<std::string>& texts, bool sysroot_allowed = false) const {
    for (std::string& text : texts) TRIPLED_TRY(fill(text, sysroot_allowed));
    return {};
  }

  Status fill(PackageChoices& choices) const {
    for (auto& packages : choices) TRIPLED_TRY(fill(packages));
    return {};
  }

 private:
  Result<std::string> value_of(const std::string& name, const std::string& text) const {
    const std::string* value = name == "triple"   ? &triple_
                               : name == "cross"  ? &cross_
                               : name == "debian" ? &debian_
                                                  : nullptr;
    if (!value) return config_error("unknown placeholder `<" + name + ">` in `" + text + "`");
    if (value->empty()) return config_error("`" + text + "` needs `" + name + ":`, which is not set");
    return *value;
  }

  std::string triple_, cross_, debian_;
};

}  // namespace

Status fill_placeholders(CatalogueEntry& entry) {
  TRIPLED_TRY(Filler(entry).fill(entry.cross_prefix));  // `cross: <triple>`
  const Filler filler(entry);
  for (auto* list : {&entry.linkers, &entry.cc, &entry.cxx, &entry.ar, &entry.ranlib, &entry.pkg_config_dirs,
                     &entry.sysroots, &entry.library_dirs, &entry.qemu, &entry.runner.programs}) {
    TRIPLED_TRY(filler.fill(*list));
  }
  for (auto* list : {&entry.bindgen_arguments, &entry.runner.arguments})
    TRIPLED_TRY(filler.fill(*list, true));
  TRIPLED_TRY(filler.fill(entry.loader));
  CataloguePackages& packages = entry.packages;
  for (auto* choices : {&packages.linker, &packages.cxx, &packages.sysroot, &packages.qemu, &packages.native,
                        &packages.runner}) {
    TRIPLED_TRY(filler.fill(*choices));
  }
  return {};
}

}  // namespace tripled::config
