"""Source and cfg: types and layouts that differ."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# platform_type_differs -----------------------------------------------------------------------------------------------
@cases("platform_type_differs", "c-char-pointer")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"use std::ffi::CStr;\npub fn {f}(s: &CStr) -> *const i8 {{\n    s.as_ptr()\n}}\n{c.n.filler()}")
    c.matrix([L64, L32, MAC, A64, ARM, S390], ["check"])
    c.truth("i8 written for c_char", "project", "c_char", [A64, ARM, S390], [L64, L32, MAC], package=p)


@cases("platform_type_differs", "c-long")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f'use std::ffi::c_long;\nextern "C" {{\n    fn {f}(x: c_long) -> c_long;\n}}\npub fn {c.n.fn()}(x: i64) -> i64 {{\n  '
            f"  unsafe {{ {f}(x) }}\n}}\n"
        )
    )
    c.matrix([L64, MAC, L32, WIN], ["check"])
    c.truth("i64 written for c_long", "project", "c_long", [L32, WIN], [L64, MAC], package=p)


@cases("platform_type_differs", "time-t")
def _(c):
    p = c.pkg(
        deps='libc = "0.2"',
        main='fn main() {\n    let now: i64 = unsafe { libc::time(std::ptr::null_mut()) };\n    println!("{now}");\n}\n',
    )
    c.matrix([L64, FBSD, L32, FBSD32, ARM], ["check"])
    c.truth("i64 written for time_t", "project", "time_t", [L32, FBSD32, ARM], [L64, FBSD], package=p)


@cases("platform_type_differs", "ioctl-request")
def _(c):
    p = c.pkg(
        deps='libc = "0.2"',
        lib=(
            f"pub fn {c.n.fn()}(fd: i32, request: u64, n: &mut i32) -> i32 {{\n    unsafe {{ libc::ioctl(fd, request, n as *mut"
            " i32) }\n}\n"
        ),
    )
    c.matrix([L64, FBSD, MUSL, ILL], ["check"])
    c.truth("ioctl's request is an int elsewhere", "project", "ioctl", [MUSL, ILL], [L64, FBSD], package=p)


@cases("platform_type_differs", "array-of-c-char")
def _(c):
    p = c.pkg(deps='libc = "0.2"', lib=f"pub fn {c.n.fn()}(u: &libc::utsname) -> [i8; 65] {{\n    u.sysname\n}}\n")
    c.matrix([L64, L32, PPC64, S390], ["check"])
    c.truth("[i8; 65] written for an array of c_char", "project", "c_char", [PPC64, S390], [L64, L32], package=p)


@cases("platform_type_differs", "trait-of-alias")
def _(c):
    tr, f = c.n.ty(), c.n.fn()
    p = c.pkg(
        lib=(
            f"pub trait {tr} {{\n    fn {f}(self) -> u8;\n}}\nimpl {tr} for i8 {{\n    fn {f}(self) -> u8 {{\n        self as"
            f" u8\n    }}\n}}\npub fn {c.n.fn()}(x: std::ffi::c_char) -> u8 {{\n    {tr}::{f}(x)\n}}\n"
        )
    )
    c.matrix([L64, RV, ARM], ["check"])
    c.truth("a trait implemented for i8, used with c_char", "project", "c_char", [RV, ARM], [L64], package=p)


@cases("platform_type_differs", "mode-t")
def _(c):
    p = c.pkg(
        deps='libc = "0.2"',
        lib=(
            f"pub fn {c.n.fn()}(st: &libc::stat) -> bool {{\n    let kind: u32 = st.st_mode & libc::S_IFMT;\n    kind =="
            " libc::S_IFDIR\n}\n"
        ),
    )
    c.matrix([L64, RV, MAC, FBSD], ["check"])
    c.truth("u32 written for mode_t", "project", "mode_t", [MAC, FBSD], [L64, RV], package=p)


@cases("platform_type_differs", "in-the-middle-of-a-workspace")
def _(c):
    low, mid, top, f, _g = c.n.crate(), c.n.crate(), c.n.crate(), c.n.fn(), c.n.fn()
    c.pkg(
        f"crates/{low}",
        name=low,
        lib=f'extern "C" {{\n    pub fn strlen(s: *const std::ffi::c_char) -> usize;\n}}\n{c.n.filler(1)}',
    )
    c.pkg(
        f"crates/{mid}",
        name=mid,
        deps=f'{low} = {{ path = "../{low}" }}',
        lib=f"pub fn {f}(bytes: &[i8]) -> usize {{\n    unsafe {{ {ident(low)}::strlen(bytes.as_ptr()) }}\n}}\n",
    )
    c.pkg(
        f"crates/{top}",
        name=top,
        deps=f'{mid} = {{ path = "../{mid}" }}',
        main=f'fn main() {{\n    println!("{{}}", {ident(mid)}::{f}(&[65, 0]));\n}}\n',
    )
    c.workspace([f"crates/{x}" for x in (low, mid, top)])
    c.matrix([L64, WIN, A64, PPC64], ["check"], scope="--workspace")
    c.truth("i8 for c_char in a member that another one needs", "project", "c_char", [A64, PPC64], [L64, WIN], package=mid)


# layout_differs ------------------------------------------------------------------------------------------------------
@cases("layout_differs", "size-assert")
def _(c):
    ty = c.n.ty()
    p = c.pkg(
        lib=(
            f"#[repr(C)]\npub struct {ty} {{\n    pub a: usize,\n    pub b: u32,\n}}\nconst _: () ="
            f" assert!(std::mem::size_of::<{ty}>() == 16);\n"
        )
    )
    c.matrix([L64, S390, L32, ARM], ["check"])
    c.truth("a constant assertion of a size", "project", ty, [L32, ARM], [L64, S390], package=p, near=["unsupported_on_purpose"])


@cases("layout_differs", "transmute")
def _(c):
    p = c.pkg(lib=f"pub fn {c.n.fn()}(p: *const u8) -> u64 {{\n    unsafe {{ std::mem::transmute(p) }}\n}}\n{c.n.filler()}")
    c.matrix([L64, MAC, L32, WASM], ["check"])
    c.truth("a pointer transmuted into u64", "project", "u64", [L32, WASM], [L64, MAC], package=p)


@cases("layout_differs", "literal")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f"pub const {k}: usize = 0x2_0000_0000;\n{c.n.filler()}")
    c.matrix([L64, L32, FBSD32], ["check"])
    c.truth(
        "a literal that does not fit into a 32-bit usize",
        "project",
        k,
        [L32, FBSD32],
        [L64],
        package=p,
        near=["lint_on_platform"],
    )


@cases("layout_differs", "align-of-u64")
def _(c):
    p = c.pkg(lib=f"const {c.n.const()}: [(); 8] = [(); std::mem::align_of::<u64>()];\n{c.n.filler()}")
    c.matrix([L64, ARM, L32], ["check"])
    c.truth(
        "the alignment of u64 is 4 on i686, in an array's length",
        "project",
        "u64",
        [L32],
        [L64, ARM],
        package=p,
        near=["platform_type_differs"],
    )


@cases("layout_differs", "shift")
def _(c):
    k, f = c.n.const(), c.n.fn()
    p = c.pkg(main=f'const {k}: u32 = 36;\nfn main() {{\n    let {f} = 1usize << {k};\n    println!("{{{f}}}");\n}}\n')
    c.matrix([L64, A64, L32, ARM], ["check", "build"])
    c.truth(
        "a shift by more than usize has bits, found by the lint arithmetic_overflow",
        "project",
        "usize",
        [L32, ARM],
        [L64, A64],
        stage="build",
        package=p,
        near=["lint_on_platform"],
    )


@cases("layout_differs", "too-big-for-the-space")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f"pub static {k}: [u64; 1 << 28] = [0; 1 << 28];\n")
    c.matrix([L64, L32], ["check"])
    c.truth("a static of 2 GiB", "project", k, [L32], [L64], package=p)
