-- Sweeps that nobody asks for: projects the daemon knows, schedules with their fires, and what was seen of branches.

-- ref: the branch or tag of a git project that was swept; "" where there is none.
ALTER TABLE sweeps ADD COLUMN trigger TEXT NOT NULL DEFAULT 'person' CHECK (trigger IN ('person', 'schedule', 'poll'));
ALTER TABLE sweeps ADD COLUMN ref TEXT NOT NULL DEFAULT '';

-- poll_*: how the last look at its repository went. A sweep of it belongs to the row of `projects` with this name.
CREATE TABLE project_settings (
  name TEXT PRIMARY KEY,
  doc ANY NOT NULL,  -- ProjectSettings
  created_at INTEGER NOT NULL,
  polled_at INTEGER,  -- the last time it went well
  poll_failures INTEGER NOT NULL DEFAULT 0,  -- in a row
  poll_error TEXT NOT NULL DEFAULT ''
) STRICT;

-- The commit of each polled ref that was dealt with: swept, or why not (note).
CREATE TABLE project_refs (
  project TEXT NOT NULL REFERENCES project_settings (name) ON DELETE CASCADE,
  ref TEXT NOT NULL,
  revision TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  sweep INTEGER REFERENCES sweeps (id) ON DELETE SET NULL,
  note TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (project, ref)
) STRICT;
CREATE INDEX project_refs_by_sweep ON project_refs (sweep) WHERE sweep IS NOT NULL;

-- since: what was due earlier does not count. catch_up_ms: how late a missed fire may be caught up.
CREATE TABLE schedules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL REFERENCES project_settings (name) ON DELETE CASCADE,
  cron TEXT NOT NULL,
  zone TEXT NOT NULL,
  ref TEXT NOT NULL,
  overlap TEXT NOT NULL CHECK (overlap IN ('skip', 'queue')),
  catch_up TEXT NOT NULL CHECK (catch_up IN ('none', 'once')),
  catch_up_ms INTEGER NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  since INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE INDEX schedules_by_project ON schedules (project);

-- Keyed by the local time it is named by, so that no restart and no clock makes it twice. fold: 1 in the second of a
-- repeated hour. Written with its sweep; queued: its sweep is begun when the one before is over. The latest 1,000 of a
-- schedule are kept.
CREATE TABLE fires (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule INTEGER NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
  nominal TEXT NOT NULL,
  fold INTEGER NOT NULL CHECK (fold IN (0, 1)),
  due_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  cause TEXT NOT NULL CHECK (cause IN ('clock', 'catch-up', 'person')),
  state TEXT NOT NULL CHECK (state IN ('started', 'queued', 'skipped', 'missed', 'failed')),
  sweep INTEGER REFERENCES sweeps (id) ON DELETE SET NULL,
  reason TEXT NOT NULL DEFAULT '',
  UNIQUE (schedule, nominal, fold)
) STRICT;
CREATE INDEX fires_by_schedule ON fires (schedule, id);
CREATE INDEX fires_by_sweep ON fires (sweep) WHERE sweep IS NOT NULL;
