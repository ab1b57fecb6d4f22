// Just enough of Rust's syntax to see under which cfg a place of a source file is compiled: attributes,
// `if cfg!(…)`, `cfg_if!`, modules in files. No parser of Rust: comments and strings are passed over,
// brackets are matched. Pure, thread-safe.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/diagnosis/causes/evidence.h"

namespace tripled::diagnosis {

// A cfg that a place stands under.
struct Gate {
  std::string predicate;  // source text: any(unix, windows)
  int line = 0;
  bool macro = false;  // `if cfg!(…)`: compiled all the same
};

class RustSource {
 public:
  explicit RustSource(std::string_view text);

  // 1-based; empty beyond the end.
  std::string_view line(int number) const;
  // Attributes of the item that the place is in, and of everything around it within this file; outermost
  // first. Predicates of `else` branches are negations.
  std::vector<Gate> gates(int line, int column) const;

  struct Item {
    int line = 0, column = 0;
    std::string word;  // fn, mod, struct, … ; field for a field or variant
    std::vector<Gate> gates;
    std::string path;  // of `#[path = "…"] mod x;`
  };
  // Where `name` is defined.
  std::vector<Item> items(std::string_view name) const;
  // `mod name;` or `mod name {`, whatever the name: for finding the one of a `path`.
  std::vector<Item> modules() const;
  // The argument of every `#[cfg…]`, `#[cfg_attr…]`, `cfg!` in lines [from, to].
  std::vector<Gate> conditions(int from, int to) const;
  // Lines of the function (or other braced item) around a place, its signature included; {line, line} if
  // there is none.
  std::pair<int, int> around(int line, int column) const;

 private:
  std::size_t offset(int line, int column) const;
  std::pair<int, int> place(std::size_t offset) const;
  std::size_t closing(std::size_t open) const;
  // Of several places, in ascending order, in one pass.
  std::vector<std::vector<Gate>> gates_at(const std::vector<std::size_t>& places) const;

  std::string text_;  // as it is
  std::string code_;  // comments and the insides of strings blanked
  std::vector<std::size_t> starts_;
};

// The sources of one piece of evidence, each read when it is first asked for. One thread at a time.
class Sources {
 public:
  explicit Sources(const Evidence& evidence) : evidence_(evidence) {}

  // By the name that spans use; null: it was not kept.
  const RustSource* find(const std::string& file) const;
  // Gates of a place in a file and of the `mod` declarations that lead to the file.
  std::vector<Gate> gates(std::string file, int line, int column) const;

 private:
  const std::vector<RustSource::Item>& modules(const std::string& file, const RustSource& source) const;
  // Where the module of `file` is declared: file, line and column. nullopt: it is a root, or not known.
  struct Declared {
    std::string file;
    int line = 0, column = 0;
  };
  std::optional<Declared> declared(const std::string& file) const;

  const Evidence& evidence_;
  mutable std::map<std::string, std::unique_ptr<RustSource>> read_;
  mutable std::map<std::string, std::vector<RustSource::Item>> modules_;
};

}  // namespace tripled::diagnosis
