"""The tools on this machine: tripled with a state and cache of its own, and cargo as a careful user would call it."""
import glob
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import measure

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MARKER = ".tripled-bench"  # in a directory that we may empty
STAGES = ["check", "build", "test-no-run", "execute"]

# Linker and runner that Debian's packages give; the host needs neither.
CROSS = {
    "aarch64-unknown-linux-gnu": ("aarch64-linux-gnu", "qemu-aarch64"),
    "s390x-unknown-linux-gnu": ("s390x-linux-gnu", "qemu-s390x"),
    "riscv64gc-unknown-linux-gnu": ("riscv64-linux-gnu", "qemu-riscv64"),
}


class Failed(Exception):
    pass


@dataclass
class Sweep:
    """One run of `tripled sweep`."""
    cost: measure.Cost
    report: dict

    def failed_cells(self):
        bad = []
        for cell in self.report["cells"]:
            jobs = [f"{job['stage']} {job['verdict']}" for job in cell["jobs"] if job["verdict"] != "pass"]
            if jobs or not cell["jobs"]:
                bad.append((cell["triple"], ", ".join(jobs) or "no jobs"))
        return bad

    def job_seconds(self):
        return sum(job["duration_ms"] or 0 for cell in self.report["cells"] for job in cell["jobs"]) / 1000

    def tests(self):
        return sum((job.get("tests") or {}).get("executed") or 0
                   for cell in self.report["cells"] for job in cell["jobs"])


class Machine:
    def __init__(self, work, tripled, say):
        kept, self.tripled, self.say = Path(work), Path(tripled), say
        # Only what is costly to make outlives a run: stds, views, answers about tools.
        self.cache, self.work, self.logs = kept / "cache", kept / "run", kept / "logs"
        if kept.is_dir() and any(kept.iterdir()) and not (kept / MARKER).exists():
            raise Failed(f"{kept} is not empty and was not made by this program")
        kept.mkdir(parents=True, exist_ok=True)
        (kept / MARKER).touch()
        for stale in (self.work, self.logs, self.cache / "target", self.cache / "work"):
            shutil.rmtree(stale, ignore_errors=True)
        for folder in (self.work, self.logs):
            folder.mkdir(parents=True)
        self.state = self.work / "state"
        self.env = {key: os.environ[key] for key in ("HOME", "USER", "TMPDIR", "CARGO_HOME") if key in os.environ}
        self.env |= {"PATH": os.environ.get("PATH", SYSTEM_PATH), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        self.count = 0
        self.cargo = self.rustc = None  # known once tripled has made a view

    # --- tripled

    def write_matrix(self, project, triples, stages):
        matrix = project / "matrix.yaml"
        lines = ["tripled: 1", f"project: {{name: {project.name}, source: {{path: .}}}}",
                 f"defaults: {{toolchain: system, stages: [{', '.join(stages)}]}}",
                 "axes:", "  triple:"] + [f"    - {triple}" for triple in triples]
        matrix.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return matrix

    def sweep(self, name, project, triples, stages, may_fail=False):
        self.count += 1
        out = self.logs / (f"{self.count:02}-" + re.sub(r"[^A-Za-z0-9_.-]+", "-", name) + ".json")
        out.unlink(missing_ok=True)
        argv = [self.tripled, "sweep", self.write_matrix(project, triples, stages), "--state", self.state,
                "--cache", self.cache, "--report", f"json={out}"]
        cost = self.measure(name, argv, self.env, project)
        if not out.exists():
            raise Failed(f"{name}: tripled wrote no report: " + "; ".join(cost.failed))
        sweep = Sweep(cost, json.loads(out.read_text(encoding="utf-8")))
        bad = sweep.failed_cells()
        if bad and not may_fail:
            raise Failed(f"{name}: " + "; ".join(f"{triple}: {what}" for triple, what in bad))
        return sweep

    def warm_up(self, triples, stages):
        """Builds the stds and fills the preflight cache with a crate of one line. Those triples that passed."""
        project = self.work / f"warm-{'-'.join(stages)}"
        (project / "src").mkdir(parents=True, exist_ok=True)
        (project / "Cargo.toml").write_text(
            f"[package]\nname = \"{project.name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
            encoding="utf-8")
        (project / "src/lib.rs").write_text("#[test]\nfn runs() {}\n", encoding="utf-8")
        sweep = self.sweep(f"warm-up of {len(triples)} triples", project, triples, stages, may_fail=True)
        bad = dict(sweep.failed_cells())
        for triple, what in bad.items():
            self.say(f"  left out: {triple}: {what}")
        return [triple for triple in triples if triple not in bad]

    def view_of(self, triples):
        """The toolchain view that tripled made, with a std for each of these triples."""
        for conf in sorted(glob.glob(str(self.cache / "views/*/wrapper.conf"))):
            view = Path(conf).parent
            if all((view / "lib/rustlib" / triple / "lib").is_dir() for triple in triples):
                values = dict(line.split("=", 1) for line in Path(conf).read_text(encoding="utf-8").splitlines())
                self.rustc = values["rustc"]
                self.cargo = str(Path(self.rustc).parent / "cargo")
                return view
        raise Failed(f"no view in {self.cache / 'views'} has a std for all of {', '.join(triples)}")

    # --- cargo by hand

    def loop_environment(self, triples):
        view = self.view_of(triples)
        env = self.env | {"PATH": SYSTEM_PATH, "RUSTC": str(view / "bin/rustc"), "RUSTDOC": str(view / "bin/rustdoc"),
                          "CARGO_NET_OFFLINE": "true", "CARGO_TERM_COLOR": "never"}
        for triple in triples:
            if triple not in CROSS:
                continue
            prefix, qemu = CROSS[triple]
            key = triple.upper().replace("-", "_")
            env[f"CARGO_TARGET_{key}_LINKER"] = f"{prefix}-gcc"
            env[f"CARGO_TARGET_{key}_RUNNER"] = f"{qemu} -L /usr/{prefix}"
            env[f"CC_{triple.replace('-', '_')}"] = f"{prefix}-gcc"
            env[f"AR_{triple.replace('-', '_')}"] = f"{prefix}-ar"
        return env

    def cargo_stage(self, name, stage, triples, project, target_dir, env):
        words = {"check": ["check"], "build": ["build"], "test-no-run": ["test", "--no-run"], "execute": ["test"]}[stage]
        argv = [self.cargo, *words, "--target-dir", target_dir]
        for triple in triples:
            argv += ["--target", triple]
        return self.measure(name, argv, env, project)

    def fetch(self, project, extra=(), env=None):
        """Before anything is timed; the only command that may use the network."""
        cost = measure.run([self.cargo, "fetch", *extra], self.env | {"RUSTC": self.rustc} | (env or {}), project,
                           self.logs / "fetch.log")
        if cost.failed:
            raise Failed("; ".join(cost.failed))

    def measure(self, name, argv, env, cwd):
        self.say(f"  {name}: {os.path.basename(str(argv[0]))} {argv[1]} …")
        log = self.logs / (re.sub(r"[^A-Za-z0-9_.-]+", "-", name) + ".log")
        cost = measure.run(argv, env, cwd, log)
        self.say(f"  {name}: {cost.wall:.1f} s, {cost.cpu:.1f} CPU s, {cost.peak_mb:.0f} MB"
                 + "".join(f" — {what}" for what in cost.failed))
        return cost

    def tool_versions(self):
        def first_line(*argv):
            with os.popen(" ".join(argv) + " 2>&1") as out:
                return out.readline().strip()
        return {"tripled": first_line(str(self.tripled), "--version"),
                "rustc": first_line(self.rustc, "-V") if self.rustc else None,
                "cargo": first_line(self.cargo, "-V") if self.cargo else None,
                "qemu": first_line("qemu-aarch64", "--version"), "kernel": os.uname().release}
