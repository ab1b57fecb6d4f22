"""Tests that fail when they are run: natively, or on some platforms alone."""
from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()
STAGES = ["test-no-run", "execute"]


def unit_tests(c, body, lib="", name=None, other=True):
    """A library whose test has this body, and one that passes. Returns (package, the test's name)."""
    t = name or c.n.fn()
    extra = f"    #[test]\n    fn {c.n.fn()}() {{\n        assert_eq!(2 + 2, 4);\n    }}\n" if other else ""
    lines = "\n".join("        " + line for line in body.strip().splitlines())
    p = c.pkg(lib=f"{lib}{c.n.filler(1)}\n#[cfg(test)]\nmod tests {{\n    #[allow(unused_imports)]\n    use super::*;\n{extra}    #[test]\n    fn {t}() {{\n{lines}\n    }}\n}}\n")
    return p, f"tests::{t}"


def outside(c, body, lib="", head=""):
    t = c.n.fn()
    p = c.pkg(lib=lib + c.n.filler(1))
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    file = c.n.word()
    c.file(f"tests/{file}.rs", f"{head}#[test]\nfn {t}() {{\n{lines}\n}}\n\n#[test]\nfn {c.n.fn()}() {{}}\n".replace("CRATE", ident(p)))
    return p, t


# test_assertion ------------------------------------------------------------------------------------------------------------
@cases("test_assertion", "equal")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert_eq!({f}(6), 43, \"{c.n.word()}\");", lib=f"pub fn {f}(x: u32) -> u32 {{\n    x * 7\n}}\n")
    c.matrix([L64, A64], STAGES)
    c.truth("assert_eq! of a unit test, everywhere", "project", t, [L64, A64], [], stage="execute", package=p, test=t)


@cases("test_assertion", "integration-contains")
def _(c):
    f = c.n.fn()
    p, t = outside(c, f"assert!(CRATE::{f}().contains(\"{c.n.word()}\"), \"got {{}}\", CRATE::{f}());", lib=f"pub fn {f}() -> String {{\n    \"{c.n.word()}\".into()\n}}\n")
    c.matrix([L64, S390], STAGES)
    c.truth("assert! with words in an integration test", "project", t, [L64, S390], [], stage="execute", package=p, test=t)


@cases("test_assertion", "should-panic")
def _(c):
    t = c.n.fn()
    p = c.pkg(lib=f"{c.n.filler(1)}\n#[test]\n#[should_panic(expected = \"{c.n.word()}\")]\nfn {t}() {{\n    let _ = \"{c.n.word()}\".len();\n}}\n")
    c.matrix([L64], STAGES)
    c.truth("should_panic that did not", "project", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_assertion", "path-separator")
def _(c):
    p, t = unit_tests(c, "let path = std::env::temp_dir().join(\"a\").join(\"b\");\nassert!(path.to_string_lossy().contains('\\\\'), \"no separator in {path:?}\");")
    c.matrix([L64, RV], STAGES)
    c.truth("expects what another system does", "project", t, [L64, RV], [], stage="execute", package=p, test=t)


# test_panic ------------------------------------------------------------------------------------------------------------------
@cases("test_panic", "unwrap-none")
def _(c):
    p, t = unit_tests(c, "let x: Option<u8> = \"\".bytes().next();\nassert_eq!(x.unwrap(), 3);")
    c.matrix([L64, ARM], STAGES)
    c.truth("unwrap of None", "project", t, [L64, ARM], [], stage="execute", package=p, test=t)


@cases("test_panic", "index")
def _(c):
    f = c.n.fn()
    p, t = outside(c, f"let v = CRATE::{f}();\nassert_eq!(v[7], 0);", lib=f"pub fn {f}() -> Vec<u8> {{\n    vec![0; 4]\n}}\n")
    c.matrix([L64, PPC64], STAGES)
    c.truth("index out of bounds", "project", t, [L64, PPC64], [], stage="execute", package=p, test=t)


@cases("test_panic", "missing-file-expect")
def _(c):
    f = c.n.word() + ".json"
    p, t = unit_tests(c, f"let text = std::fs::read_to_string(\"tests/data/{f}\").expect(\"read the sample\");\nassert!(!text.is_empty());")
    c.matrix([L64], STAGES)
    c.truth("expect of a file that is not there", "project", t, [L64], [], stage="execute", package=p, test=t, also=["package_incomplete"])


@cases("test_panic", "overflow")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert_eq!({f}(&[200, 100]), 44);", lib=f"pub fn {f}(v: &[u8]) -> u8 {{\n    v.iter().fold(0u8, |a, b| a + b)\n}}\n")
    c.matrix([L64, S390], STAGES)
    c.truth("attempt to add with overflow", "project", t, [L64, S390], [], stage="execute", package=p, test=t)


# test_endianness -------------------------------------------------------------------------------------------------------------
@cases("test_endianness", "to-ne-bytes")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert_eq!({f}(0x0102_0304), [4, 3, 2, 1]);", lib=f"pub fn {f}(x: u32) -> [u8; 4] {{\n    x.to_ne_bytes()\n}}\n")
    c.matrix([L64, PPC64, S390], STAGES)
    c.truth("native bytes written where little-endian is meant", "project", t, [S390], [L64, PPC64], stage="execute", package=p, test=t)


@cases("test_endianness", "read-of-file-format")
def _(c):
    f = c.n.fn()
    p, t = outside(c, f"let data = [2u8, 0, 0, 0, 9, 9];\nassert_eq!(CRATE::{f}(&data), &[9, 9]);",
                   lib=f"pub fn {f}(d: &[u8]) -> &[u8] {{\n    let n = unsafe {{ (d.as_ptr() as *const u32).read_unaligned() }} as usize;\n    &d[4..4 + n]\n}}\n")
    c.matrix([L64, A64, S390], STAGES)
    c.truth("a length read by a pointer: a slice index far out of range", "project", t, [S390], [L64, A64], stage="execute", package=p, test=t, near=["test_panic"])


@cases("test_endianness", "hash-of-words")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert_eq!({f}(b\"abcdefgh\"), 0x6867_6665_6463_6261);", lib=f"pub fn {f}(x: &[u8; 8]) -> u64 {{\n    unsafe {{ std::mem::transmute(*x) }}\n}}\n")
    c.matrix([L64, L32, S390], STAGES)
    c.truth("transmute of bytes, compared with a number", "project", t, [S390], [L64, L32], stage="execute", package=p, test=t)


@cases("test_endianness", "union-low-half")
def _(c):
    u = c.n.ty()
    p, t = unit_tests(c, f"let x = {u} {{ whole: 0x0000_0001 }};\nassert_eq!(unsafe {{ x.half[0] }}, 1);", lib=f"pub union {u} {{\n    pub whole: u32,\n    pub half: [u16; 2],\n}}\n")
    c.matrix([L64, S390], STAGES)
    c.truth("the low half of a union taken for the first", "project", t, [S390], [L64], stage="execute", package=p, test=t, near=["layout_differs"])


@cases("test_endianness", "several-tests-in-two-binaries")
def _(c):
    f, g = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"pub fn {f}(words: &[u16]) -> Vec<u8> {{\n    let bytes = unsafe {{ std::slice::from_raw_parts(words.as_ptr() as *const u8, words.len() * 2) }};\n    bytes.to_vec()\n}}\n\n"
              f"#[cfg(test)]\nmod tests {{\n    use super::*;\n    #[test]\n    fn {g}() {{\n        assert_eq!({f}(&[0x4241]), b\"AB\");\n    }}\n    #[test]\n    fn {c.n.fn()}() {{\n        assert_eq!({f}(&[]), b\"\");\n    }}\n"
              f"    #[test]\n    fn {c.n.fn()}() {{\n        assert_eq!(std::str::from_utf8(&{f}(&[0x0041])).unwrap(), \"A\\0\");\n    }}\n}}\n")
    c.file("tests/outside.rs", f"#[test]\nfn {c.n.fn()}() {{\n    let hash = {ident(p)}::{f}(&[1, 2]).iter().fold(7u32, |a, b| a.rotate_left(5) ^ u32::from(*b));\n    assert_eq!(hash, 0x{{:x}}, \"checksum of the table\");\n}}\n".replace("0x{:x}", str(__import__("functools").reduce(lambda a, b: (((a << 5) | (a >> 27)) & 0xffffffff) ^ b, [1, 0, 2, 0], 7))))
    c.matrix([L64, RV, S390], STAGES)
    c.truth("three tests of two binaries fail for one reason", "project", f"tests::{g}", [S390], [L64, RV], stage="execute", package=p, test=f"tests::{g}")


# test_pointer_width ----------------------------------------------------------------------------------------------------------
@cases("test_pointer_width", "length-in-usize")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert_eq!({f}(5 << 30), Ok(5_368_709_120u64 as usize));\nassert!({f}(5 << 30).is_ok());", lib=f"pub fn {f}(x: u64) -> Result<usize, std::num::TryFromIntError> {{\n    usize::try_from(x)\n}}\n")
    c.matrix([L64, S390, L32, ARM], STAGES)
    c.truth("a 64-bit length does not fit into usize", "project", t, [L32, ARM], [L64, S390], stage="execute", package=p, test=t)


@cases("test_pointer_width", "multiply-overflow")
def _(c):
    f = c.n.fn()
    p, t = outside(c, f"assert!(CRATE::{f}(70_000, 70_000) > 0);", lib=f"pub fn {f}(a: usize, b: usize) -> usize {{\n    a * b\n}}\n")
    c.matrix([L64, A64, L32, ARM], STAGES)
    c.truth("a product that overflows 32 bits panics", "project", t, [L32, ARM], [L64, A64], stage="execute", package=p, test=t, near=["test_panic"])


@cases("test_pointer_width", "size-of-struct")
def _(c):
    ty = c.n.ty()
    p, t = unit_tests(c, f"assert_eq!(std::mem::size_of::<{ty}>(), 24);", lib=f"pub struct {ty} {{\n    pub a: Vec<u8>,\n}}\n")
    c.matrix([L64, PPC64, L32], STAGES)
    c.truth("the size of a struct of pointers", "project", t, [L32], [L64, PPC64], stage="execute", package=p, test=t, also=["layout_differs"])


@cases("test_pointer_width", "capacity-overflow")
def _(c):
    p, t = unit_tests(c, "let mut v: Vec<u64> = Vec::new();\nv.try_reserve_exact(1 << 29).unwrap();\nassert!(v.capacity() >= 1 << 29);")
    c.matrix([L64, L32, ARM], STAGES)
    c.truth("4 GiB asked for at once: more than the address space", "project", t, [L32, ARM], [L64], stage="execute", package=p, test=t, also=["emulator_memory", "test_panic"])


# test_atomics ----------------------------------------------------------------------------------------------------------------
@cases("test_atomics", "has-atomic-128")
def _(c):
    p, t = unit_tests(c, "assert!(cfg!(target_has_atomic = \"128\"), \"16-byte atomics expected\");")
    c.matrix([S390, L64, L32, ARM], STAGES)
    c.truth("asks for 16-byte atomics", "project", t, [L64, L32, ARM], [S390], stage="execute", package=p, test=t)


@cases("test_atomics", "lost-updates")
def _(c):
    k = c.n.const()
    p, t = unit_tests(c, f"std::thread::scope(|s| {{\n    for _ in 0..4 {{\n        s.spawn(|| {{\n            for _ in 0..20_000 {{\n                let x = {k}.load(Ordering::Relaxed);\n                std::thread::yield_now();\n                {k}.store(x + 1, Ordering::Relaxed);\n            }}\n        }});\n    }}\n}});\n"
                      f"assert_eq!({k}.load(Ordering::SeqCst), 80_000);", lib=f"use std::sync::atomic::{{AtomicUsize, Ordering}};\npub static {k}: AtomicUsize = AtomicUsize::new(0);\n#[allow(dead_code)]\nconst _: Ordering = Ordering::SeqCst;\n")
    c.matrix([L64, A64], STAGES)
    c.truth("load and store where fetch_add is meant: updates are lost", "project", t, [L64, A64], [], stage="execute", package=p, test=t, also=["test_threads", "test_assertion"])


@cases("test_atomics", "order-that-is-none")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"let x = AtomicU32::new(1);\nassert_eq!({f}(&x, Ordering::Release), 1);", lib=f"use std::sync::atomic::{{AtomicU32, Ordering}};\npub fn {f}(x: &AtomicU32, order: Ordering) -> u32 {{\n    x.load(order)\n}}\n")
    c.matrix([L64, RV], STAGES)
    c.truth("an order that a load cannot have", "project", t, [L64, RV], [], stage="execute", package=p, test=t, also=["test_panic"])


@cases("test_atomics", "alignment-of-atomic")
def _(c):
    p, t = unit_tests(c, "assert_eq!(std::mem::align_of::<std::sync::atomic::AtomicU64>(), std::mem::align_of::<u64>(), \"an atomic is laid out as its integer\");")
    c.matrix([L64, ARM, L32], STAGES)
    c.truth("AtomicU64 and u64 are aligned differently on i686", "project", t, [L32], [L64, ARM], stage="execute", package=p, test=t, also=["test_alignment"])


# test_alignment --------------------------------------------------------------------------------------------------------------
@cases("test_alignment", "misaligned-reference")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"let buffer = [0u64; 4];\nlet bytes = unsafe {{ std::slice::from_raw_parts(buffer.as_ptr() as *const u8, 32) }};\nassert_eq!({f}(&bytes[1..]), 0);",
                      lib=f"pub fn {f}(b: &[u8]) -> u32 {{\n    unsafe {{ *(b.as_ptr() as *const u32) }}\n}}\n")
    c.matrix([L64, S390], STAGES)
    c.truth("a misaligned pointer is dereferenced, which a debug build checks", "project", t, [L64, S390], [], stage="execute", package=p, test=t, also=["test_signal"], near=["test_panic"])


@cases("test_alignment", "align-of-u64")
def _(c):
    p, t = outside(c, "assert_eq!(std::mem::align_of::<u64>(), 8);")
    c.matrix([L64, ARM, L32], STAGES)
    c.truth("u64 is aligned to 4 on i686", "project", t, [L32], [L64, ARM], stage="execute", package=p, test=t, also=["layout_differs"])


@cases("test_alignment", "offset-in-repr-c")
def _(c):
    ty = c.n.ty()
    p, t = unit_tests(c, f"assert_eq!(std::mem::offset_of!({ty}, value), 8, \"padding before value\");", lib=f"#[repr(C)]\npub struct {ty} {{\n    pub tag: u8,\n    pub value: f64,\n}}\n")
    c.matrix([L64, ARM, L32], STAGES)
    c.truth("the padding before an f64 is 4 bytes on i686", "project", t, [L32], [L64, ARM], stage="execute", package=p, test=t, also=["layout_differs"], near=["test_pointer_width"])


# test_page_size --------------------------------------------------------------------------------------------------------------
# Nothing here has other pages than 4 KiB; QEMU's -p lets a guest believe it has.
def big_pages(c, size, triples):
    c.matrix(triples, STAGES, raw=f"rules:\n  - match: emulated\n    qemu: {{args: [-p, \"{size}\"]}}")


@cases("test_page_size", "constant-4096")
def _(c):
    p, t = unit_tests(c, "let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };\nassert_eq!(size, 4096);")
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"
    big_pages(c, 65536, [L64, A64])
    c.truth("a page of 4 KiB taken for granted", "project", t, [A64], [L64], stage="execute", package=p, test=t, made="forced", verdicts=("fail", "suspect"), note="qemu -p 65536")


@cases("test_page_size", "mmap-offset")
def _(c):
    p, t = unit_tests(c, "let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;\nlet p = unsafe { libc::mmap(std::ptr::null_mut(), 3 * 4096, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };\n"
                      "assert_ne!(p, libc::MAP_FAILED);\nlet guard = unsafe { libc::mprotect((p as *mut u8).add(4096).cast(), 4096, libc::PROT_NONE) };\nassert_eq!(guard, 0, \"mprotect of the second page: {}\", std::io::Error::last_os_error());\nassert!(page > 0);\nassert_eq!((p as usize + 4096) % page, 0);")
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"
    big_pages(c, 65536, [L64, PPC64])
    c.truth("a guard page at a multiple of 4 KiB", "project", t, [PPC64], [L64], stage="execute", package=p, test=t, made="forced", verdicts=("fail", "suspect"), note="qemu -p 65536")


@cases("test_page_size", "allocator-refuses")
def _(c):
    f = c.n.fn()
    p, t = outside(c, f"assert!(CRATE::{f}(100) >= 100);", lib=f"pub fn {f}(n: usize) -> usize {{\n    let page = unsafe {{ libc::sysconf(libc::_SC_PAGESIZE) }} as usize;\n    if page > 4096 {{\n        panic!(\"Unsupported system page size: {{page}}\");\n    }}\n    n.next_multiple_of(page)\n}}\n")
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"
    big_pages(c, 16384, [L64, A64])
    c.truth("an allocator built for 4 KiB refuses larger pages", "project", t, [A64], [L64], stage="execute", package=p, test=t, made="forced", verdicts=("fail", "suspect"), note="qemu -p 16384", also=["unsupported_on_purpose", "test_panic"])


# test_time -------------------------------------------------------------------------------------------------------------------
@cases("test_time", "too-slow-when-emulated")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"let start = std::time::Instant::now();\nlet x = {f}(4_000_000);\nlet took = start.elapsed();\nassert!(x > 0.0);\nassert!(took < std::time::Duration::from_millis(LIMIT), \"took {{took:?}}\");".replace("LIMIT", "150"),
                      lib=f"pub fn {f}(n: u32) -> f64 {{\n    let mut x = 2.0f64;\n    for _ in 0..n {{\n        x = (x * 1.000_001 + 1.5).sqrt();\n    }}\n    x\n}}\n")
    c.matrix([L64, S390, A64], STAGES)
    c.truth("a limit in milliseconds that an emulator does not meet", "emulator", t, [S390, A64], [L64], stage="execute", package=p, test=t, verdicts=("fail", "suspect"))


@cases("test_time", "year-2038")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert_eq!({f}(3_000_000_000), 3_000_000_000);", lib=f"pub fn {f}(seconds: i64) -> i64 {{\n    let mut out = unsafe {{ std::mem::zeroed::<libc::timespec>() }};\n    out.tv_sec = seconds as _;\n    out.tv_sec as i64\n}}\n")
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"
    c.matrix([L64, RV, L32, ARM], STAGES)
    c.truth("a moment after 2038 in a 32-bit time_t", "project", t, [L32, ARM], [L64, RV], stage="execute", package=p, test=t, also=["test_pointer_width"], near=["platform_type_differs"])


@cases("test_time", "sleep-is-exact")
def _(c):
    p, t = outside(c, "let start = std::time::Instant::now();\nstd::thread::sleep(std::time::Duration::from_millis(20));\nassert_eq!(start.elapsed().as_micros() / 10, 2000, \"slept {:?}\", start.elapsed());")
    c.matrix([L64, A64], STAGES)
    c.truth("a sleep expected to be exact", "project", t, [L64, A64], [], stage="execute", package=p, test=t, near=["test_assertion"])


# test_network ----------------------------------------------------------------------------------------------------------------
@cases("test_network", "connection-refused")
def _(c):
    p, t = unit_tests(c, "let stream = std::net::TcpStream::connect(\"127.0.0.1:9\").expect(\"connect to the server\");\nassert!(stream.peer_addr().is_ok());")
    c.matrix([L64, A64], STAGES)
    c.truth("a server that nobody started", "environment", t, [L64, A64], [], stage="execute", package=p, test=t)


@cases("test_network", "name-not-resolved")
def _(c):
    host = c.n.word() + ".invalid"
    p, t = unit_tests(c, f"use std::net::ToSocketAddrs;\nlet addresses: Vec<_> = \"{host}:443\".to_socket_addrs().unwrap().collect();\nassert!(!addresses.is_empty());")
    c.matrix([L64], STAGES)
    c.truth("a name that does not resolve", "environment", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_network", "address-in-use")
def _(c):
    p, t = outside(c, "let first = std::net::UdpSocket::bind(\"127.0.0.1:0\").unwrap();\nlet port = first.local_addr().unwrap().port();\nlet second = std::net::UdpSocket::bind((\"127.0.0.1\", port)).unwrap();\ndrop((first, second));")
    c.matrix([L64, S390], STAGES)
    c.truth("a port that is taken", "project", t, [L64, S390], [], stage="execute", package=p, test=t)


@cases("test_network", "unreachable")
def _(c):
    p, t = unit_tests(c, "let address = \"192.0.2.1:81\".parse().unwrap();\nlet s = std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(700)).unwrap();\ndrop(s);")
    c.matrix([L64], STAGES)
    c.truth("an address that nothing answers at", "environment", t, [L64], [], stage="execute", package=p, test=t)


# test_threads ----------------------------------------------------------------------------------------------------------------
@cases("test_threads", "parallelism")
def _(c):
    p, t = unit_tests(c, "let n = std::thread::available_parallelism().unwrap().get();\nassert!(n >= 96, \"only {n} threads at once\");")
    c.matrix([L64, RV], STAGES)
    c.truth("expects more cores than there are", "environment", t, [L64, RV], [], stage="execute", package=p, test=t, also=["test_assertion"])


@cases("test_threads", "spawn-fails")
def _(c):
    p, t = unit_tests(c, "unsafe {\n    let limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };\n    libc::setrlimit(libc::RLIMIT_NPROC, &limit);\n    libc::setuid(65534);\n}\nlet hands: Vec<_> = (0..64).map(|i| std::thread::Builder::new().name(format!(\"w{i}\")).spawn(|| std::thread::sleep(std::time::Duration::from_millis(50))).expect(\"failed to spawn thread\")).collect();\nfor h in hands {\n    h.join().unwrap();\n}")
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"
    c.matrix([L64], STAGES)
    c.truth("a limit on processes keeps threads from starting", "environment", t, [L64], [], stage="execute", package=p, test=t, made="forced", note="the test sets RLIMIT_NPROC for itself")


@cases("test_threads", "panic-in-thread")
def _(c):
    p, t = outside(c, "let (tx, rx) = std::sync::mpsc::channel::<u32>();\nlet h = std::thread::spawn(move || {\n    drop(rx);\n    panic!(\"worker thread gave up\");\n});\nlet joined = h.join();\nassert!(tx.send(1).is_err());\njoined.expect(\"the worker ended well\");")
    c.matrix([L64, A64], STAGES)
    c.truth("a thread of the test panics and is joined", "project", t, [L64, A64], [], stage="execute", package=p, test=t, also=["test_panic"])


@cases("test_threads", "order-of-threads")
def _(c):
    p, t = unit_tests(c, "let seen = std::sync::Mutex::new(Vec::new());\nstd::thread::scope(|s| {\n    for i in 0..8u64 {\n        let seen = &seen;\n        s.spawn(move || {\n            std::thread::sleep(std::time::Duration::from_millis(40 - 5 * i));\n            seen.lock().unwrap().push(i);\n        });\n    }\n});\nassert_eq!(*seen.lock().unwrap(), (0..8).collect::<Vec<_>>());")
    c.matrix([L64, PPC64], STAGES)
    c.truth("threads expected to end in the order of their start", "project", t, [L64, PPC64], [], stage="execute", package=p, test=t, also=["test_assertion"])


# test_privileges -------------------------------------------------------------------------------------------------------------
@cases("test_privileges", "root-reads-everything")
def _(c):
    p, t = unit_tests(c, "use std::os::unix::fs::PermissionsExt;\nlet path = std::env::temp_dir().join(format!(\"NAME-{}\", std::process::id()));\nstd::fs::write(&path, b\"x\").unwrap();\nstd::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();\nlet read = std::fs::read(&path);\nstd::fs::remove_file(&path).unwrap();\nassert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);".replace("NAME", c.n.word()))
    c.matrix([L64, S390], STAGES)
    c.truth("run as root, who may read everything", "environment", t, [L64, S390], [], stage="execute", package=p, test=t)


NOBODY = "rules:\n  - match: triple = x86_64-*\n    runner: {name: nobody, kind: native, command: [setpriv, --reuid=65534, --regid=65534, --clear-groups]}"


@cases("test_privileges", "operation-not-permitted")
def _(c):
    p, t = unit_tests(c, "let r = unsafe { libc::sethostname(c\"NAME\".as_ptr(), 4) };\nassert_eq!(r, 0, \"sethostname: {}\", std::io::Error::last_os_error());".replace("NAME", c.n.word()[:4]))
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"
    c.matrix([L64], STAGES, raw=NOBODY)
    c.truth("EPERM for a user without the capability", "environment", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_privileges", "permission-denied")
def _(c):
    f = c.n.word()
    p, t = outside(c, f"let file = std::fs::File::create(\"/etc/{f}.conf\").unwrap();\ndrop(file);")
    c.matrix([L64], STAGES, raw=NOBODY)
    c.truth("EACCES for a file in /etc", "environment", t, [L64], [], stage="execute", package=p, test=t)


@cases("test_privileges", "raw-socket")
def _(c):
    p, t = unit_tests(c, "let s = unsafe { libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP) };\nif s < 0 {\n    panic!(\"socket: {:?}\", std::io::Error::last_os_error());\n}\nunsafe { libc::close(s) };")
    c.files["Cargo.toml"] += "\n[dependencies]\nlibc = \"0.2\"\n"
    c.matrix([L64], STAGES, raw=NOBODY)
    c.truth("a raw socket without CAP_NET_RAW", "environment", t, [L64], [], stage="execute", package=p, test=t, near=["test_network"])


# test_nested_exec ------------------------------------------------------------------------------------------------------------
@cases("test_nested_exec", "cargo-bin-exe")
def _(c):
    b = c.n.crate()
    p = c.pkg(name=b, lib=c.n.filler(1), main="fn main() {\n    println!(\"hello\");\n}\n")
    t = c.n.fn()
    c.file("tests/cli.rs", f"#[test]\nfn {t}() {{\n    let out = std::process::Command::new(env!(\"CARGO_BIN_EXE_{b}\")).output().unwrap();\n    assert!(out.status.success(), \"{{out:?}}\");\n    assert_eq!(out.stdout, b\"hello\\n\");\n}}\n")
    c.matrix([L64, A64, S390], STAGES)
    c.truth("an integration test starts the package's own binary, which the emulator cannot", "emulator", t, [A64, S390], [L64], stage="execute", package=p, test=t, verdicts=("fail", "suspect"))


@cases("test_nested_exec", "current-exe")
def _(c):
    p, t = unit_tests(c, "if std::env::var_os(\"NAME\").is_some() {\n    return;\n}\nlet status = std::process::Command::new(std::env::current_exe().unwrap()).env(\"NAME\", \"1\").status().expect(\"start myself\");\nassert!(status.success(), \"{status}\");".replace("NAME", c.n.const()))
    c.matrix([L64, RV, PPC64], STAGES)
    c.truth("a test starts itself again", "emulator", t, [RV, PPC64], [L64], stage="execute", package=p, test=t, verdicts=("fail", "suspect"))


@cases("test_nested_exec", "via-shell")
def _(c):
    b = c.n.crate()
    p = c.pkg(name=b, lib=c.n.filler(1), main="fn main() {\n    std::process::exit(5);\n}\n")
    t = c.n.fn()
    c.file("tests/shell.rs", f"#[test]\nfn {t}() {{\n    let line = format!(\"{{}} --flag\", env!(\"CARGO_BIN_EXE_{b}\"));\n    let status = std::process::Command::new(\"sh\").args([\"-c\", &line]).status().unwrap();\n    assert_eq!(status.code(), Some(5));\n}}\n")
    c.matrix([L64, ARM], STAGES)
    c.truth("a shell starts the binary: it is the shell's status that is seen", "emulator", t, [ARM], [L64], stage="execute", package=p, test=t, verdicts=("fail", "suspect"))


@cases("test_nested_exec", "exec-replaces")
def _(c):
    p, t = unit_tests(c, "use std::os::unix::process::CommandExt;\nif std::env::args().any(|a| a == \"--list\") {\n    return;\n}\nif std::env::var_os(\"NAME\").is_some() {\n    std::process::exit(0);\n}\nlet error = std::process::Command::new(\"/proc/self/exe\").env(\"NAME\", \"1\").args([\"--quiet\"]).exec();\npanic!(\"exec failed: {error}\");".replace("NAME", c.n.const()), other=False)
    c.matrix([S390], STAGES)
    c.truth("exec of /proc/self/exe", "emulator", t, [S390], [], stage="execute", package=p, test=t, verdicts=("fail", "suspect"), also=["emulator_exec_format"])


@cases("test_nested_exec", "loader-is-the-program")
def _(c):
    p, t = unit_tests(c, "if std::env::var_os(\"NAME\").is_some() {\n    return;\n}\nlet me = std::fs::read_link(\"/proc/self/exe\").unwrap();\nlet out = std::process::Command::new(&me).args([\"--exact\", \"nothing\"]).env(\"NAME\", \"1\").output().unwrap();\nassert!(out.status.success(), \"{me:?}: {out:?}\");".replace("NAME", c.n.const()))
    c.matrix([L64, L32], STAGES)
    c.truth("i686 under its loader as runner: a test that starts itself starts the loader", "environment", t, [L32], [L64], stage="execute", package=p, test=t, verdicts=("fail", "suspect"))


# test_signal -----------------------------------------------------------------------------------------------------------------
@cases("test_signal", "null-pointer")
def _(c):
    p, t = unit_tests(c, "let p = std::hint::black_box(16usize) as *const u8;\nlet x = unsafe { p.read_volatile() };\nassert_eq!(x, 0);")
    c.matrix([L64, A64], STAGES)
    c.truth("SIGSEGV in a test", "project", t, [L64, A64], [], stage="execute", package=p, test=t)


@cases("test_signal", "abort")
def _(c):
    p, t = unit_tests(c, "struct Bomb;\nimpl Drop for Bomb {\n    fn drop(&mut self) {\n        panic!(\"second\");\n    }\n}\nlet _b = Bomb;\npanic!(\"first\");")
    c.matrix([L64, S390], STAGES)
    c.truth("a panic while panicking: SIGABRT", "project", t, [L64, S390], [], stage="execute", package=p, test=t, near=["test_panic"])


@cases("test_signal", "illegal-instruction")
def _(c):
    p, t = outside(c, "#[cfg(target_arch = \"x86_64\")]\nunsafe {\n    std::arch::asm!(\"ud2\");\n}\n#[cfg(target_arch = \"aarch64\")]\nunsafe {\n    std::arch::asm!(\"udf #0\");\n}")
    c.matrix([L64, A64], STAGES)
    c.truth("SIGILL in an integration test", "project", t, [L64, A64], [], stage="execute", package=p, test=t, near=["emulator_cpu_model"])


@cases("test_signal", "stack-overflow")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert!({f}(std::hint::black_box(u64::MAX)) > 0);", lib=f"#[allow(unconditional_recursion)]\npub fn {f}(n: u64) -> u64 {{\n    let pad = std::hint::black_box([n; 64]);\n    {f}(n - 1) + pad[3]\n}}\n")
    c.matrix([L64, ARM], STAGES)
    c.truth("stack overflow", "project", t, [L64, ARM], [], stage="execute", package=p, test=t)


# test_timeout ----------------------------------------------------------------------------------------------------------------
@cases("test_timeout", "busy-and-talking")
def _(c):
    p, t = unit_tests(c, "let start = std::time::Instant::now();\nwhile start.elapsed().as_secs() < 600 {\n    eprintln!(\"step {:?}\", start.elapsed());\n    println!(\"step {:?}\", start.elapsed());\n    std::thread::sleep(std::time::Duration::from_millis(200));\n}")
    c.matrix([L64], STAGES, timeout="6s", tests={"args": ["--nocapture"]})
    c.truth("goes on, with output, past its limit", "project", t, [L64], [], stage="execute", package=p, test=t, verdicts=("timeout",))


@cases("test_timeout", "many-slow-tests")
def _(c):
    tests = "\n".join(f"#[test]\nfn step_{i:02}() {{\n    std::thread::sleep(std::time::Duration::from_millis(900));\n}}\n" for i in range(24))
    p = c.pkg(lib=c.n.filler(1) + "\n" + tests)
    c.matrix([L64], STAGES, timeout="5s", tests={"threads": 1})
    c.truth("each test is quick enough, all of them are not", "project", p, [L64], [], stage="execute", package=p, verdicts=("timeout",))


@cases("test_timeout", "emulated-alone")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(c, f"assert!({f}(std::hint::black_box(100_000_000)) > 0.0);\neprintln!(\"x\");", lib=f"pub fn {f}(n: u32) -> f64 {{\n    let mut x = 2.0f64;\n    for _ in 0..n {{\n        x = (x * 1.000_001 + 1.5).sqrt();\n    }}\n    x\n}}\n")
    c.matrix([L64, S390], STAGES, raw="rules:\n  - match: emulated\n    timeout: 2s")
    c.truth("quick natively, too slow under the emulator", "emulator", t, [S390], [L64], stage="execute", package=p, test=t, verdicts=("timeout",), also=["test_time"])


# test_hang -------------------------------------------------------------------------------------------------------------------
@cases("test_hang", "deadlock")
def _(c):
    p, t = unit_tests(c, "let m = std::sync::Mutex::new(1);\nlet _a = m.lock().unwrap();\nlet _b = m.lock().unwrap();")
    c.matrix([L64, A64], STAGES, no_output_timeout="4s")
    c.truth("locks a mutex twice", "project", t, [L64, A64], [], stage="execute", package=p, test=t, verdicts=("timeout",), near=["test_timeout"])


@cases("test_hang", "spinning")
def _(c):
    k = c.n.const()
    p, t = unit_tests(c, f"while !{k}.load(std::sync::atomic::Ordering::Relaxed) {{\n    std::hint::spin_loop();\n}}", lib=f"pub static {k}: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);\n")
    c.matrix([L64], STAGES, no_output_timeout="4s")
    c.truth("waits for a flag that nobody sets, at full speed", "project", t, [L64], [], stage="execute", package=p, test=t, verdicts=("timeout",))


@cases("test_hang", "waits-for-input-of-pipe")
def _(c):
    p, t = outside(c, "use std::io::Read;\nlet (mut r, w) = std::io::pipe().unwrap();\nlet mut text = String::new();\nr.read_to_string(&mut text).unwrap();\ndrop(w);\nassert!(text.is_empty());")
    c.matrix([L64, S390], STAGES, no_output_timeout="4s")
    c.truth("reads a pipe whose other end it holds itself", "project", t, [L64, S390], [], stage="execute", package=p, test=t, verdicts=("timeout",))


@cases("test_hang", "child-that-sleeps")
def _(c):
    p, t = unit_tests(c, "let status = std::process::Command::new(\"sleep\").arg(\"3000\").status().unwrap();\nassert!(status.success());")
    c.matrix([L64], STAGES, no_output_timeout="4s")
    c.truth("waits for a child that sleeps", "project", t, [L64], [], stage="execute", package=p, test=t, verdicts=("timeout",))


# never_executed --------------------------------------------------------------------------------------------------------------
@cases("never_executed", "runner-not-there")
def _(c):
    name = c.n.word() + "-run"
    p, _t = unit_tests(c, "assert!(true);")
    c.matrix([L64, S390], STAGES, raw=f"rules:\n  - match: triple = {S390}\n    runner: {{name: {name}, kind: emulated, command: [/opt/{name}]}}")
    c.truth("the matrix names a runner that is not there", "environment", name, [S390], [L64], stage="execute", package=p, verdicts=("broken", "blocked"))


@cases("never_executed", "no-runner-for-triple")
def _(c):
    p, _t = unit_tests(c, "assert!(true);")
    c.matrix([L64, A64], STAGES, raw=f"rules:\n  - match: triple = {A64}\n    run: native")
    c.truth("only native execution allowed, and this machine is another", "environment", A64, [A64], [L64], stage="execute", package=p, verdicts=("broken", "blocked"))


@cases("never_executed", "does-not-compile")
def _(c):
    p, _t = unit_tests(c, "let x: u8 = \"a\";\nassert_eq!(x, 1);")
    c.matrix([L64], STAGES)
    c.truth("nothing was built, so nothing ran", "project", p, [L64], [], stage="execute", package=p, verdicts=("blocked",), also=["test_build_only"])


@cases("never_executed", "harness-exits-before")
def _(c):
    t = c.n.fn()
    p = c.pkg(lib=c.n.filler(1), extra=f"[[test]]\nname = \"{t}\"\nharness = false")
    c.file(f"tests/{t}.rs", "fn main() {\n    eprintln!(\"no device attached\");\n    std::process::exit(77);\n}\n")
    c.matrix([L64, RV], STAGES)
    c.truth("a harness of its own gives up before its first test", "project", t, [L64, RV], [], stage="execute", package=p, test=t, also=["unknown", "test_panic"])
