#include "daemon/cli/storage_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "config/service_settings.h"
#include "daemon/app/core/collection.h"
#include "daemon/cli/commands.h"
#include "daemon/store/backup.h"
#include "daemon/store/reader.h"
#include "schema/base/size.h"
#include "schema/base/text.h"

namespace tripled::cli {
namespace {

struct Place {
  std::filesystem::path state;
  config::DiskSettings disk;
};

Result<Place> place_of(const StateChoice& where) {
  Place out{where.state, {}};
  if (where.settings.empty()) return out;
  TRIPLED_ASSIGN(auto settings, config::load_service_settings(where.settings));
  if (!settings.state.empty()) out.state = settings.state;
  out.disk = settings.disk;
  return out;
}

void print_missing(const std::vector<store::MissingBlob>& missing) {
  if (missing.empty()) return;
  std::printf("%s missing; the verdicts stand without them:\n", counted(missing.size(), "file").c_str());
  for (const auto& m : missing)
    std::printf("  %s %.12s (%s, %s)%s%s\n", to_text(m.blob.kind).c_str(), m.blob.hash.c_str(),
                format_size(m.blob.size).c_str(), m.why.c_str(), m.named_by.empty() ? "" : " of ",
                m.named_by.c_str());
}

Result<int> back_up(const BackupCommand& command) {
  TRIPLED_ASSIGN(Place place, place_of(command.where));
  TRIPLED_ASSIGN(auto made, store::back_up(place.state, command.to));
  std::printf("%s: %s up to %lld, database %s, %s of %s (%zu new), checked\n", command.to.c_str(),
              counted(made.sweeps, "sweep").c_str(), static_cast<long long>(made.last_sweep),
              format_size(made.database_bytes).c_str(), counted(made.blobs, "file").c_str(),
              format_size(made.blob_bytes).c_str(), made.new_blobs);
  print_missing(made.missing);
  return made.missing.empty() ? 0 : 1;
}

Result<int> restore(const RestoreCommand& command) {
  TRIPLED_ASSIGN(Place place, place_of(command.where));
  TRIPLED_ASSIGN(auto restored, store::restore_backup({command.from, place.state, command.replace}));
  std::printf("%s: restored %s and %s; the next sweep is %lld\n", place.state.c_str(),
              counted(restored.sweeps, "sweep").c_str(), counted(restored.blobs, "file").c_str(),
              static_cast<long long>(restored.next_sweep));
  if (restored.running > 0)
    std::printf(
        "%s when the daemon starts\n",
        (counted(restored.running, "sweep") + (restored.running == 1 ? " goes on" : " go on")).c_str());
  if (!restored.replaced.empty()) std::printf("the former database is %s\n", restored.replaced.c_str());
  print_missing(restored.missing);
  return 0;
}

// --- gc

struct GoingOfSweep {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

std::map<store::SweepId, GoingOfSweep> by_sweep(const store::Collecting& of_class) {
  std::map<store::SweepId, GoingOfSweep> out;
  for (const auto& blob : of_class.going) {
    auto& going = out[blob.last_sweep];
    ++going.files;
    going.bytes += blob.size;
  }
  return out;
}

void print_collecting(const std::string& name, const store::Collecting& of_class) {
  const auto ceiling =
      of_class.ceiling == 0 ? std::string("no ceiling") : "ceiling " + format_size(of_class.ceiling);
  std::printf("%-9s %9s in %s, %s: ", name.c_str(), format_size(of_class.bytes).c_str(),
              counted(of_class.files, "file").c_str(), ceiling.c_str());
  if (of_class.going.empty())
    std::printf("%s\n", of_class.over_bytes > 0 ? "nothing may go" : "nothing goes");
  else
    std::printf("%s of %s would go\n", counted(of_class.going.size(), "file").c_str(),
                format_size(of_class.going_bytes).c_str());
  for (const auto& [sweep, going] : by_sweep(of_class))
    std::printf("  of %s, the newest that names them: %s, %s\n",
                sweep == 0 ? "no sweep" : ("sweep " + std::to_string(sweep)).c_str(),
                counted(going.files, "file").c_str(), format_size(going.bytes).c_str());
  if (of_class.over_bytes > 0)
    std::printf("  still %s over: the rest belongs to sweeps that stay\n",
                format_size(of_class.over_bytes).c_str());
}

void print_plan(const store::CollectionPlan& plan) {
  for (const auto& of_class : plan.classes) print_collecting(to_text(of_class.kind), of_class);
  for (const auto& of_project : plan.projects) print_collecting("project " + of_project.project, of_project);
  if (!plan.spared.empty()) std::printf("Sweeps that stay whole:\n");
  for (const auto& spared : plan.spared)
    std::printf("  %lld: %s\n", static_cast<long long>(spared.sweep), spared.why.c_str());
}

wire::json::object json_of(const store::Collecting& c) {
  wire::json::array going;
  for (const auto& [sweep, share] : by_sweep(c))
    going.push_back({{"sweep", sweep}, {"files", share.files}, {"bytes", share.bytes}});
  return {{"bytes", c.bytes},           {"files", c.files},
          {"ceiling", c.ceiling},       {"going_bytes", c.going_bytes},
          {"over_bytes", c.over_bytes}, {"going", going}};
}

wire::json::value json_of(const store::CollectionPlan& plan) {
  wire::json::array classes, projects, spared;
  for (const auto& c : plan.classes) {
    auto one = json_of(static_cast<const store::Collecting&>(c));
    one["class"] = to_text(c.kind);
    classes.push_back(std::move(one));
  }
  for (const auto& p : plan.projects) {
    auto one = json_of(static_cast<const store::Collecting&>(p));
    one["project"] = p.project;
    projects.push_back(std::move(one));
  }
  for (const auto& s : plan.spared) spared.push_back({{"sweep", s.sweep}, {"why", s.why}});
  return {{"classes", classes}, {"projects", projects}, {"spared", spared}};
}

Result<int> collect(const GcCommand& command) {
  TRIPLED_ASSIGN(Place place, place_of(command.where));
  const auto limits = app::disk_limits(place.disk);
  const auto database = place.state / "tripled.db";
  if (command.dry_run) {
    TRIPLED_ASSIGN(store::Reader reader, store::Reader::open(database));
    TRIPLED_ASSIGN(auto plan, reader.plan_collection(limits.ceilings));
    if (command.json)
      std::printf("%s\n", wire::json::serialize(json_of(plan)).c_str());
    else
      print_plan(plan);
    return 0;
  }
  TRIPLED_TRY(store::Reader::open(database));  // none is made
  store::StoreOptions options;
  options.path = database;
  options.who = "tripled gc";
  auto store = store::Store::open(options);
  if (!store && store.error().kind() == ErrorKind::conflict)
    return store.error().with("a daemon collects by itself (disk: collect-every)");
  if (!store) return store.error();
  TRIPLED_ASSIGN(store::BlobStore blobs, store::BlobStore::open(place.state / "blobs"));
  TRIPLED_ASSIGN(auto collected, app::collect(*store, blobs, limits));
  if (command.json)
    std::printf("%s\n", wire::json::serialize(
                            wire::json::value{{"files", collected.files}, {"bytes", collected.bytes}})
                            .c_str());
  else
    std::printf("%s removed, %s\n", counted(collected.files, "file").c_str(),
                format_size(collected.bytes).c_str());
  return 0;
}

int status_of(const Result<int>& done) {
  return done ? *done : report_error(done.error(), ColourChoice::automatic);
}

void add_state(CLI::App& app, StateChoice& where) {
  app.add_option("--settings", where.settings, "the daemon's settings, which name its state");
  app.add_option("--state", where.state, "database and logs, where the settings name none")
      ->capture_default_str();
}

}  // namespace

int run_backup(const BackupCommand& command) { return status_of(back_up(command)); }
int run_restore(const RestoreCommand& command) { return status_of(restore(command)); }
int run_gc(const GcCommand& command) { return status_of(collect(command)); }

void StorageCommands::define(CLI::App& app, const Paths& defaults, int& status) {
  backup_.where.state = restore_.where.state = gc_.where.state = defaults.state;
  define_backup(app, status);
  define_restore(app, status);
  define_gc(app, status);
}

void StorageCommands::define_backup(CLI::App& app, int& status) {
  auto* sub = app.add_subcommand("backup", "Copy a daemon's database and files, also while it runs");
  sub->footer(
      "\nExamples:\n  tripled backup /srv/backup/tripled --settings tripled.yaml\n\n"
      "A directory that holds an earlier backup is brought up to date. Files are hard links where the disk "
      "is\n"
      "the same.\n\nExit status: 0 whole; 1 some files are missing (they are listed); 2, 3 no backup.");
  sub->add_option("directory", backup_.to, "where to")->required();
  add_state(*sub, backup_.where);
  sub->callback([this, &status] { status = run_backup(backup_); });
}

void StorageCommands::define_restore(CLI::App& app, int& status) {
  auto* sub = app.add_subcommand("restore", "Make a daemon's state from a backup");
  sub->footer(
      "\nExamples:\n  tripled restore /srv/backup/tripled --settings tripled.yaml\n"
      "  tripled restore /srv/backup/tripled --settings tripled.yaml --replace\n\n"
      "The store gets a new id: what workers still have of the lost one is refused, and done again.");
  sub->add_option("backup", restore_.from, "a directory that `tripled backup` wrote")->required();
  add_state(*sub, restore_.where);
  sub->add_flag("--replace", restore_.replace, "a database that is there is set aside; without it, refused");
  sub->callback([this, &status] { status = run_restore(restore_); });
}

void StorageCommands::define_gc(CLI::App& app, int& status) {
  auto* sub = app.add_subcommand("gc", "Remove files of old sweeps above the ceilings of the settings");
  sub->footer(
      "\nExamples:\n  tripled gc --dry-run --settings tripled.yaml\n  tripled gc --settings tripled.yaml\n\n"
      "A daemon that runs does this by itself; --dry-run may be asked meanwhile.");
  add_state(*sub, gc_.where);
  sub->add_flag("--dry-run", gc_.dry_run, "say what each class of files holds and what would go, and why");
  sub->add_flag("--json", gc_.json, "as JSON");
  sub->callback([this, &status] { status = run_gc(gc_); });
}

}  // namespace tripled::cli
