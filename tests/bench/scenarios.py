"""What is compared. A scenario returns a Table: lines of costs, and goals with what was reached."""
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from machine import STAGES, Failed
from measure import Cost

HERE = Path(__file__).resolve().parent
FOUR = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "s390x-unknown-linux-gnu",
        "riscv64gc-unknown-linux-gnu"]
STDLESS = "x86_64-unknown-freebsd"
# Their std builds with 1.96 in check mode. The order matters to --quick, which takes the first three.
MANY = ["x86_64-unknown-freebsd", "i686-unknown-freebsd", "i686-unknown-linux-gnu", "aarch64-unknown-freebsd",
        "x86_64-unknown-netbsd", "i686-unknown-netbsd", "aarch64-unknown-netbsd", "x86_64-unknown-openbsd",
        "aarch64-unknown-openbsd", "x86_64-unknown-dragonfly", "x86_64-unknown-illumos", "x86_64-pc-solaris",
        "x86_64-unknown-haiku", "x86_64-unknown-fuchsia", "aarch64-apple-darwin", "x86_64-apple-darwin",
        "aarch64-apple-ios", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl",
        "armv7-unknown-linux-gnueabihf", "arm-unknown-linux-gnueabi", "powerpc64le-unknown-linux-gnu",
        "powerpc-unknown-linux-gnu", "sparc64-unknown-linux-gnu", "loongarch64-unknown-linux-gnu",
        "aarch64-linux-android", "x86_64-linux-android", "x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"]
QUICK_MEMBERS = ["derive", "table", "dice"]


@dataclass
class Line:
    what: str
    cost: Cost
    note: str = ""


@dataclass
class Goal:
    """`value` shall not exceed `bound` (or not be below it, with at_least)."""
    what: str
    value: float
    bound: float | None = None  # None: reported only
    at_least: bool = False

    @property
    def reached(self):
        if self.bound is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass
class Table:
    scenario: str
    title: str
    lines: list = field(default_factory=list)
    base: int = 0  # the line to which the others are ratios: the first one, tripled's
    goals: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def copy_workspace(to, members=None):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(HERE / "workspace", to)
    if members:
        manifest = to / "Cargo.toml"
        lines = ["members = [" + ", ".join(f'"{m}"' for m in members) + "]" if line.startswith("members") else line
                 for line in manifest.read_text(encoding="utf-8").splitlines()]
        manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return to


def small_crate(to):
    """Like os_pipe: one small library with one dependency, libc."""
    (to / "src").mkdir(parents=True)
    (to / "Cargo.toml").write_text(
        f'[package]\nname = "{to.name}"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nlibc = "0.2"\n[workspace]\n',
        encoding="utf-8")
    (to / "src/lib.rs").write_text("""//! A pipe.
#[cfg(unix)]
pub fn pipe() -> std::io::Result<(libc::c_int, libc::c_int)> {
    let mut ends = [0; 2];
    match unsafe { libc::pipe(ends.as_mut_ptr()) } {
        0 => Ok((ends[0], ends[1])),
        _ => Err(std::io::Error::last_os_error()),
    }
}

#[cfg(not(unix))]
pub fn pipe() -> std::io::Result<(libc::c_int, libc::c_int)> {
    Err(std::io::ErrorKind::Unsupported.into())
}
""", encoding="utf-8")
    shutil.copy(HERE / "small.lock", to / "Cargo.lock")
    lock = to / "Cargo.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace('"small"', f'"{to.name}"'), encoding="utf-8")
    return to


class Scenarios:
    def __init__(self, machine, cores, quick):
        self.machine, self.cores, self.quick = machine, cores, quick
        self.triples = FOUR[:2] if quick else FOUR
        self.members = QUICK_MEMBERS if quick else None
        self.leaf_member = "dice" if quick else "wire"  # no other member depends on it
        self._workspace = self._tripled_cold = self._loop_env = None
        self._loops = {}

    # --- what several scenarios need

    def workspace(self):
        if not self._workspace:
            usable = self.machine.warm_up(self.triples, STAGES)
            if "x86_64-unknown-linux-gnu" not in usable or len(usable) < 2:
                raise Failed("fewer than two triples can be compiled and run here: `tripled doctor` says why")
            self.triples = usable
            self._loop_env = self.machine.loop_environment(self.triples)
            self._workspace = copy_workspace(self.machine.work / "bench", self.members)
            self.machine.fetch(self._workspace)
        return self._workspace

    def tripled_cold(self):
        if not self._tripled_cold:
            self._tripled_cold = self.machine.sweep("cold: tripled", self.workspace(), self.triples, STAGES)
        return self._tripled_cold

    def loop(self, kind, stages=None, target=None):
        """A loop as a user would write it: `shared`, `separate` or `many` (one call per compile stage)."""
        workspace, stages = self.workspace(), stages or STAGES
        target = target or self.machine.work / f"target-{kind}"
        total = Cost()
        if kind == "many":
            # With several --target cargo (1.96) runs doctests without OUT_DIR, and they fail: those one by one.
            calls = [(stage, triples, target) for stage in stages
                     for triples in ([[triple] for triple in self.triples] if stage == "execute" else [self.triples])]
        else:
            calls = [(stage, [triple], target / triple if kind == "separate" else target)
                     for triple in self.triples for stage in stages]
        for stage, triples, folder in calls:
            name = f"{target.name}: {stage} {triples[0] if len(triples) == 1 else f'{len(triples)} triples'}"
            total += self.machine.cargo_stage(name, stage, triples, workspace, folder, self._loop_env)
        if total.failed:
            raise Failed("; ".join(total.failed))
        return total

    def shared_loop(self):
        """In a fresh target dir; it stays, for `fresh`."""
        if "shared" not in self._loops:
            self._loops["shared"] = self.loop("shared")
        return self._loops["shared"]

    # --- the scenarios

    def cold(self):
        tripled = self.tripled_cold()
        shared = self.shared_loop()
        separate = self.loop("separate")
        shutil.rmtree(self.machine.work / "target-separate")
        many = self.loop("many")
        shutil.rmtree(self.machine.work / "target-many")
        self._loops |= {"separate": separate, "many": many}
        honest = self.loop("shared", [s for s in STAGES if s != "check"], self.machine.work / "target-honest")
        shutil.rmtree(self.machine.work / "target-honest")
        best = min((shared, separate, many), key=lambda cost: cost.wall)
        least = min(cost.cpu for cost in (shared, separate, many))
        bound = honest.cpu / self.cores
        table = Table("cold", f"a workspace from nothing: {len(self.triples)} triples x {', '.join(STAGES)}")
        table.lines = [Line("tripled", tripled.cost), Line("loop, one shared target dir", shared),
                       Line("loop, one target dir a triple", separate), Line("one cargo call a stage", many),
                       Line("shared loop without check", honest)]
        table.goals = [Goal("wall, of the best loop's", tripled.cost.wall / best.wall, 0.85),
                       Goal(f"wall, of the bound ({bound:.1f} s)", tripled.cost.wall / bound, 1.2),
                       Goal("CPU, of the best loop's", tripled.cost.cpu / least),
                       Goal("CPU, of what the honest stages need", tripled.cost.cpu / honest.cpu)]
        table.notes = [f"the bound: {honest.cpu:.1f} CPU s of the loop without check / {self.cores} cores",
                       f"tripled ran {tripled.tests()} tests"]
        return table

    def leaf(self):
        self.tripled_cold()
        loops = dict(self._loops) or {"shared": self.shared_loop()}
        source = self.workspace() / self.leaf_member / "src/lib.rs"
        before = source.read_text(encoding="utf-8")
        source.write_text(before + "\npub const CHANGED: bool = true;\n", encoding="utf-8")
        try:
            changed = self.machine.sweep("leaf: tripled", self.workspace(), self.triples, STAGES)
        finally:
            source.write_text(before, encoding="utf-8")
        name, best = min(loops.items(), key=lambda item: item[1].wall)
        table = Table("leaf", "one leaf crate changed: tripled again, the loop in a fresh checkout")
        table.lines = [Line("tripled", changed.cost), Line(f"loop ({name}), fresh target dir", best)]
        table.goals = [Goal("times faster (wall)", best.wall / changed.cost.wall, 5, at_least=True),
                       Goal("times less CPU", best.cpu / changed.cost.cpu)]
        table.notes = ["the loop is the fastest one that this run has measured"]
        return table

    def fresh(self):
        self.tripled_cold()
        self.shared_loop()
        # The one is after the other's writes: once more each, so that both find what they left themselves.
        self.machine.sweep("fresh: tripled, unmeasured", self.workspace(), self.triples, STAGES)
        tripled = self.machine.sweep("fresh: tripled", self.workspace(), self.triples, STAGES)
        self.loop("shared")
        loop = self.loop("shared")
        table = Table("fresh", "nothing changed: cargo's own freshness, and the tests run again")
        table.lines = [Line("tripled", tripled.cost), Line("loop, its warm target dir", loop)]
        table.goals = [Goal("wall, of the loop's", tripled.cost.wall / loop.wall),
                       Goal("CPU, of the loop's", tripled.cost.cpu / loop.cpu)]
        return table

    def stdless(self):
        machine = self.machine
        if not machine.warm_up([STDLESS], ["check"]):
            raise Failed(f"no std for {STDLESS}")
        machine.view_of([STDLESS])
        project = small_crate(machine.work / "small-one")
        env = machine.env | {"RUSTC": machine.rustc, "RUSTC_BOOTSTRAP": "1"}
        machine.fetch(project, ["-Zbuild-std", "--target", STDLESS], {"RUSTC_BOOTSTRAP": "1"})
        sweep = machine.sweep("std-less: tripled", project, [STDLESS], ["check"])
        with open(project / "src/lib.rs", "a", encoding="utf-8") as source:
            source.write("pub const CHANGED: bool = true;\n")
        again = machine.sweep("std-less: tripled, source changed", project, [STDLESS], ["check"])
        view = machine.cargo_stage("std-less: cargo with tripled's view", "check", [STDLESS], project,
                                   machine.work / "target-view", machine.loop_environment([STDLESS]))
        by_hand = machine.measure("std-less: -Zbuild-std", [
            machine.cargo, "check", "-Zbuild-std", "--offline", "--target", STDLESS, "--target-dir",
            machine.work / "target-build-std"], env, project)
        shutil.rmtree(machine.work / "target-build-std", ignore_errors=True)
        if by_hand.failed or view.failed:
            raise Failed("; ".join(view.failed + by_hand.failed))
        table = Table("std-less", f"`check` of a small crate for {STDLESS}, its std being there")
        table.lines = [Line("tripled, the whole command", sweep.cost),
                       Line("tripled again, source changed", again.cost),
                       Line("cargo check, tripled's view", view), Line("cargo check -Zbuild-std", by_hand)]
        first, second = sweep.job_seconds(), again.job_seconds()
        table.goals = [Goal("times faster: job, new target dir", by_hand.wall / first, 30, at_least=True),
                       Goal("times faster: job, source changed", by_hand.wall / second, 30, at_least=True),
                       Goal("times faster: the whole command", by_hand.wall / sweep.cost.wall),
                       Goal("times less CPU: the whole command", by_hand.cpu / sweep.cost.cpu)]
        table.notes = [f"tripled's job took {first:.2f} s in a new target dir (cargo alone {view.wall:.2f} s), "
                       f"{second:.2f} s when the crate's own source had changed"]
        return table

    def many(self):
        machine = self.machine
        triples = machine.warm_up(MANY[:3] if self.quick else MANY, ["check"])
        env = machine.loop_environment(triples)
        project = small_crate(machine.work / "small-many")
        machine.fetch(project)
        sweep = machine.sweep("many: tripled", project, triples, ["check"])
        by_hand = machine.cargo_stage("many: one cargo call", "check", triples, project,
                                      machine.work / "target-many-checks", env)
        if by_hand.failed:
            raise Failed("; ".join(by_hand.failed))
        table = Table("many", f"`check` of a small crate over {len(triples)} triples")
        table.lines = [Line("tripled", sweep.cost), Line(f"one cargo call, {len(triples)} --target", by_hand)]
        table.goals = [Goal("CPU, of the cargo call's", sweep.cost.cpu / by_hand.cpu, 1.5),
                       Goal("wall, of the cargo call's", sweep.cost.wall / by_hand.wall)]
        table.notes = [f"CPU s a triple: tripled {sweep.cost.cpu / len(triples):.2f}, "
                       f"cargo {by_hand.cpu / len(triples):.2f}"]
        if len(triples) < len(MANY):
            table.notes.append(f"the goal is meant for {len(MANY)} triples; {len(triples)} were used")
        return table


NAMES = {"cold": Scenarios.cold, "leaf": Scenarios.leaf, "fresh": Scenarios.fresh, "std-less": Scenarios.stdless,
         "many": Scenarios.many}
