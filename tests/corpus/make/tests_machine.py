"""Tests that depend on the machine."""

from make.common import *  # noqa: F403
from make.common import Cases
from make.test_crates import STAGES, outside, unit_tests

cases = Cases()


# test_atomics ----------------------------------------------------------------------------------------------------------------
@cases("test_atomics", "has-atomic-128")
def _(c):
    p, t = unit_tests(c, 'assert!(cfg!(target_has_atomic = "128"), "16-byte atomics expected");')
    c.matrix([S390, L64, L32, ARM], STAGES)
    c.truth("asks for 16-byte atomics", "project", t, [L64, L32, ARM], [S390], stage="execute", package=p, test=t)


@cases("test_atomics", "lost-updates")
def _(c):
    k = c.n.const()
    p, t = unit_tests(
        c,
        "std::thread::scope(|s| {\n    for _ in 0..4 {\n        s.spawn(|| {\n            for _ in 0..20_000 {\n            "
        f"    let x = {k}.load(Ordering::Relaxed);\n                std::thread::yield_now();\n                {k}.store(x + 1,"
        f" Ordering::Relaxed);\n            }}\n        }});\n    }}\n}});\nassert_eq!({k}.load(Ordering::SeqCst), 80_000);",
        lib=(
            f"use std::sync::atomic::{{AtomicUsize, Ordering}};\npub static {k}: AtomicUsize ="
            " AtomicUsize::new(0);\n#[allow(dead_code)]\nconst _: Ordering = Ordering::SeqCst;\n"
        ),
    )
    c.matrix([L64, A64], STAGES)
    c.truth(
        "load and store where fetch_add is meant: updates are lost",
        "project",
        t,
        [L64, A64],
        [],
        stage="execute",
        package=p,
        test=t,
        also=["test_threads", "test_assertion"],
    )


@cases("test_atomics", "order-that-is-none")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f"let x = AtomicU32::new(1);\nassert_eq!({f}(&x, Ordering::Release), 1);",
        lib=(
            f"use std::sync::atomic::{{AtomicU32, Ordering}};\npub fn {f}(x: &AtomicU32, order: Ordering) -> u32 {{\n   "
            " x.load(order)\n}\n"
        ),
    )
    c.matrix([L64, RV], STAGES)
    c.truth(
        "an order that a load cannot have", "project", t, [L64, RV], [], stage="execute", package=p, test=t, also=["test_panic"]
    )


@cases("test_atomics", "alignment-of-atomic")
def _(c):
    p, t = unit_tests(
        c,
        'assert_eq!(std::mem::align_of::<std::sync::atomic::AtomicU64>(), std::mem::align_of::<u64>(), "an atomic is laid out as'
        ' its integer");',
    )
    c.matrix([L64, ARM, L32], STAGES)
    c.truth(
        "AtomicU64 and u64 are aligned differently on i686",
        "project",
        t,
        [L32],
        [L64, ARM],
        stage="execute",
        package=p,
        test=t,
        also=["test_alignment"],
    )


# test_alignment --------------------------------------------------------------------------------------------------------------
@cases("test_alignment", "misaligned-reference")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        "let buffer = [0u64; 4];\nlet bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr() as *const u8, 32)"
        f" }};\nassert_eq!({f}(&bytes[1..]), 0);",
        lib=f"pub fn {f}(b: &[u8]) -> u32 {{\n    unsafe {{ *(b.as_ptr() as *const u32) }}\n}}\n",
    )
    c.matrix([L64, S390], STAGES)
    c.truth(
        "a misaligned pointer is dereferenced, which a debug build checks",
        "project",
        t,
        [L64, S390],
        [],
        stage="execute",
        package=p,
        test=t,
        also=["test_signal"],
        near=["test_panic"],
    )


@cases("test_alignment", "align-of-u64")
def _(c):
    p, t = outside(c, "assert_eq!(std::mem::align_of::<u64>(), 8);")
    c.matrix([L64, ARM, L32], STAGES)
    c.truth(
        "u64 is aligned to 4 on i686",
        "project",
        t,
        [L32],
        [L64, ARM],
        stage="execute",
        package=p,
        test=t,
        also=["layout_differs"],
    )


@cases("test_alignment", "offset-in-repr-c")
def _(c):
    ty = c.n.ty()
    p, t = unit_tests(
        c,
        f'assert_eq!(std::mem::offset_of!({ty}, value), 8, "padding before value");',
        lib=f"#[repr(C)]\npub struct {ty} {{\n    pub tag: u8,\n    pub value: f64,\n}}\n",
    )
    c.matrix([L64, ARM, L32], STAGES)
    c.truth(
        "the padding before an f64 is 4 bytes on i686",
        "project",
        t,
        [L32],
        [L64, ARM],
        stage="execute",
        package=p,
        test=t,
        also=["layout_differs"],
        near=["test_pointer_width"],
    )


# test_page_size --------------------------------------------------------------------------------------------------------------
# Nothing here has other pages than 4 KiB; QEMU's -p lets a guest believe it has.
def big_pages(c, size, triples):
    c.matrix(triples, STAGES, raw=f'rules:\n  - match: emulated\n    qemu: {{args: [-p, "{size}"]}}')


@cases("test_page_size", "constant-4096")
def _(c):
    p, t = unit_tests(c, "let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };\nassert_eq!(size, 4096);")
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'
    big_pages(c, 65536, [L64, A64])
    c.truth(
        "a page of 4 KiB taken for granted",
        "project",
        t,
        [A64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        made="forced",
        verdicts=("fail", "suspect"),
        note="qemu -p 65536",
    )


@cases("test_page_size", "mmap-offset")
def _(c):
    p, t = unit_tests(
        c,
        "let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;\nlet p = unsafe { libc::mmap(std::ptr::null_mut(), 3 *"
        " 4096, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };\nassert_ne!(p,"
        " libc::MAP_FAILED);\nlet guard = unsafe { libc::mprotect((p as *mut u8).add(4096).cast(), 4096, libc::PROT_NONE)"
        ' };\nassert_eq!(guard, 0, "mprotect of the second page: {}", std::io::Error::last_os_error());\nassert!(page >'
        " 0);\nassert_eq!((p as usize + 4096) % page, 0);",
    )
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'
    big_pages(c, 65536, [L64, PPC64])
    c.truth(
        "a guard page at a multiple of 4 KiB",
        "project",
        t,
        [PPC64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        made="forced",
        verdicts=("fail", "suspect"),
        note="qemu -p 65536",
    )


@cases("test_page_size", "allocator-refuses")
def _(c):
    f = c.n.fn()
    p, t = outside(
        c,
        f"assert!(CRATE::{f}(100) >= 100);",
        lib=(
            f"pub fn {f}(n: usize) -> usize {{\n    let page = unsafe {{ libc::sysconf(libc::_SC_PAGESIZE) }} as usize;\n    if"
            ' page > 4096 {\n        panic!("Unsupported system page size: {page}");\n    }\n   '
            " n.next_multiple_of(page)\n}\n"
        ),
    )
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'
    big_pages(c, 16384, [L64, A64])
    c.truth(
        "an allocator built for 4 KiB refuses larger pages",
        "project",
        t,
        [A64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        made="forced",
        verdicts=("fail", "suspect"),
        note="qemu -p 16384",
        also=["unsupported_on_purpose", "test_panic"],
    )


# test_time -------------------------------------------------------------------------------------------------------------------
@cases("test_time", "too-slow-when-emulated")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f"let start = std::time::Instant::now();\nlet x = {f}(4_000_000);\nlet took = start.elapsed();\nassert!(x >"
        ' 0.0);\nassert!(took < std::time::Duration::from_millis(LIMIT), "took {took:?}");'.replace("LIMIT", "150"),
        lib=(
            f"pub fn {f}(n: u32) -> f64 {{\n    let mut x = 2.0f64;\n    for _ in 0..n {{\n        x = (x * 1.000_001 +"
            " 1.5).sqrt();\n    }\n    x\n}\n"
        ),
    )
    c.matrix([L64, S390, A64], STAGES)
    c.truth(
        "a limit in milliseconds that an emulator does not meet",
        "emulator",
        t,
        [S390, A64],
        [L64],
        stage="execute",
        package=p,
        test=t,
        verdicts=("fail", "suspect"),
    )


@cases("test_time", "year-2038")
def _(c):
    f = c.n.fn()
    p, t = unit_tests(
        c,
        f"assert_eq!({f}(3_000_000_000), 3_000_000_000);",
        lib=(
            f"pub fn {f}(seconds: i64) -> i64 {{\n    let mut out = unsafe {{ std::mem::zeroed::<libc::timespec>() }};\n   "
            " out.tv_sec = seconds as _;\n    out.tv_sec as i64\n}\n"
        ),
    )
    c.files["Cargo.toml"] += '\n[dependencies]\nlibc = "0.2"\n'
    c.matrix([L64, RV, L32, ARM], STAGES)
    c.truth(
        "a moment after 2038 in a 32-bit time_t",
        "project",
        t,
        [L32, ARM],
        [L64, RV],
        stage="execute",
        package=p,
        test=t,
        also=["test_pointer_width"],
        near=["platform_type_differs"],
    )


@cases("test_time", "sleep-is-exact")
def _(c):
    p, t = outside(
        c,
        "let start ="
        " std::time::Instant::now();\nstd::thread::sleep(std::time::Duration::from_millis(20));\nassert_eq!(start.elapsed().as_micros()"
        ' / 10, 2000, "slept {:?}", start.elapsed());',
    )
    c.matrix([L64, A64], STAGES)
    c.truth(
        "a sleep expected to be exact", "project", t, [L64, A64], [], stage="execute", package=p, test=t, near=["test_assertion"]
    )
