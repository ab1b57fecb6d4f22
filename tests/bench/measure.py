"""Runs a command and says what it and everything it started cost: wall time, CPU, peak memory.

The command is a child of a subreaper that waits for every descendant, so CPU is counted also of processes whose
parent died before them, or which left their session. Where a cgroup can be made, its own count is kept beside."""
import ctypes
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.2
LEFTOVER_SECONDS = 10


@dataclass
class Cost:
    """Of one command, or of several in a row."""
    wall: float = 0.0
    cpu: float = 0.0
    cpu_cgroup: float | None = 0.0  # None: no cgroup could be made
    peak_mb: float = 0.0  # the greatest sum of PSS seen
    others_cpu: float = 0.0  # what the rest of the machine used meanwhile: the noise
    failed: list = field(default_factory=list)

    def __add__(self, other):
        both = self.cpu_cgroup is not None and other.cpu_cgroup is not None
        return Cost(self.wall + other.wall, self.cpu + other.cpu,
                    self.cpu_cgroup + other.cpu_cgroup if both else None, max(self.peak_mb, other.peak_mb),
                    self.others_cpu + other.others_cpu, self.failed + other.failed)

    def as_dict(self):
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(self).items()}


def _busy_seconds():
    """CPU seconds that the whole machine was not idle, since it started."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _iowait, irq, softirq = map(int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _descendants(root):
    children = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="latin-1") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(name))
    found, todo = [], [root]
    while todo:
        for child in children.get(todo.pop(), ()):
            found.append(child)
            todo.append(child)
    return found


def _pss_kb(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


class _Sampler(threading.Thread):
    """Below the subreaper everything is a descendant of it, whoever its first parent was."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root, self.peak_kb, self.stop = root, 0, threading.Event()

    def run(self):
        while not self.stop.wait(SAMPLE_SECONDS):
            self.peak_kb = max(self.peak_kb, sum(map(_pss_kb, _descendants(self.root))))


class _Cgroup:
    """A cgroup of version 2 for one command; tripled makes those of its jobs below it."""

    def __init__(self):
        self.path = None
        try:
            with open("/proc/self/mounts", encoding="utf-8") as mounts:
                point = next(line.split()[1] for line in mounts if line.split()[2] == "cgroup2")
            with open("/proc/self/cgroup", encoding="utf-8") as own:
                here = next(line.strip()[3:] for line in own if line.startswith("0::/"))
            path = os.path.join(point, here.lstrip("/"), f"tripled-bench-{os.getpid()}-{time.monotonic_ns()}")
            os.mkdir(path)
            self.path = path
        except (OSError, StopIteration):
            pass

    def enter(self):
        if self.path:
            with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as procs:
                procs.write(str(os.getpid()))

    def take(self):
        if not self.path:
            return None
        seconds = None
        try:
            with open(f"{self.path}/cpu.stat", encoding="ascii") as stat:
                seconds = next(int(line.split()[1]) / 1e6 for line in stat if line.startswith("usage_usec"))
            for _ in range(50):
                try:
                    os.rmdir(self.path)
                    break
                except OSError:
                    time.sleep(0.02)
        except (OSError, StopIteration):
            pass
        return seconds


def _reap_all(command):
    """Waits for the command, then for what it left behind; its wait status and when it ended."""
    status, ended, deadline = None, None, None
    while True:
        try:
            pid, one = os.waitpid(-1, 0 if deadline is None else os.WNOHANG)
        except ChildProcessError:
            return status, ended
        if pid == command:
            status, ended = one, time.monotonic()
            deadline = ended + LEFTOVER_SECONDS
        elif pid == 0:
            if time.monotonic() > deadline:
                for left in _descendants(os.getpid()):
                    os.kill(left, signal.SIGKILL)
            time.sleep(0.01)


def _subreaper(argv, env, cwd, log, cgroup, report):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the command, which we outlive
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cgroup.enter()
    started = time.monotonic()
    command = os.fork()
    if command == 0:
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.chdir(cwd)
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os.execvpe(argv[0], argv, env)
        except OSError as error:
            os.write(2, f"{argv[0]}: {error}\n".encode())
        os._exit(127)
    status, ended = _reap_all(command)
    used = os.times()
    os.write(report, json.dumps({"wall": ended - started, "status": status,
                                 "cpu": used.children_user + used.children_system}).encode())
    os._exit(0)


def run(argv, env, cwd, log):
    """The command's Cost; what it prints goes to the end of the file `log`."""
    with open(log, "a", encoding="utf-8") as text:
        text.write("$ " + " ".join(map(str, argv)) + "\n")
    cgroup = _Cgroup()
    read, write = os.pipe()
    busy, own = _busy_seconds(), sum(os.times()[:2])
    sys.stdout.flush()
    sys.stderr.flush()
    runner = os.fork()
    if runner == 0:
        os.close(read)
        try:
            _subreaper([str(word) for word in argv], env, cwd, log, cgroup, write)
        finally:
            os._exit(1)
    os.close(write)
    sampler = _Sampler(runner)
    sampler.start()
    try:
        with os.fdopen(read, "rb") as report:
            answer = report.read()
    except BaseException:  # an interrupt: everything the command started ends before we do
        for pid in _descendants(runner):
            os.kill(pid, signal.SIGTERM)
        raise
    finally:
        sampler.stop.set()
        os.waitpid(runner, 0)
    sampler.join()
    if not answer:
        raise RuntimeError(f"the runner of {argv[0]} died")
    ended = json.loads(answer)
    cost = Cost(ended["wall"], ended["cpu"], cgroup.take(), sampler.peak_kb / 1024)
    cost.others_cpu = max(0.0, _busy_seconds() - busy - cost.cpu - (sum(os.times()[:2]) - own))
    if ended["status"] != 0:
        cost.failed.append(f"{os.path.basename(str(argv[0]))} {argv[1] if len(argv) > 1 else ''}: exit status "
                           f"{os.waitstatus_to_exitcode(ended['status'])}, see {log}")
    return cost


def check_counting(log):
    """Is a process counted that left its parent and its session? Without that no figure here is worth anything."""
    burn = ("import os, time\n"
            "if os.fork(): os._exit(0)\n"
            "os.setsid()\n"
            "if os.fork(): os._exit(0)\n"
            "while time.process_time() < 0.4: pass\n")
    cost = run([sys.executable, "-c", burn], dict(os.environ), "/", log)
    if cost.cpu < 0.4:
        raise RuntimeError(f"0.4 CPU s of a daemon were counted as {cost.cpu:.2f}")
