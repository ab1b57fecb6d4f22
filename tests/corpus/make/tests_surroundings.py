"""Tests that depend on what is around them."""

from make.common import *  # noqa: F403
from make.common import Cases
from make.test_crates import STAGES, outside, unit_tests

cases = Cases()


# test_network ----------------------------------------------------------------------------------------------------------------
@cases("test_network", "connection-refused")
def _(c):
    p, t = unit_tests(
        c,
        'let stream = std::net::TcpStream::connect("127.0.0.1:9").expect("connect to the'
        ' server");\nassert!(stream.peer_addr().is_ok());',
    )
    c.matrix([L64, A64], STAGES)
    c.truth("a server that nobody started", "environment", t, [L64, A64], [], stage="execute", package=p, test=t)


@cases("test_network", "name-not-resolved")
def _(c):
    host = c.n.word() + ".invalid"
    p, t = unit_tests(
        c,
        "use std::net::ToSocketAddrs;\nlet addresses: Vec<_> ="
        f' "{host}:443".to_socket_addrs().unwrap().collect();\nassert!(!addresses.is_empty());',
    )
    c.matrix([L64], STAGES)
    c.truth("a name that does not resolve", "environment", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_network", "address-in-use")
def _(c):
    p, t = outside(
        c,
        'let first = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();\nlet port = first.local_addr().unwrap().port();\nlet'
        ' second = std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap();\ndrop((first, second));',
    )
    c.matrix([L64, S390], STAGES)
    c.truth("a port that is taken", "project", t, [L64, S390], [], stage="execute", package=p, test=t)


@cases("test_network", "unreachable")
def _(c):
    p, t = unit_tests(
        c,
        'let address = "192.0.2.1:81".parse().unwrap();\nlet s = std::net::TcpStream::connect_timeout(&address,'
        " std::time::Duration::from_millis(700)).unwrap();\ndrop(s);",
    )
    c.matrix([L64], STAGES)
    c.truth("an address that nothing answers at", "environment", t, [L64], [], stage="execute", package=p, test=t)


# test_threads ----------------------------------------------------------------------------------------------------------------
@cases("test_threads", "parallelism")
def _(c):
    p, t = unit_tests(
        c, 'let n = std::thread::available_parallelism().unwrap().get();\nassert!(n >= 96, "only {n} threads at once");'
    )
    c.matrix([L64, RV], STAGES)
    c.truth(
        "expects more cores than there are",
        "environment",
        t,
        [L64, RV],
        [],
        stage="execute",
        package=p,
        test=t,
        also=["test_assertion"],
    )


@cases("test_threads", "spawn-fails")
def _(c):
    p, t = unit_tests(
        c,
        "unsafe {\n    let limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };\n    libc::setrlimit(libc::RLIMIT_NPROC, &limit);\n"
        "    libc::setuid(65534);\n}\nlet hands: Vec<_> = (0..64).map(|i|"
        ' std::thread::Builder::new().name(format!("w{i}")).spawn(||'
        ' std::thread::sleep(std::time::Duration::from_millis(50))).expect("failed to spawn thread")).collect();\nfor h in hands'
        " {\n    h.join().unwrap();\n}",
    )
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'
    c.matrix([L64], STAGES)
    c.truth(
        "a limit on processes keeps threads from starting",
        "environment",
        t,
        [L64],
        [],
        stage="execute",
        package=p,
        test=t,
        made="forced",
        note="the test sets RLIMIT_NPROC for itself",
    )


@cases("test_threads", "panic-in-thread")
def _(c):
    p, t = outside(
        c,
        "let (tx, rx) = std::sync::mpsc::channel::<u32>();\nlet h = std::thread::spawn(move || {\n    drop(rx);\n   "
        ' panic!("worker thread gave up");\n});\nlet joined = h.join();\nassert!(tx.send(1).is_err());\njoined.expect("the worker'
        ' ended well");',
    )
    c.matrix([L64, A64], STAGES)
    c.truth(
        "a thread of the test panics and is joined",
        "project",
        t,
        [L64, A64],
        [],
        stage="execute",
        package=p,
        test=t,
        also=["test_panic"],
    )


@cases("test_threads", "order-of-threads")
def _(c):
    p, t = unit_tests(
        c,
        "let seen = std::sync::Mutex::new(Vec::new());\nstd::thread::scope(|s| {\n    for i in 0..8u64 {\n        let seen ="
        " &seen;\n        s.spawn(move || {\n            std::thread::sleep(std::time::Duration::from_millis(40 - 5 * i));\n     "
        "       seen.lock().unwrap().push(i);\n        });\n    }\n});\nassert_eq!(*seen.lock().unwrap(),"
        " (0..8).collect::<Vec<_>>());",
    )
    c.matrix([L64, PPC64], STAGES)
    c.truth(
        "threads expected to end in the order of their start",
        "project",
        t,
        [L64, PPC64],
        [],
        stage="execute",
        package=p,
        test=t,
        also=["test_assertion"],
    )


# test_privileges -------------------------------------------------------------------------------------------------------------
@cases("test_privileges", "root-reads-everything")
def _(c):
    p, t = unit_tests(
        c,
        'use std::os::unix::fs::PermissionsExt;\nlet path = std::env::temp_dir().join(format!("NAME-{}",'
        ' std::process::id()));\nstd::fs::write(&path, b"x").unwrap();\nstd::fs::set_permissions(&path,'
        " std::fs::Permissions::from_mode(0o000)).unwrap();\nlet read ="
        " std::fs::read(&path);\nstd::fs::remove_file(&path).unwrap();\nassert_eq!(read.unwrap_err().kind(),"
        " std::io::ErrorKind::PermissionDenied);".replace("NAME", c.n.word()),
    )
    c.matrix([L64, S390], STAGES)
    c.truth("run as root, who may read everything", "environment", t, [L64, S390], [], stage="execute", package=p, test=t)


NOBODY = (
    "rules:\n  - match: triple = x86_64-*\n    runner: {name: nobody, kind: native, command: [setpriv, --reuid=65534,"
    " --regid=65534, --clear-groups]}"
)


@cases("test_privileges", "operation-not-permitted")
def _(c):
    p, t = unit_tests(
        c,
        'let r = unsafe { libc::sethostname(c"NAME".as_ptr(), 4) };\nassert_eq!(r, 0, "sethostname: {}",'
        " std::io::Error::last_os_error());".replace("NAME", c.n.word()[:4]),
    )
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'
    c.matrix([L64], STAGES, raw=NOBODY)
    c.truth("EPERM for a user without the capability", "environment", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_privileges", "permission-denied")
def _(c):
    f = c.n.word()
    p, t = outside(c, f'let file = std::fs::File::create("/etc/{f}.conf").unwrap();\ndrop(file);')
    c.matrix([L64], STAGES, raw=NOBODY)
    c.truth("EACCES for a file in /etc", "environment", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_privileges", "raw-socket")
def _(c):
    p, t = unit_tests(
        c,
        'let s = unsafe { libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP) };\nif s < 0 {\n    panic!("socket:'
        ' {:?}", std::io::Error::last_os_error());\n}\nunsafe { libc::close(s) };',
    )
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'
    c.matrix([L64], STAGES, raw=NOBODY)
    c.truth(
        "a raw socket without CAP_NET_RAW", "environment", t, [L64], [], stage="execute", package=p, test=t, near=["test_network"]
    )


# test_nested_exec ------------------------------------------------------------------------------------------------------------
@cases("test_nested_exec", "cargo-bin-exe")
def _(c):
    b = c.n.crate()
    p = c.pkg(name=b, lib=c.n.filler(1), main='fn main() {\n    println!("hello");\n}\n')
    t = c.n.fn()
    c.file(
        "tests/cli.rs",
        f'#[test]\nfn {t}() {{\n    let out = std::process::Command::new(env!("CARGO_BIN_EXE_{b}")).output().unwrap();\n   '
        ' assert!(out.status.success(), "{out:?}");\n    assert_eq!(out.stdout, b"hello\\n");\n}\n',
    )
    c.matrix([L64, A64, S390], STAGES)
    c.truth(
        "an integration test starts the package's own binary, which the emulator cannot",
        "emulator",
        t,
        [A64, S390],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("fail", "suspect"),
    )


@cases("test_nested_exec", "current-exe")
def _(c):
    p, t = unit_tests(
        c,
        'if std::env::var_os("NAME").is_some() {\n    return;\n}\nlet status ='
        ' std::process::Command::new(std::env::current_exe().unwrap()).env("NAME", "1").status().expect("start'
        ' myself");\nassert!(status.success(), "{status}");'.replace("NAME", c.n.const()),
    )
    c.matrix([L64, RV, PPC64], STAGES)
    c.truth(
        "a test starts itself again",
        "emulator",
        t,
        [RV, PPC64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("fail", "suspect"),
    )


@cases("test_nested_exec", "via-shell")
def _(c):
    b = c.n.crate()
    p = c.pkg(name=b, lib=c.n.filler(1), main="fn main() {\n    std::process::exit(5);\n}\n")
    t = c.n.fn()
    c.file(
        "tests/shell.rs",
        f'#[test]\nfn {t}() {{\n    let line = format!("{{}} --flag", env!("CARGO_BIN_EXE_{b}"));\n    let status ='
        ' std::process::Command::new("sh").args(["-c", &line]).status().unwrap();\n    assert_eq!(status.code(),'
        " Some(5));\n}\n",
    )
    c.matrix([L64, ARM], STAGES)
    c.truth(
        "a shell starts the binary: it is the shell's status that is seen",
        "emulator",
        t,
        [ARM],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("fail", "suspect"),
    )


@cases("test_nested_exec", "exec-replaces")
def _(c):
    p, t = unit_tests(
        c,
        'use std::os::unix::process::CommandExt;\nif std::env::args().any(|a| a == "--list") {\n    return;\n}\nif'
        ' std::env::var_os("NAME").is_some() {\n    std::process::exit(0);\n}\nlet error ='
        ' std::process::Command::new("/proc/self/exe").env("NAME", "1").args(["--quiet"]).exec();\npanic!("exec failed:'
        ' {error}");'.replace("NAME", c.n.const()),
        other=False,
    )
    c.matrix([S390], STAGES)
    c.truth(
        "exec of /proc/self/exe",
        "emulator",
        t,
        [S390],
        [],
        stage="execute",
        package=p,
        test=t,
        verdicts=("fail", "suspect"),
        also=["emulator_exec_format"],
    )


@cases("test_nested_exec", "loader-is-the-program")
def _(c):
    p, t = unit_tests(
        c,
        'if std::env::var_os("NAME").is_some() {\n    return;\n}\nlet me = std::fs::read_link("/proc/self/exe").unwrap();\nlet'
        ' out = std::process::Command::new(&me).args(["--exact", "nothing"]).env("NAME",'
        ' "1").output().unwrap();\nassert!(out.status.success(), "{me:?}: {out:?}");'.replace("NAME", c.n.const()),
    )
    c.matrix([L64, L32], STAGES)
    c.truth(
        "i686 under its loader as runner: a test that starts itself starts the loader",
        "environment",
        t,
        [L32],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("fail", "suspect"),
    )
