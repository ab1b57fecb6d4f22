// What a call asks for in its path and query, read in one way for all routes. What cannot be read was
// answered when these return. Internal to daemon/web.
#pragma once
#include <optional>
#include <string>

#include "daemon/web/answers.h"
#include "daemon/web/api.h"

namespace tripled::web {

// The number that the path names at `place`; nullopt: it is none (404).
std::optional<std::int64_t> id_of(const Api::Call& call, const std::string& what, std::size_t place = 0);
std::optional<store::SweepId> sweep_of(const Api::Call& call);

// `?limit=` and the cursor of a list; nullopt: one of them is no number in range (400).
struct Page {
  int limit = 0;
  std::int64_t cursor = 0;
};
std::optional<Page> page_of(const Api::Call& call, const std::string& cursor_key, std::int64_t no_cursor,
                            int usual_limit, int most);

std::string text_of(const Api::Call& call, const std::string& key);  // empty: it is not there
bool flag_of(const Api::Call& call, const std::string& key);         // `?raw`, `?raw=true`

// One of a closed choice. `good` becomes false where the word is none of them (400).
template <class E>
std::optional<E> word_of(const Api::Call& call, const std::string& key, bool& good) {
  auto text = text_of(call, key);
  auto known = from_text<E>(text);
  if (known || text.empty() || !good) return known;
  good = false;
  std::string all;
  for (const auto& word : all_texts<E>()) all += (all.empty() ? "" : ", ") + word;
  call.reply(problem(400, "`" + key + "` is one of " + all));
  return std::nullopt;
}

}  // namespace tripled::web
