"""Other job engines, from Debian packages that deploy/unpack put into a directory: nothing of them is installed."""
import os
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
UNPACK = HERE.parent.parent / "deploy" / "unpack"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
SLURM = ["slurmctld", "slurmd", "slurm-client", "munge"]
BUILDBOT = ["buildbot", "buildbot-worker"]


class Missing(Exception):
    pass


def missing_packages(names):
    """These packages and what they need that this machine has not."""
    said = subprocess.run(["apt-get", "install", "--simulate", "--no-install-recommends", *names],
                          capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise Missing("apt knows no way to install " + " ".join(names))
    return [line.split()[1] for line in said.stdout.splitlines() if line.startswith("Inst ")]


def unpack(tools, names):
    wanted = missing_packages(names)
    if not wanted:
        return
    said = subprocess.run([UNPACK, tools, *wanted], capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise Missing("cannot be unpacked: " + (said.stderr.strip().splitlines() or ["?"])[-1])


def wait_for(what, condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Missing(f"{what} did not come within {seconds} s")
        time.sleep(0.05)


class Programs:
    """Started programs, each ended by its id."""

    def __init__(self, log, env):
        self.log, self.env, self.started = log, {**os.environ, **env}, []

    def start(self, words):
        with open(self.log, "ab") as log:
            self.started.append(subprocess.Popen([str(w) for w in words], env=self.env, stdin=subprocess.DEVNULL,
                                                 stdout=log, stderr=log, start_new_session=True))

    def run(self, words, check=True):
        return subprocess.run([str(w) for w in words], env=self.env, capture_output=True, text=True, check=check)

    def end(self):
        for program in reversed(self.started):
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(15)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def slurm(tools, work, jobs):
    """No-op jobs a second: an array on a node that is declared with 256 CPUs, which is Slurm's best here."""
    if os.geteuid() != 0:
        raise Missing("Slurm is started as root")
    unpack(tools, SLURM)
    tools, work = Path(tools), Path(work)
    for name in ("state", "spool", "run", "log", "munge"):
        (work / name).mkdir(mode=0o755)
    (work / "munge").chmod(0o700)
    key, munge_socket = work / "munge/key", work / "run/munge.sock"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    host, done, conf = socket.gethostname().split(".")[0], work / "log/jobcomp.txt", work / "slurm.conf"
    conf.write_text(f"""ClusterName=bench
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
PluginDir={tools}/{LIBRARIES}/slurm-wlm
AuthType=auth/munge
AuthInfo=socket={munge_socket}
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={work}/state
SlurmdSpoolDir={work}/spool/%n
SlurmctldPidFile={work}/run/slurmctld.pid
SlurmdPidFile={work}/run/slurmd.%n.pid
SlurmctldLogFile={work}/log/slurmctld.log
SlurmdLogFile={work}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={done}
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
SlurmdParameters=config_overrides
SwitchType=switch/none
ReturnToService=2
MaxArraySize=100000
MaxJobCount=100000
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,default_queue_depth=1000
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=16821 CPUs=256 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""", encoding="utf-8")
    libraries = f"{tools}/{LIBRARIES}:{tools}/{LIBRARIES}/slurm-wlm"
    programs = Programs(work / "log/out", {"LD_LIBRARY_PATH": libraries, "SLURM_CONF": str(conf)})
    try:
        programs.start([tools / "usr/sbin/munged", "--foreground", "--force", f"--key-file={key}",
                        f"--socket={munge_socket}", f"--pid-file={work}/run/munged.pid",
                        f"--log-file={work}/log/munged.log", f"--seed-file={work}/munge/seed"])
        wait_for("munged", munge_socket.exists, 20)
        programs.start([tools / "usr/sbin/slurmctld-wlm", "-D", "-f", conf])
        programs.start([tools / "usr/sbin/slurmd-wlm", "-D", "-f", conf, "-N", "n1", "-d", tools / "usr/sbin/slurmstepd-wlm"])
        idle = lambda: "idle" in programs.run([tools / "usr/bin/sinfo", "-h"], check=False).stdout
        wait_for("an idle node", idle, 60)
        script = work / "no-op"
        script.write_text("#!/bin/true\n", encoding="utf-8")
        completed = lambda: done.exists() and done.read_bytes().count(b"JobState=COMPLETED")
        before = time.monotonic()
        programs.run([tools / "usr/bin/sbatch", f"--array=1-{jobs}", "--output=/dev/null", "--chdir=/", script])
        wait_for(f"{jobs} jobs", lambda: completed() >= jobs, 300)
        return jobs / (time.monotonic() - before)
    finally:
        programs.end()


MASTER = """
from buildbot.plugins import schedulers, steps, util, worker
from twisted.internet import defer, reactor

class AtOnce(schedulers.Triggerable):
    @defer.inlineCallbacks
    def activate(self):
        yield super().activate()
        reactor.callLater(1, self.begin)

    @defer.inlineCallbacks
    def begin(self):
        for _ in range({builds}):
            yield self.addBuildsetForSourceStampsWithDefaults(reason="bench", sourcestamps=[])

factory = util.BuildFactory([steps.ShellCommand(command=["true"])])
BuildmasterConfig = c = {{}}
c["workers"] = [worker.LocalWorker("local", max_builds=2)]
c["builders"] = [util.BuilderConfig(name="no-op", workernames=["local"], factory=factory, collapseRequests=False)]
c["schedulers"] = [AtOnce(name="at-once", builderNames=["no-op"])]
c["protocols"] = {{"null": {{}}}}
c["buildbotNetUsageData"] = None
c["db"] = {{"db_url": "sqlite:///state.sqlite"}}
"""


def buildbot(tools, work, builds):
    """Builds of one step `true` a second: one master with SQLite, one local worker, two in flight."""
    unpack(tools, BUILDBOT)
    master = Path(work) / "master"
    programs = Programs(Path(work) / "out", {"PYTHONPATH": f"{tools}/usr/lib/python3/dist-packages",
                                             "LD_LIBRARY_PATH": f"{tools}/{LIBRARIES}"})
    command = ["/usr/bin/python3", Path(tools) / "usr/bin/buildbot"]
    made = programs.run([*command, "create-master", "-q", master], check=False)
    if made.returncode != 0:
        raise Missing("create-master: " + (made.stderr.strip().splitlines() or ["?"])[-1])
    (master / "master.cfg").write_text(MASTER.format(builds=builds), encoding="utf-8")

    def finished():
        database = sqlite3.connect(f"file:{master}/state.sqlite?mode=ro", uri=True, timeout=10)
        try:
            return database.execute("SELECT count(*), max(complete_at) - min(started_at) FROM builds "
                                    "WHERE complete_at IS NOT NULL AND results = 0").fetchone()
        except sqlite3.OperationalError:  # busy, or not there yet
            return 0, None
        finally:
            database.close()

    try:
        programs.start([*command, "start", "--nodaemon", master])
        wait_for("a first build", lambda: finished()[0] > 0, 60)
        before, first = time.monotonic(), finished()[0]
        wait_for(f"{builds} builds", lambda: finished()[0] >= builds, 300)
        return (builds - first) / (time.monotonic() - before)
    finally:
        programs.end()
