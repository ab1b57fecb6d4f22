// One table per struct and enum (Boost.Describe), from which text, JSON and SQL spellings are made.
#pragma once
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripled {

// An enumerator's name with `-` for `_`: test_no_run is "test-no-run" everywhere. A `_` at the end keeps a
// name away from a keyword or macro and is no part of the text: assert_ is "assert".
template <class E>
std::string to_text(E value) {
  std::string out = "?";
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (d.value == value) out = d.name;
  });
  if (out.back() == '_') out.pop_back();
  for (char& c : out)
    if (c == '_') c = '-';
  return out;
}

// Whether `text` is what to_text() makes of an enumerator of this name.
constexpr bool spells(std::string_view name, std::string_view text) {
  if (name.ends_with('_')) name.remove_suffix(1);
  if (name.size() != text.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (text[i] != (name[i] == '_' ? '-' : name[i])) return false;
  return true;
}

template <class E>
std::optional<E> from_text(std::string_view text) {
  std::optional<E> out;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (spells(d.name, text)) out = d.value;
  });
  return out;
}

template <class E>
std::vector<std::string> all_texts() {
  std::vector<std::string> out;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
      [&](auto d) { out.push_back(to_text(d.value)); });
  return out;
}

}  // namespace tripled
