// What begins sweeps without a person: schedules and polled branches, and the projects both are of.
// Everything lives in the store; here is only what is under way. A fire, or the commit of a branch, is
// written in the commit of its sweep, so neither is begun twice, whatever dies in between. io thread only.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

#include "config/service_settings.h"
#include "daemon/app/core/core.h"
#include "daemon/app/service/planning.h"
#include "daemon/app/triggers/schedule_fires.h"
#include "daemon/web/project_engine.h"
#include "schema/model/git.h"

namespace tripled::app {

struct TriggerHooks {
  using Begun = std::function<void(Result<store::SweepId>)>;
  std::function<void(const MatrixRequest&, Core::AlsoWrite, Begun)> begin;
  std::function<void(store::SweepId, const std::string& why)> drop;  // a sweep that has not begun
  std::function<Status(const std::string& who, const std::string& what, wire::json::object detail,
                       CommitQueue::Write change)>
      write_audited;
};

class Triggers : public web::ProjectEngine {
 public:
  Triggers(boost::asio::io_context& io, Core& core, const config::ServiceSettings& settings,
           TriggerHooks hooks);

  // Looks at what is due, now and from then on: at the next due time and at least every 30 s, since the wall
  // clock may jump.
  void start();
  void look_soon();  // a sweep is over: a fire may have waited for it
  void stop();

  // web::ProjectEngine
  Status put_project(store::ProjectSettings settings, bool replace, const std::string& who) override;
  Status remove_project(const std::string& name, const std::string& who) override;
  Result<store::ScheduleId> put_schedule(store::ScheduleRow schedule, const std::string& who) override;
  Status remove_schedule(store::ScheduleId schedule, const std::string& who) override;
  void run_schedule(store::ScheduleId schedule, const std::string& who,
                    std::function<void(Result<store::SweepId>)> done) override;

 private:
  using Begun = TriggerHooks::Begun;

  void look();
  void arm(std::chrono::milliseconds wait);
  // The request for a ref of a project; asks a worker where it is a repository.
  void request(const store::ProjectSettings& project, const std::string& ref, const std::string& base,
               std::function<void(Result<MatrixRequest>, GitAnswer)> done);

  // trigger_schedules.cc
  void look_at(const store::ScheduleRow& schedule, store::Reader& reader, std::int64_t now,
               std::chrono::milliseconds& wait);
  ScheduleHistory history(const store::ScheduleRow& schedule, const std::vector<store::FireRow>& fires,
                          std::int64_t now) const;
  void record(const store::FireRow& fire);
  void begin(const store::ScheduleRow& schedule, store::FireRow fire, Begun done);
  void begin_failed(const store::FireRow& fire, const Error& error);

  // trigger_polls.cc
  struct Branch {
    std::string name, base;  // base: the commit that was dealt with before; empty: none
  };
  struct Poll {
    store::ProjectSettingsRow project;
    std::vector<Branch> waiting;  // that have a new commit; the last is next
  };
  void look_at(const store::ProjectSettingsRow& project, std::chrono::milliseconds& wait);
  void poll(const store::ProjectSettingsRow& project);
  Status take_branches(const std::shared_ptr<Poll>& poll, const GitAnswer& answer);
  void next_branch(const std::shared_ptr<Poll>& poll);
  void branch_begun(const std::shared_ptr<Poll>& poll, const std::string& branch, store::SweepId sweep);
  void poll_over(const store::ProjectSettingsRow& project, const Status& how);

  boost::asio::io_context& io_;
  Core& core_;
  const config::ServiceSettings& settings_;
  const TriggerHooks hooks_;
  boost::asio::steady_timer timer_;
  std::set<store::ScheduleId> beginning_;
  std::map<store::ScheduleId, std::string> last_errors_;  // of tries to begin, until one succeeds
  std::map<std::string, std::chrono::steady_clock::time_point> next_poll_;
  std::set<std::string> polling_;
  std::mt19937 random_{std::random_device{}()};
  bool stopped_ = false;
};

}  // namespace tripled::app
