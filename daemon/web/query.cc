#include "daemon/web/query.h"

namespace tripled::web {

std::optional<std::int64_t> id_of(const Api::Call& call, const std::string& what, std::size_t place) {
  auto id = parse_id(call.words.at(place));
  if (!id) call.reply(problem(404, "`" + call.words.at(place) + "` is not the number of " + what));
  return id;
}

std::optional<store::SweepId> sweep_of(const Api::Call& call) { return id_of(call, "a sweep"); }

std::optional<Page> page_of(const Api::Call& call, const std::string& cursor_key, std::int64_t no_cursor,
                            int usual_limit, int most) {
  auto limit = call.target.number("limit", usual_limit, 1, most);
  auto cursor = call.target.number(cursor_key, no_cursor, 0, INT64_MAX);
  if (limit && cursor) return Page{static_cast<int>(*limit), *cursor};
  call.reply(problem(400, "`limit` is a number from 1 to " + std::to_string(most) + ", `" + cursor_key +
                              "` is `next` of the page before"));
  return std::nullopt;
}

std::string text_of(const Api::Call& call, const std::string& key) {
  auto found = call.target.query.find(key);
  return found == call.target.query.end() ? std::string() : found->second;
}

bool flag_of(const Api::Call& call, const std::string& key) {
  auto found = call.target.query.find(key);
  return found != call.target.query.end() && found->second != "false";
}

}  // namespace tripled::web
