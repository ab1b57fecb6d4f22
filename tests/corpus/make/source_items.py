"""Source and cfg: what this version or this platform of a crate does not have."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# item_absent_in_version --------------------------------------------------------------------------------------------
def two_versions(c, old, new, old_lib, new_lib, dep=None):
    dep = dep or c.n.crate()
    c.vendor(dep, old, old_lib)
    c.vendor(dep, new, new_lib)
    return dep


@cases("item_absent_in_version", "lock-too-old")
def _(c):
    f = c.n.fn()
    base = c.n.filler()
    dep = two_versions(c, "1.2.0", "1.5.1", base, base + f"\npub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(deps=f'{dep} = "1.2"', lib=f"use {ident(dep)}::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n")
    c.lock((p, c_version(c), False, [dep]), (dep, "1.2.0", True, []))
    c.matrix([L64, MAC], ["check"])
    c.truth(
        "Cargo.lock names a version from before the function was added",
        "project",
        f"{ident(dep)}::{f}",
        [L64, MAC],
        package=p,
        near=["configured_out"],
    )


def c_version(c, path="Cargo.toml"):
    text = c.files[path]
    return text.split('version = "')[1].split('"')[0]


@cases("item_absent_in_version", "removed-in-newer")
def _(c):
    m, ty = c.n.fn(), c.n.ty()
    dep = c.n.crate()
    c.vendor(dep, "0.4.9", f"pub mod {m} {{\n    pub struct {c.n.ty()};\n}}\n{c.n.filler()}")
    p = c.pkg(deps=f'{dep} = "0.4"', lib=f"use {ident(dep)}::{m}::{ty};\npub struct {c.n.ty()}(pub {ty});\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "the only version in reach no longer has the type",
        "project",
        f"{ident(dep)}::{m}::{ty}",
        [L64, FBSD],
        package=p,
        also=["lock_drift"],
    )


@cases("item_absent_in_version", "method-minimal-versions")
def _(c):
    ty, f = c.n.ty(), c.n.fn()
    dep = two_versions(
        c,
        "2.0.0",
        "2.3.0",
        f"pub struct {ty};\n{c.n.filler(1)}",
        f"pub struct {ty};\nimpl {ty} {{\n    pub fn {f}(&self) -> u8 {{\n        5\n    }}\n}}\n",
    )
    p = c.pkg(deps=f'{dep} = "2"', lib=f"pub fn {c.n.fn()}(x: &{ident(dep)}::{ty}) -> u8 {{\n    x.{f}()\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nversions:\n  newest: {{lockfile: latest}}\n  oldest: {{lockfile: minimal}}")
    c.truth(
        "the manifest asks for less than the code needs: the oldest version lacks the method",
        "project",
        f,
        [],
        [],
        package=p,
        cells={"failing": [f"{L64}/oldest"], "passing": [f"{L64}/newest"]},
    )


@cases("item_absent_in_version", "pinned-field")
def _(c):
    ty, a, b = c.n.ty(), c.n.fn(), c.n.fn()
    dep = two_versions(
        c,
        "0.2.1",
        "0.2.6",
        f"#[derive(Default)]\npub struct {ty} {{\n    pub {a}: u8,\n}}\n",
        f"#[derive(Default)]\npub struct {ty} {{\n    pub {a}: u8,\n    pub {b}: u8,\n}}\n",
    )
    p = c.pkg(
        deps=f'{dep} = "=0.2.1"',
        main=f'fn main() {{\n    let x = {ident(dep)}::{ty}::default();\n    println!("{{}}", x.{b});\n}}\n',
    )
    c.matrix([L64, S390], ["check"])
    c.truth("pinned to a version whose struct lacks the field", "project", f"{ty}::{b}", [L64, S390], package=p)


@cases("item_absent_in_version", "of-real-crate")
def _(c):
    p = c.pkg(
        deps='memchr = "=2.7.4"',
        lib=f'pub fn {c.n.fn()}(h: &[u8]) -> bool {{\n    memchr::memmem::contains(h, b"{c.n.word()}")\n}}\n',
    )
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "a function that a real crate does not have in this version",
        "project",
        "memchr::memmem::contains",
        [L64, FBSD],
        package=p,
    )


@cases("item_absent_in_version", "wasmtime-fiber")
def _(c):
    c.matrix_of_crate("wasmtime-fiber", "11.0.1", [L64, L32, FBSD, FBSD32], ["check"])
    c.truth(
        "a published crate imports, on x86 alone, what the crate beside it does not have",
        "project",
        "wasmtime_asm_macros::asm_sym",
        [L32, FBSD32],
        [L64, FBSD],
        package="wasmtime-fiber",
        near=["configured_out"],
    )


# item_absent_on_platform ---------------------------------------------------------------------------------------------
@cases("item_absent_on_platform", "libc-epoll")
def _(c):
    p = c.pkg(
        deps='libc = "0.2"', lib=f"pub fn {c.n.fn()}() -> i32 {{\n    unsafe {{ libc::epoll_create1(0) }}\n}}\n{c.n.filler()}"
    )
    c.matrix([L64, S390, FBSD, MAC], ["check"])
    c.truth(
        "a function of libc that other systems do not have",
        "project",
        "libc::epoll_create1",
        [FBSD, MAC],
        [L64, S390],
        package=p,
        near=["item_absent_in_version"],
    )


@cases("item_absent_on_platform", "libc-import-constant")
def _(c):
    p = c.pkg(
        deps='libc = "0.2"',
        lib=f"use libc::{{c_int, SOCK_CLOEXEC, SOCK_STREAM}};\npub const {c.n.const()}: c_int = SOCK_STREAM | SOCK_CLOEXEC;\n",
    )
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth(
        "a constant of libc, imported by `use`, that macOS lacks", "project", "libc::SOCK_CLOEXEC", [MAC], [L64, FBSD], package=p
    )


@cases("item_absent_on_platform", "syscall-number-by-arch")
def _(c):
    p = c.pkg(
        deps='libc = "0.2"',
        main='fn main() {\n    let x = unsafe { libc::syscall(libc::SYS_epoll_create, 1) };\n    println!("{x}");\n}\n',
    )
    c.matrix([L64, L32, A64, RV], ["check"])
    c.truth(
        "a system call that newer Linux architectures never had",
        "project",
        "libc::SYS_epoll_create",
        [A64, RV],
        [L64, L32],
        package=p,
    )


@cases("item_absent_on_platform", "std-os-extension")
def _(c):
    p = c.pkg(
        lib=f"use std::os::linux::fs::MetadataExt;\npub fn {c.n.fn()}(m: &std::fs::Metadata) -> u64 {{\n    m.st_ino()\n}}\n"
    )
    c.matrix([L64, A64, FBSD, WIN], ["check"])
    c.truth(
        "std's extension for Linux used on other systems",
        "project",
        "std::os::linux",
        [FBSD, WIN],
        [L64, A64],
        package=p,
        also=["configured_out"],
    )


@cases("item_absent_on_platform", "std-unix-method-on-windows")
def _(c):
    p = c.pkg(
        lib=(
            f"use std::fs::Permissions;\nuse std::os::unix::fs::PermissionsExt;\npub fn {c.n.fn()}() -> Permissions {{\n   "
            " Permissions::from_mode(0o640)\n}\n"
        )
    )
    c.matrix([L64, FBSD, WIN, WASM], ["check"])
    c.truth(
        "std::os::unix on systems that are no unix",
        "project",
        "std::os::unix",
        [WIN, WASM],
        [L64, FBSD],
        package=p,
        also=["configured_out"],
    )


@cases("item_absent_on_platform", "libc-type-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        deps='libc = "0.2"',
        lib=f"pub fn {c.n.fn()}() -> usize {{\n    std::mem::size_of::<libc::signalfd_siginfo>()\n}}\n",
    )
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)}::*;\n")
    c.matrix([L64, MAC, NBSD], ["check"], scope=f"-p {p}")
    c.truth(
        "a type of libc that only Linux has, used by a dependency by path",
        "dependency",
        "libc::signalfd_siginfo",
        [MAC, NBSD],
        [L64],
        package=dep,
    )


# atomics_missing -----------------------------------------------------------------------------------------------------
@cases("atomics_missing", "u64-import")
def _(c):
    k = c.n.const()
    p = c.pkg(
        lib=(
            f"use std::sync::atomic::{{AtomicU64, Ordering}};\nstatic {k}: AtomicU64 = AtomicU64::new(0);\npub fn {c.n.fn()}() ->"
            f" u64 {{\n    {k}.fetch_add(1, Ordering::Relaxed)\n}}\n"
        )
    )
    c.matrix([L64, ARM, PPC], ["check"])
    c.truth(
        "AtomicU64 where 64-bit atomics are missing",
        "project",
        "AtomicU64",
        [PPC],
        [L64, ARM],
        package=p,
        also=["configured_out", "item_absent_on_platform"],
    )


@cases("atomics_missing", "i64-path-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, lib=f"#[derive(Default)]\npub struct {c.n.ty()}(std::sync::atomic::AtomicI64);\n")
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, S390, PPC], ["check"])
    c.truth(
        "a dependency by path uses AtomicI64 by its path",
        "dependency",
        "AtomicI64",
        [PPC],
        [L64, S390],
        package=dep,
        also=["configured_out", "item_absent_on_platform"],
    )


@cases("atomics_missing", "no-compare-and-swap")
def _(c):
    k = c.n.const()
    p = c.pkg(
        lib=(
            f"#![no_std]\nuse core::sync::atomic::{{AtomicU32, Ordering}};\npub static {k}: AtomicU32 = AtomicU32::new(0);\npub"
            f" fn {c.n.fn()}() -> u32 {{\n    {k}.fetch_add(1, Ordering::SeqCst)\n}}\n"
        )
    )
    c.matrix([L64, THUMB], ["check"])
    c.truth(
        "a core without compare-and-swap: load and store alone",
        "project",
        "fetch_add",
        [THUMB],
        [L64],
        package=p,
        also=["configured_out", "item_absent_on_platform"],
    )


@cases("atomics_missing", "arc")
def _(c):
    p = c.pkg(
        lib=(
            f"#![no_std]\nextern crate alloc;\nuse alloc::sync::Arc;\npub fn {c.n.fn()}(x: u8) -> Arc<u8> {{\n   "
            " Arc::new(x)\n}\n"
        )
    )
    c.matrix([L64, THUMB], ["check"])
    c.truth(
        "alloc has no Arc without compare-and-swap",
        "project",
        "Arc",
        [THUMB],
        [L64],
        package=p,
        also=["configured_out", "item_absent_on_platform"],
    )
