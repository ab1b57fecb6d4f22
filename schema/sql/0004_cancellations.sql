-- That a sweep is to be cancelled outlives the daemon: `drain`: what runs ends first, `now`: it is killed.
ALTER TABLE sweeps ADD COLUMN cancel TEXT NOT NULL DEFAULT 'none' CHECK (cancel IN ('none', 'drain', 'now'));
