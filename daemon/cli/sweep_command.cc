#include "daemon/cli/sweep_command.h"

#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include "daemon/cli/failed_cells.h"
#include "daemon/cli/report_output.h"
#include "daemon/cli/session.h"
#include "daemon/report/load.h"
#include "schema/base/file.h"
#include "schema/base/text.h"

namespace tripled::cli {

namespace asio = boost::asio;

namespace {

void complain(const Terminal& terminal, const Error& error) {
  std::fprintf(stderr, "%s %s\n", styled(terminal, Style::bad, "error:").c_str(), error.message().c_str());
}

class SweepRun {
 public:
  SweepRun(const SweepArgs& args, std::unique_ptr<Session> session, std::optional<app::MatrixRequest> request)
      : args_(args),
        session_(std::move(session)),
        request_(std::move(request)),
        err_(describe_terminal(STDERR_FILENO, args.colour)),
        live_(args.json    ? LiveMode::json
              : args.quiet ? LiveMode::quiet
                           : LiveMode::text,
              err_),
        signals_(session_->io(), SIGINT, SIGTERM),
        clock_(session_->io()) {}

  int run() {
    session_->on_event_fn = [this](const app::SweepEvent& e) { on_event(e); };
    session_->on_finished_fn = [this](store::SweepId id) {
      if (id == sweep_) end(false);
    };
    watch_signals();
    tick();
    // Before the worker is started: it may have results of this sweep in its spool.
    if (args_.resume) resume();
    auto status = failure_ ? session_->run([this] { begin(); }) : Status();
    live_.clear();
    if (!status) give_up(status.error());
    if (interrupts_ > 0 && !sweep_) return 130;  // before there was anything to go on with
    if (!failure_ && !sweep_) {
      complain(err_, failure_.error());
      return usage_ ? 2 : 3;
    }
    if (!failure_) complain(err_, failure_.error());
    return sweep_ ? conclude() : 2;
  }

 private:
  void refuse(const Error& error) {
    failure_ = error;
    usage_ = error.kind() == ErrorKind::usage || error.kind() == ErrorKind::config;
    session_->stop();
  }

  // The session cannot go on (no worker stays, the store failed): the sweep can be resumed once that is
  // cured.
  void give_up(const Error& error) {
    failure_ = error;
    status_ = 3;
    if (!sweep_) return;
    resumable_ = true;
    session_->core().finish_sweep(*sweep_, store::SweepState::interrupted, status_, [] {});
    // Where even that cannot be stored, the sweep stays `running`: it can be resumed as well.
    static_cast<void>(session_->core().flush());
  }

  void begin() {
    if (args_.resume) return;
    live_.message(Style::info, "Reading", args_.plan.matrix.empty() ? "toolchain facts" : args_.plan.matrix);
    app::expand(session_->core(), *request_, [this](Result<app::Expanded> expanded) {
      if (!expanded) return refuse(expanded.error());
      for (const auto& warning : expanded->plan.warnings) live_.message(Style::warn, "Warning", warning);
      if (auto settled = app::settle_worker_labels(expanded->plan); !settled) return refuse(settled.error());
      auto sweep = app::new_sweep(*request_, std::move(*expanded));
      announce(sweep.plan);
      auto id = session_->core().add_sweep(sweep);
      if (!id) return refuse(id.error());
      sweep_ = *id;
      app::ask_known_triples(session_->core(), *id, *request_, sweep.facts);
    });
  }

  void resume() {
    auto reader = store::Reader::open(session_->core().database());
    if (!reader) return refuse(reader.error());
    auto id = *args_.resume;
    if (id == 0) {
      auto open = reader->unfinished_sweeps();
      if (!open) return refuse(open.error());
      if (open->empty()) return refuse(usage_error("no unfinished sweep is there to resume"));
      id = open->front().id;
    }
    auto record = reader->load_sweep(id, store::Reader::Results::no);
    if (!record) return refuse(record.error());
    if (record->row.state == store::SweepState::finished)
      return refuse(usage_error("sweep " + std::to_string(id) + " is finished: there is nothing to resume"));
    announce(record->plan);
    live_.message(Style::info, "Resuming", "sweep " + std::to_string(id));
    if (auto status = session_->core().resume_sweep(id); !status) return refuse(status.error());
    sweep_ = id;
  }

  void announce(const Plan& plan) {
    std::size_t jobs = 0, cells = 0;
    std::set<std::string> triples;
    for (const auto& batch : app::plan_rows(plan).batches) jobs += batch.jobs.size();
    for (const auto& cell : plan.cells) {
      cells += cell.excluded_reason.empty();
      triples.insert(cell.triple);
    }
    live_.message(Style::info, "Planned",
                  counted(cells, "cell") + " on " + counted(triples.size(), "triple") + ", " +
                      counted(jobs, "job") + (plan.partial ? " (partial: " + plan.narrowed_by + ")" : ""));
    live_.begin(cells, jobs);
  }

  void on_event(const app::SweepEvent& event) { live_.event(event); }

  // Draining: what runs has ended, nothing more is granted.
  void end_when_drained() {
    if (interrupts_ > 0 && !interrupted_ && sweep_ && session_->core().scheduler().running().empty())
      end(true);
  }

  void watch_signals() {
    signals_.async_wait([this](boost::system::error_code ec, int) {
      if (ec) return;
      if (++interrupts_ == 1 && sweep_) {
        live_.message(Style::warn, "Stopping", "running jobs end first; Ctrl-C again kills them");
        session_->core().drain();
        end_when_drained();
      } else {
        end(true);
      }
      watch_signals();
    });
  }

  void tick() {
    clock_.expires_after(std::chrono::seconds(1));
    clock_.async_wait([this](boost::system::error_code ec) {
      if (ec) return;
      live_.tick();
      end_when_drained();
      tick();
    });
  }

  void end(bool interrupted) {
    interrupted_ = interrupted;
    if (sweep_) {
      auto state = interrupted ? store::SweepState::interrupted : store::SweepState::finished;
      status_ = 130;
      if (!interrupted) {
        auto& core = session_->core();
        auto loaded = report::load_diagnosed(core.database(), *sweep_, core.blob_directory());
        status_ = loaded ? report::exit_status(loaded->report, false, args_.strict) : 3;
        if (loaded) core.store_findings(*sweep_, loaded->findings);
      }
      session_->core().finish_sweep(*sweep_, state, status_, [this] { session_->stop(); });
      if (!interrupted) return;
      resumable_ = true;
      if (auto stored = session_->core().flush(); !stored) failure_ = stored;
    }
    session_->stop();
  }

  // The report, where it was asked for; the exit status.
  int conclude() {
    auto& core = session_->core();
    auto diagnosed = report::load_with_changes(core.database(), *sweep_, core.blob_directory());
    if (!diagnosed) {
      complain(err_, diagnosed.error());
      return 3;
    }
    const auto* loaded = &diagnosed->report;
    for (const auto& wanted : args_.reports) {
      auto text = render(*loaded, wanted.format, Terminal());
      auto written = text ? write_file_atomically(wanted.file, *text) : Status(text.error());
      if (!written) {
        complain(err_, written.error());
        status_ = status_ == 0 ? 2 : status_;
      }
    }
    auto out = describe_terminal(STDOUT_FILENO, args_.colour);
    if (args_.json) {
      app::SweepEvent last;
      last.kind = "sweep-finished";
      last.sweep = std::to_string(*sweep_);
      last.text = "exit status " + std::to_string(status_);
      std::printf("%s\n", wire::to_text_json(last).c_str());
    } else if (!args_.quiet) {
      if (auto text = render(*loaded, "text", out)) std::fputs(text->c_str(), stdout);
    }
    if (resumable_)
      std::fprintf(stderr, "%s: `tripled sweep --resume %s` goes on\n",
                   interrupted_ ? "interrupted" : "not finished", std::to_string(*sweep_).c_str());
    return failure_ ? status_ : 3;
  }

  const SweepArgs& args_;
  std::unique_ptr<Session> session_;
  std::optional<app::MatrixRequest> request_;
  const Terminal err_;
  Live live_;
  asio::signal_set signals_;
  asio::steady_timer clock_;
  std::optional<store::SweepId> sweep_;
  Status failure_;
  int interrupts_ = 0, status_ = 130;
  bool usage_ = false, interrupted_ = false, resumable_ = false;
};

}  // namespace

Result<ReportFile> parse_report_file(const std::string& text) {
  auto equals = text.find('=');
  ReportFile out{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
  const auto& known = report_formats();
  if (out.file.empty() || std::find(known.begin(), known.end(), out.format) == known.end())
    return usage_error("--report " + text + ": expected FORMAT=FILE with a format of " + join(known, ", "));
  return out;
}

Result<store::SweepId> parse_resume(const std::string& text, const PlanArgs& plan) {
  if (!plan.matrix.empty() || !plan.narrowing.empty())
    return usage_error("--resume goes on with the stored matrix and all of its sweep: leave out " +
                       (plan.matrix.empty() ? "what narrows it" : "`" + plan.matrix + "`"));
  store::SweepId id = 0;
  auto end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, id);
  if (text.empty() || (parsed.ec == std::errc() && parsed.ptr == end && id > 0)) return id;
  return usage_error("--resume " + text + ": expected the number of a sweep, or nothing for the newest");
}

int run_sweep(const SweepArgs& args) {
  auto err = describe_terminal(STDERR_FILENO, args.colour);
  std::optional<app::MatrixRequest> request;
  if (!args.resume) {
    auto read = load(args.plan);
    if (!read) {
      complain(err, read.error());
      return 2;
    }
    request = std::move(read).value();
  }
  if (args.failed && request) {
    auto cells = failed_cells(args.paths.state / "tripled.db", request->file, request->matrix.project);
    if (!cells) {
      complain(err, cells.error());
      return 2;
    }
    request->narrowing.cells = *cells;
  }
  SessionOptions options;
  options.paths = args.paths;
  options.slots =
      args.slots > 0 ? args.slots : std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
  auto session = Session::open(std::move(options));
  if (!session) {
    complain(err, session.error());
    return 2;
  }
  return SweepRun(args, std::move(session).value(), std::move(request)).run();
}

}  // namespace tripled::cli
