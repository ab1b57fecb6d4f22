// The text of a cron expression -> Cron.
#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "config/cron.h"
#include "schema/base/text.h"

namespace tripled::config {
namespace {

struct Field {
  const char* name;
  int least, most;
  std::vector<std::string> words;  // names of the values from `least` on
};

const std::array<Field, 5>& fields() {
  static const std::array<Field, 5> all{
      Field{"minute", 0, 59, {}}, Field{"hour", 0, 23, {}}, Field{"day of month", 1, 31, {}},
      Field{"month",
            1,
            12,
            {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
      Field{"day of week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}};
  return all;
}

struct Word {
  std::string_view text;
  std::size_t column = 0;  // from 1
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
      continue;
    }
    auto end = std::min(text.find_first_of(" \t", at), text.size());
    out.push_back({text.substr(at, end - at), at + 1});
    at = end;
  }
  return out;
}

Error refused(const Field& field, std::size_t column, const std::string& what) {
  return config_error("cron expression, " + std::string(field.name) + " at column " + std::to_string(column) +
                      ": " + what);
}

class FieldReader {
 public:
  FieldReader(const Field& field, Word word) : field_(field), word_(word) {}

  Result<std::uint64_t> run() {
    std::uint64_t bits = 0;
    for (std::size_t at = 0; at <= word_.text.size();) {
      auto end = std::min(word_.text.find(',', at), word_.text.size());
      TRIPLED_ASSIGN(auto part, range(word_.text.substr(at, end - at), word_.column + at));
      bits |= part;
      at = end + 1;
    }
    return bits;
  }

 private:
  Result<std::uint64_t> range(std::string_view text, std::size_t column) const {
    auto slash = text.find('/');
    auto range = text.substr(0, slash);
    auto dash = range.find('-');
    int first = field_.least, last = field_.most, step = 1;
    if (range != "*") {
      TRIPLED_ASSIGN(first, value(range.substr(0, dash), column));
      last = first;
      if (dash != std::string_view::npos) {
        TRIPLED_ASSIGN(last, value(range.substr(dash + 1), column + dash + 1));
        if (last < first) return refused(field_, column, "the range `" + std::string(range) + "` is empty");
      }
    }
    if (slash != std::string_view::npos) {
      if (range != "*" && dash == std::string_view::npos)
        return refused(field_, column, "a step belongs to `*` or a range: `*/15`, `0-30/10`");
      auto digits = text.substr(slash + 1);
      if (!number(digits, step) || step < 1 || step > field_.most)
        return refused(
            field_, column + slash + 1,
            "`" + std::string(digits) + "` is not a step from 1 to " + std::to_string(field_.most));
    }
    std::uint64_t bits = 0;
    for (int v = first; v <= last; v += step) bits |= std::uint64_t{1} << v;
    return bits;
  }

  Result<int> value(std::string_view text, std::size_t column) const {
    auto named = std::find(field_.words.begin(), field_.words.end(), to_lower(text));
    if (named != field_.words.end()) return field_.least + static_cast<int>(named - field_.words.begin());
    int found = 0;
    if (!number(text, found) || found < field_.least || found > field_.most)
      return refused(
          field_, column,
          "`" + std::string(text) + "` is not a number from " + std::to_string(field_.least) + " to " +
              std::to_string(field_.most) +
              (field_.words.empty() ? std::string() : " or a name such as `" + field_.words.front() + "`"));
    return found;
  }

  static bool number(std::string_view text, int& out) {
    if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return true;
  }

  const Field& field_;
  const Word word_;
};

const char* expansion(std::string_view word) {
  if (word == "@hourly") return "0 * * * *";
  if (word == "@daily" || word == "@midnight") return "0 0 * * *";
  if (word == "@weekly") return "0 0 * * 0";
  if (word == "@monthly") return "0 0 1 * *";
  if (word == "@yearly" || word == "@annually") return "0 0 1 1 *";
  return nullptr;
}

// `0 0 30 2 *` would wait for ever.
Status check_days(const Cron& cron, const Word& day) {
  static constexpr std::array<int, 13> longest{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (int month = 1; month <= 12; ++month)
    for (int d = 1; d <= longest[static_cast<std::size_t>(month)]; ++d)
      if ((cron.months >> month & 1) && (cron.days >> d & 1)) return {};
  if (cron.either_day) return {};  // there are weekdays besides
  return refused(fields()[2], day.column, "no month that is named has such a day");
}

}  // namespace

Result<Cron> parse_cron(std::string_view text) {
  auto words = words_of(text);
  if (words.size() == 1 && words[0].text.front() == '@') {
    const char* meaning = expansion(words[0].text);
    if (!meaning)
      return config_error("cron expression: `" + std::string(words[0].text) +
                          "` is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually");
    TRIPLED_ASSIGN(auto out, parse_cron(meaning));
    out.text = std::string(text);
    return out;
  }
  if (words.size() != fields().size())
    return config_error("cron expression `" + std::string(text) +
                        "`: five fields are wanted, minute, hour, day of month, " +
                        "month, day of week; found " + std::to_string(words.size()));
  std::array<std::uint64_t, 5> bits{};
  for (std::size_t i = 0; i < bits.size(); ++i) {
    TRIPLED_ASSIGN(bits[i], FieldReader(fields()[i], words[i]).run());
  }
  Cron out;
  out.text = std::string(text);
  out.minutes = bits[0];
  out.hours = static_cast<std::uint32_t>(bits[1]);
  out.days = static_cast<std::uint32_t>(bits[2]);
  out.months = static_cast<std::uint16_t>(bits[3]);
  out.weekdays = static_cast<std::uint8_t>((bits[4] | bits[4] >> 7) & 0x7f);
  out.elapsed = words[1].text.front() == '*';
  out.either_day = words[2].text.front() != '*' && words[4].text.front() != '*';
  TRIPLED_TRY(check_days(out, words[2]));
  return out;
}

}  // namespace tripled::config
