"""Sweeps a case and turns what the store holds of it into a file of the corpus (tests/corpus/README.md, "Form")."""

import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess

MAX_LOG = 24 << 10
MOST_FAILING = 3  # jobs of a variant that are kept whole
SWEEP_LIMIT_SECONDS = 900

TEST_STATES = {0: "passed", 1: "failed", 2: "ignored", 3: "timed-out", 4: "crashed", 5: "not-run", 6: "skipped"}
TEST_FAILURES = {0: "assert", 1: "panic", 2: "signal", 3: "timeout", 4: "crash"}


def zstd(data, *options):
    done = subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout


class Run:
    """What a case may change before its sweep begins."""

    def __init__(self, case_dir, project, state, cache, tripled):
        self.dir, self.project, self.state, self.cache, self.tripled = case_dir, project, state, cache, tripled
        self.env = {}
        self.prefix = []
        self.after = []  # functions, called when the sweep is over

    def worker_options(self, *options):
        """The sweep's own worker gets these too: a directory with both programs, the worker behind a script."""
        real = pathlib.Path(self.tripled)
        programs = self.dir / "programs"
        programs.mkdir(parents=True, exist_ok=True)
        shutil.copy2(real, programs / "tripled")
        script = programs / "tripled-worker"
        script.write_text('#!/bin/sh\nexec %s "$@" %s\n' % (real.parent / "tripled-worker", " ".join(options)))
        script.chmod(0o755)
        self.tripled = str(programs / "tripled")


class Store:
    """Reads the database and blobs of one state directory."""

    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.db = sqlite3.connect(f"file:{self.state}/tripled.db?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row

    def rows(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def document(self, value):
        if value is None:
            return None
        if isinstance(value, bytes):
            value = zstd(value, "-d").decode("utf-8", "replace")
        return json.loads(value) if value else None

    def blob(self, digest):
        path = self.state / "blobs" / digest[:2] / digest[2:]
        return zstd(path.read_bytes(), "-d").decode("utf-8", "replace") if path.exists() else ""

    def tests(self, attempt):
        """TestResult objects of an attempt; those that simply passed by name alone."""
        out, passed = [], []
        for row in self.rows(
            "SELECT l.doc AS list, r.doc AS run FROM test_runs r JOIN test_lists l ON l.id = r.list "
            "WHERE r.attempt = ? ORDER BY r.ordinal",
            attempt,
        ):
            listed, run = self.document(row["list"]), self.document(row["run"])
            others = {}
            for other in run["others"]:
                others[other["test"]] = other
            for i, name in enumerate(listed["tests"]):
                other = others.get(i)
                if other is None:
                    passed.append([listed["package"], listed["target"], name])
                    continue
                out.append(
                    {
                        "package": listed["package"],
                        "target": listed["target"],
                        "kind": listed["kind"],
                        "test": name,
                        "state": TEST_STATES[other["state"]],
                        "failure": TEST_FAILURES.get(other.get("failure", -1)),
                        "message": other.get("message", ""),
                        "duration_ms": run["durations"][i],
                        "flaky": bool(other.get("flags", 0) & 1),
                        "suspect": bool(other.get("flags", 0) & 2),
                    }
                )
        return out, passed


def cut(text):
    if len(text) <= MAX_LOG:
        return text
    return text[: MAX_LOG // 2] + "\n[corpus] the middle is left out\n" + text[-MAX_LOG // 2 :]


class Recorder:
    def __init__(self, tripled, work, cache, out, keep, show):
        self.tripled = str(pathlib.Path(tripled).resolve())
        self.work, self.out, self.keep, self.show = work, out, keep, show
        self.cache = pathlib.Path(cache) if cache else work / "cache"
        work.mkdir(parents=True, exist_ok=True)

    # One case ---------------------------------------------------------------------------------------------------
    def record(self, group, case, seed):
        case_dir = self.work / "cases" / f"{case.cause}-{case.variant}"
        shutil.rmtree(case_dir, ignore_errors=True)
        project, state = case_dir / "project", case_dir / "state"
        self.write(case, project)
        run = Run(case_dir, project, state, self.cache, self.tripled)
        try:
            status, printed = self.sweep(case, run)
            if not (state / "tripled.db").exists():
                return ["the sweep did not begin"] + ["| " + line for line in printed.strip().splitlines()[-25:]]
            store = Store(state)
            recorded = self.collect(store, case, status, printed)
        finally:
            for action in run.after:
                action()
        problems = self.compare(case, recorded)
        if self.show:
            print(json.dumps(recorded, indent=1)[:6000])
            print(printed[-3000:])
        elif not problems:
            self.save(group, case, seed, recorded, run)
        if problems:
            problems += ["| " + line for line in printed.strip().splitlines()[-25:]]
        if not self.keep:
            shutil.rmtree(case_dir, ignore_errors=True)
            for kind in ("target", "work"):
                for entry in (self.cache / kind).glob(f"{case.name}-*"):
                    shutil.rmtree(entry, ignore_errors=True)
        return problems

    def write(self, case, project):
        project.mkdir(parents=True)
        for path, text in case.files.items():
            file = project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
            if path in case.executable:
                file.chmod(0o755)
        for path, target in case.links.items():
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).symlink_to(target)
        (project / "sweep.yaml").write_text(case.matrix_text)

    def sweep(self, case, run):
        keep = (
            "PATH",
            "HOME",
            "RUSTUP_HOME",
            "CARGO_HOME",
            "http_proxy",
            "https_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "no_proxy",
            "NO_PROXY",
            "SSL_CERT_FILE",
            "TMPDIR",
        )
        run.env = {k: v for k, v in os.environ.items() if k in keep or k.startswith("CARGO_HTTP_")}
        run.env.update(LC_ALL="C.UTF-8", **case.sweep_env)
        if case.prepare:
            case.prepare(run)
        command = [
            *run.prefix,
            "nice",
            "-n",
            "15",
            run.tripled,
            "sweep",
            "sweep.yaml",
            "--state",
            str(run.state),
            "--cache",
            str(run.cache),
            "--slots",
            "2",
            "--color",
            "never",
            *case.sweep_args,
        ]
        with open(run.dir / "printed.txt", "wb") as output:
            process = subprocess.Popen(
                command, cwd=run.project, env=run.env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            if case.during:
                case.during(run, process)
            try:
                status = process.wait(SWEEP_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
        return status, (run.dir / "printed.txt").read_text(errors="replace")

    # Out of the store ----------------------------------------------------------------------------------------
    def collect(self, store, case, status, printed):
        failing = set(case.facts["failing"]) | set(case.facts["cells"].get("failing", ()))
        cells = {
            r["id"]: r for r in store.rows("SELECT id, triple, toolchain, verdict, reason, setup_key, doc FROM cells ORDER BY ordinal")
        }
        out = {
            "format": 1,
            "exit_status": status,
            "cells": [
                {
                    **{k: r[k] for k in ("id", "triple", "toolchain", "verdict", "reason")},
                    "settings": store.document(r["doc"])["settings"],
                }
                for r in cells.values()
            ],
            "toolchains": self.toolchains(store, {(r["toolchain"], r["triple"]) for r in cells.values()}),
        }
        if not cells:
            out["printed"] = cut(printed)
        bad_keys = {r["setup_key"] for r in cells.values() if r["verdict"] != "pass"}
        out["setups"] = [
            {
                "triple": r["triple"],
                "toolchain": r["toolchain"],
                "result": store.document(r["doc"]),
                "log": cut(store.blob(r["log_hash"])) if r["log_hash"] else "",
            }
            for r in store.rows("SELECT key, triple, toolchain, doc, log_hash FROM setups")
            if r["key"] in bad_keys
        ]
        out["jobs"], whole = [], 0
        for r in store.rows("SELECT j.*, b.kind FROM jobs j LEFT JOIN batches b ON b.id = j.batch ORDER BY j.id"):
            triple = cells[r["cell"]]["triple"] if r["cell"] else ""
            bad = r["verdict"] not in ("pass", "excluded")
            if not r["cell"] and not bad:
                continue
            job = {
                "kind": r["kind"] or "",
                "cell": r["cell"] or "",
                "triple": triple,
                "stage": r["stage"] or r["kind"] or "",
                "state": r["state"],
                "outcome": r["outcome"],
                "verdict": r["verdict"],
                "reason": r["reason"],
                "blocked_by": r["blocked_by"],
                "detail": store.document(r["detail"]),
            }
            expected = not r["cell"] or triple in failing or r["cell"] in failing
            # A passing cell's units tell apart what is everywhere from what is here.
            job["attempts"] = self.attempts(store, r["id"], bad and expected and whole < MOST_FAILING)
            whole += bad and expected and r["verdict"] != "blocked"
            out["jobs"].append(job)
        sweep = store.rows("SELECT prepare_log FROM sweeps")
        prepare = store.rows("SELECT doc FROM sweep_docs WHERE kind = 'prepare'")
        if any(j["kind"] == "prepare" for j in out["jobs"]):
            out["prepare"] = store.document(prepare[0]["doc"]) if prepare else None
            out["prepare_log"] = cut(store.blob(sweep[0]["prepare_log"])) if sweep and sweep[0]["prepare_log"] else ""
        return out

    @staticmethod
    def toolchains(store, used):
        """Version of each toolchain and cfg of each triple: what is known of cells that passed, too."""
        out = {}
        for facts in [f for r in store.rows("SELECT doc FROM sweep_docs WHERE kind = 'facts'") for f in store.document(r["doc"])]:
            triples = {}
            for triple in sorted(t for name, t in used if name == facts["name"]):
                done = subprocess.run([facts["rustc"], "--print", "cfg", "--target", triple], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                if done.returncode == 0:
                    triples[triple] = [line for line in done.stdout.decode().splitlines() if not line.startswith("target_feature=")]
            out[facts["name"]] = {"version": facts["version"], "cfg": triples}
        return out

    def attempts(self, store, job, whole):
        out = []
        for a in store.rows("SELECT * FROM attempts WHERE job = ? ORDER BY shard, n", job):
            result = store.document(a["result"]) or {}
            tests, passed = store.tests(a["id"])
            entry = {"n": a["n"], "reason": a["reason"], "outcome": a["outcome"]}
            if whole:
                result["tests"] = tests
                entry.update(result=result, tests_passed=len(passed), passed=passed)
                entry["evidence"] = json.loads(store.blob(a["evidence_hash"])) if a["evidence_hash"] else None
                entry["log"] = cut(store.blob(a["log_hash"])) if a["log_hash"] else ""
            else:
                entry.update(
                    units=[
                        {k: u[k] for k in ("package", "target", "kind", "harness", "verdict")} for u in result.get("units", [])
                    ],
                    tests=[{k: t[k] for k in ("package", "target", "test", "state")} for t in tests],
                    tests_passed=len(passed),
                    passed=passed,
                    runner=result.get("runner", {}).get("kind", "none"),
                )
            out.append(entry)
        return out

    # Does it show what its truth says? -----------------------------------------------------------------------
    def compare(self, case, recorded):
        facts, problems = case.facts, []
        stage, verdicts = facts["stage"], facts["verdicts"]
        by = "cell" if facts["cells"] else "triple"
        failing = facts["cells"].get("failing", facts["failing"])
        passing = facts["cells"].get("passing", facts["passing"])
        if not recorded["cells"]:
            return [] if stage == "plan" and recorded["exit_status"] == 2 else ["no cells"]
        if stage == "prepare" and not any(j["kind"] == "prepare" for j in recorded["jobs"]):
            problems.append("the sweep could be prepared")
        for name in failing:
            if stage in ("setup", "prepare"):
                cell = [c for c in recorded["cells"] if c["id" if by == "cell" else "triple"] == name]
                if not cell or cell[0]["verdict"] not in verdicts:
                    problems.append(f"{name}: {cell and cell[0]['verdict']}, wanted {verdicts}")
                continue
            job = [j for j in recorded["jobs"] if j[by] == name and j["stage"] == stage]
            if not job or job[0]["verdict"] not in verdicts:
                problems.append(f"{name} at {stage}: {job and job[0]['verdict']} ({job and job[0]['reason']}), wanted {verdicts}")
            elif (
                job[0]["verdict"] not in ("blocked", "broken")
                and job[0]["attempts"]
                and "result" in job[0]["attempts"][-1]
                and not job[0]["attempts"][-1]["evidence"]
            ):
                problems.append(f"{name} at {stage}: no evidence was stored")
        for name in passing:
            bad = [j for j in recorded["jobs"] if j[by] == name and j["verdict"] not in ("pass", "excluded")]
            if bad or not any(j[by] == name for j in recorded["jobs"]):
                problems.append(f"{name}: {bad and bad[0]['verdict']} ({bad and bad[0]['reason']}), wanted pass")
        return problems

    # The file ----------------------------------------------------------------------------------------------------
    def save(self, group, case, seed, recorded, run):
        recorded = {"cause": case.cause, "variant": case.variant, **recorded}
        text = self.neutral(json.dumps(recorded, ensure_ascii=False, separators=(",", ":")), run)
        directory = self.out / case.cause
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{case.variant}.json.zst").write_bytes(zstd(text.encode(), "-19"))
        self.write_truth(group, case, seed, self.version(recorded))

    def write_truth(self, group, case, seed, recorded_with=None):
        """recorded_with: None keeps what the file says."""
        file = self.out / case.cause / f"{case.variant}.truth.json"
        if recorded_with is None:
            recorded_with = json.loads(file.read_text())["recorded_with"]
        truth = {
            "group": group,
            "variant": case.variant,
            "seed": seed,
            "recorded_with": recorded_with,
            **case.facts,
            "names": " ".join(case.n.made_up()),
        }
        file.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")

    @staticmethod
    def version(recorded):
        for job in recorded["jobs"]:
            for attempt in job["attempts"]:
                said = attempt.get("result", {}).get("versions", {}).get("rustc")
                if said:
                    return " ".join(said.split()[:2])
        return ""

    def neutral(self, text, run):
        """Nothing of this machine: directories under stable names, no host, user, kernel or build of it."""
        for path, name in (
            (run.project, "/project"),
            (run.state, "/state"),
            (run.cache, "/cache"),
            (self.cache, "/cache"),
            (run.dir, "/case"),
            (self.work, "/corpus"),
            (pathlib.Path(self.tripled).parent, "/programs"),
            (pathlib.Path.home(), "/home/user"),
        ):
            text = text.replace(str(path), name)
        # Below a build directory of ours: the small programs that stand before rustc and before a job.
        text = re.sub(r"(/[\w.+-]+)+/workers/(exec|toolchain)/tripled-(shim|rustc)", r"/programs/tripled-\3", text)
        text = re.sub(r"/rustc[A-Za-z0-9]{6}(?=/)", "/rustc000000", text)
        text = re.sub(r"index\.crates\.io-[0-9a-f]{16}", "registry-0000000000000000", text)
        text = re.sub(r"Linux \d+\.\d+\.\d+[\w.+-]*", "Linux 6.1.0", text)
        host = socket.gethostname()
        return re.sub(rf"\b{re.escape(host)}\b", "machine", text) if len(host) > 2 and host != "localhost" else text
