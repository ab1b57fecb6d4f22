#include "tests/e2e/project.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace tripled::e2e {

namespace fs = std::filesystem;
namespace json = wire::json;

void write_files(const fs::path& dir, const std::map<std::string, std::string>& files) {
  for (const auto& [name, content] : files) {
    fs::create_directories((dir / name).parent_path());
    std::ofstream(dir / name) << content;
  }
}

std::string text(const json::value& v) {
  return v.is_string() ? std::string(v.get_string()) : v.is_null() ? "null" : json::serialize(v);
}

static const json::value& named(const json::value& items, const char* key, const std::string& name) {
  for (const auto& item : items.as_array())
    if (text(item.at(key)) == name) return item;
  throw std::out_of_range("nothing has " + std::string(key) + " " + name);
}

const json::value& cell_of(const json::value& report, const std::string& id) {
  return named(report.at("cells"), "id", id);
}
const json::value& job_of(const json::value& cell, const std::string& stage) {
  return named(cell.at("jobs"), "stage", stage);
}

std::string notes_of(const json::value& report) {
  std::string out;
  for (const auto& note : report.at("sweep").at("notes").as_array()) out += text(note) + "\n";
  return out;
}

bool registry_reachable() {
  static const bool reachable =
      std::system("cd / && timeout 60 /usr/bin/cargo info bitflags@1.3.2 >/dev/null 2>&1") == 0;
  return reachable;
}

}  // namespace tripled::e2e
