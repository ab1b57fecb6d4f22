#include "daemon/cli/live.h"

#include <cstdio>

#include "schema/base/duration.h"
#include "schema/base/text.h"

namespace tripled::cli {

namespace {

std::string name_of(const app::SweepEvent& e) { return e.stage ? e.cell + " " + to_text(*e.stage) : e.text; }

Style style_of(Verdict v) {
  switch (v) {
    case Verdict::pass:
      return Style::good;
    case Verdict::fail:
    case Verdict::timeout:
      return Style::bad;
    case Verdict::flaky:
    case Verdict::broken:
    case Verdict::suspect:
      return Style::warn;
    case Verdict::blocked:
    case Verdict::excluded:
    case Verdict::cancelled:
      return Style::dim;
  }
  return Style::plain;
}

}  // namespace

void Live::print(const std::string& line) {
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void Live::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void Live::begin(std::size_t cells, std::size_t jobs) {
  cells_ = cells;
  jobs_ = jobs;
  started_ = Clock::now();
}

void Live::message(Style style, const std::string& verb, const std::string& text) {
  if (mode_ == LiveMode::text) print(verb_line(terminal_, style, verb, text));
}

void Live::event(const app::SweepEvent& event) {
  if (mode_ == LiveMode::json) {
    std::printf("%s\n", wire::to_text_json(event).c_str());
    std::fflush(stdout);
    return;
  }
  if (event.kind == "storage") {  // even when quiet: the sweep stands still
    print(verb_line(terminal_, Style::warn, "Storage", event.text));
    return tick();
  }
  if (mode_ == LiveMode::quiet) return;
  if (event.kind == "job-started") {
    running_[event.job] = {name_of(event), "", Clock::now()};
  } else if (event.kind == "progress") {
    if (auto found = running_.find(event.job); found != running_.end()) found->second.detail = event.text;
    if (!terminal_.interactive && !event.stage)
      print(verb_line(terminal_, Style::info, "Preparing", event.text));
  } else if (event.kind == "job-finished") {
    job_finished(event);
  } else if (event.kind == "cell-finished") {
    ++cells_done_;
  }
  tick();
}

void Live::job_finished(const app::SweepEvent& e) {
  std::string name = e.stage ? name_of(e) : "";
  if (auto found = running_.find(e.job); found != running_.end()) {
    if (!e.stage) name = found->second.what;  // prepare, setup of …: `text` holds the reason now
    running_.erase(found);
  }
  ++jobs_done_;
  auto verdict = e.verdict.value_or(Verdict::pass);
  if (verdict == Verdict::fail || verdict == Verdict::timeout || verdict == Verdict::suspect) ++failed_;
  if (verdict == Verdict::broken) ++broken_;
  if (!e.stage && (verdict == Verdict::pass || name.empty()))
    return;  // it was never begun: its cells say why
  std::string line = name;
  if (e.implied) line += " (implied by build)";
  if (e.duration_ms > 0 && !e.implied)
    line += styled(terminal_, Style::dim, " " + format_duration(Millis(e.duration_ms)));
  if (verdict != Verdict::pass && !e.text.empty()) {
    // One reason can block a whole matrix: said once in full.
    bool again = verdict == Verdict::blocked && e.text == last_block_;
    line += ": " + (again ? "as the one before" : split(e.text, '\n').front());
    last_block_ = verdict == Verdict::blocked ? e.text : "";
  }
  print(verb_line(terminal_, style_of(verdict), to_text(verdict), line));
}

std::string Live::eta() const {
  auto elapsed = std::chrono::duration_cast<Millis>(Clock::now() - started_);
  if (jobs_done_ < 3 || jobs_done_ >= jobs_) return "";
  auto left = elapsed * static_cast<std::int64_t>(jobs_ - jobs_done_) / static_cast<std::int64_t>(jobs_done_);
  return ", about " + format_duration(left) + " left";
}

std::string Live::status_line() const {
  std::string counts = std::to_string(cells_done_) + "/" + std::to_string(cells_) + " cells, " +
                       std::to_string(jobs_done_) + "/" + std::to_string(jobs_) + " jobs";
  if (failed_ > 0) counts += ", " + std::to_string(failed_) + " failed";
  if (broken_ > 0) counts += ", " + std::to_string(broken_) + " broken";
  std::vector<std::string> now;
  for (const auto& [key, r] : running_) {
    auto since = std::chrono::duration_cast<Millis>(Clock::now() - r.since);
    now.push_back((r.detail.empty() ? r.what : r.detail) + " " + format_duration(since));
  }
  return counts + eta() + (now.empty() ? "" : ": " + join(now, ", "));
}

void Live::tick() {
  if (mode_ != LiveMode::text || !terminal_.interactive || jobs_ == 0) return;
  auto line = fit(terminal_, status_line(), terminal_.width - 14);
  std::fprintf(stderr, "\r\033[K%s", verb_line(terminal_, Style::info, "Sweeping", line).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace tripled::cli
