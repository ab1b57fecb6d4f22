"""Source and cfg: what is there, or means something else, on some platforms alone."""
from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# configured_out ---------------------------------------------------------------------------------------------------
@cases("configured_out", "own-module-os")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"pub mod {m};\nuse crate::{m}::{f};\n\n{c.n.filler()}\npub fn {c.n.fn()}() -> u32 {{\n    {f}() + 1\n}}\n",
              **{f"src__{m}_rs": f"{c.n.filler(1)}\n#[cfg(target_os = \"linux\")]\npub fn {f}() -> u32 {{\n    17\n}}\n"})
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth("an item of a module of the crate itself, gated by target_os", "project", f"{m}::{f}", [FBSD, MAC], [L64], package=p)


@cases("configured_out", "path-dependency-os")
def _(c):
    dep, m, f = c.n.crate(), c.n.fn(), c.n.fn()
    c.pkg(f"libs/{dep}", name=dep, lib=f"{c.n.filler()}\n#[cfg(windows)]\npub mod {m} {{\n    pub fn {f}() -> u8 {{\n        3\n    }}\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "libs/{dep}" }}', main=f"fn main() {{\n    let x = {ident(dep)}::{m}::{f}();\n    println!(\"{{x}}\");\n}}\n")
    c.matrix([L64, WIN], ["check"])
    c.truth("a module of a dependency by path, gated by windows, used by a binary", "project", f"{ident(dep)}::{m}", [L64], [WIN], package=p,
            near=["dependency_not_declared"])


@cases("configured_out", "feature-of-dependency")
def _(c):
    dep, ty, feat = c.n.crate(), c.n.ty(), c.n.word()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"#[cfg(feature = \"{feat}\")]\npub struct {ty};\n{c.n.filler()}")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"use {ident(dep)}::{ty};\npub fn {c.n.fn()}(_: {ty}) {{}}\n")
    c.matrix([L64, ILL], ["check"])
    c.truth("a type of a dependency behind a feature that nothing turns on", "project", f"{ident(dep)}::{ty}", [L64, ILL], package=p,
            also=["dependency_feature_missing"])


@cases("configured_out", "own-feature")
def _(c):
    f, feat = c.n.fn(), c.n.word()
    p = c.pkg(extra=f"[features]\ndefault = [\"{feat}\"]\n{feat} = []",
              lib=f"#[cfg(feature = \"{feat}\")]\nfn {f}(x: u32) -> u32 {{\n    x\n}}\n\npub fn {c.n.fn()}() -> u32 {{\n    {f}(4)\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nvariant:\n  full: {{}}\n  bare: {{scope: --no-default-features}}")
    ids = [f"{L64}/full", f"{L64}/bare"]
    c.truth("an item behind a feature of the package itself, without default features", "project", f, [], [], package=p,
            cells={"failing": ids[1:], "passing": ids[:1]}, also=["feature_combination"])


@cases("configured_out", "call-by-arch")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"{c.n.filler()}\n#[cfg(target_arch = \"x86_64\")]\nfn {f}(n: usize) -> usize {{\n    n << 1\n}}\n\n"
              f"pub fn {c.n.fn()}(n: usize) -> usize {{\n    {f}(n)\n}}\n")
    c.matrix([L64, L32, S390, MAC], ["check"])
    c.truth("a function of the same file, gated by target_arch, called without a path", "project", f, [L32, S390, MAC], [L64], package=p,
            near=["no_body_for_platform"])


@cases("configured_out", "module-by-width")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"#[cfg(target_pointer_width = \"64\")]\nmod {m} {{\n    pub fn {f}() -> u64 {{\n        9\n    }}\n}}\n\n"
              f"pub fn {c.n.fn()}() -> u64 {{\n    {m}::{f}()\n}}\n")
    c.matrix([L64, L32, FBSD32], ["check"])
    c.truth("a private module, gated by pointer width, used by path; rustc only offers `cargo add`", "project", m, [L32, FBSD32], [L64], package=p,
            near=["dependency_not_declared"])


@cases("configured_out", "method-by-endian")
def _(c):
    ty, f = c.n.ty(), c.n.fn()
    p = c.pkg(lib=f"pub struct {ty}(pub [u8; 4]);\n\nimpl {ty} {{\n    #[cfg(target_endian = \"little\")]\n    pub fn {f}(&self) -> u32 {{\n"
              f"        u32::from_ne_bytes(self.0)\n    }}\n}}\n\npub fn {c.n.fn()}(x: &{ty}) -> u32 {{\n    x.{f}()\n}}\n")
    c.matrix([L64, S390], ["check"])
    c.truth("a method gated by endianness", "project", f, [S390], [L64], package=p)


@cases("configured_out", "struct-field")
def _(c):
    ty, a, b = c.n.ty(), c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"pub struct {ty} {{\n    pub {a}: u32,\n    #[cfg(unix)]\n    pub {b}: u32,\n}}\n\n"
              f"pub fn {c.n.fn()}() -> {ty} {{\n    {ty} {{ {a}: 1, {b}: 2 }}\n}}\n")
    c.matrix([L64, WIN, WASM], ["check"])
    c.truth("a field of a struct, gated by unix", "project", f"{ty}::{b}", [WIN, WASM], [L64], package=p)


@cases("configured_out", "enum-variant")
def _(c):
    ty, a, b = c.n.ty(), c.n.ty(), c.n.ty()
    p = c.pkg(lib=f"pub enum {ty} {{\n    {a},\n    #[cfg(not(target_os = \"macos\"))]\n    {b},\n}}\n",
              main=f"use IDENT::{ty};\nfn main() {{\n    let x = {ty}::{b};\n    if let {ty}::{a} = x {{\n        println!(\"a\");\n    }}\n}}\n")
    c.files["src/main.rs"] = c.files["src/main.rs"].replace("IDENT", ident(p))
    c.matrix([L64, MAC, FBSD], ["check"])
    c.truth("a variant of an enum of the library, used by the binary of the package", "project", f"{ty}::{b}", [MAC], [L64, FBSD], package=p)


@cases("configured_out", "macro")
def _(c):
    mac = c.n.fn()
    p = c.pkg(lib=f"#[cfg(target_env = \"gnu\")]\nmacro_rules! {mac} {{\n    ($x:expr) => {{\n        $x + 1\n    }};\n}}\n\n"
              f"pub fn {c.n.fn()}() -> u32 {{\n    {mac}!(3)\n}}\n")
    c.matrix([L64, MUSL, FBSD], ["check"])
    c.truth("a macro_rules macro, gated by target_env", "project", mac, [MUSL, FBSD], [L64], package=p)


@cases("configured_out", "integration-test")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"{c.n.filler(1)}\n#[cfg(not(target_arch = \"x86\"))]\npub fn {f}() -> u8 {{\n    2\n}}\n")
    c.file("tests/outside.rs", f"#[test]\nfn {c.n.fn()}() {{\n    assert_eq!({ident(p)}::{f}(), 2);\n}}\n")
    c.matrix([L64, L32], ["check", "test-no-run"])
    c.truth("an integration test uses an item that is gated by target_arch", "project", f"{ident(p)}::{f}", [L32], [L64], stage="test-no-run", package=p,
            near=["test_build_only"])


@cases("configured_out", "made-by-macro")
def _(c):
    mac, m, f = c.n.fn(), c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"macro_rules! {mac} {{\n    ($($item:item)*) => {{\n        $(\n            #[cfg(all(unix, not(target_os = \"illumos\")))]\n"
              f"            $item\n        )*\n    }};\n}}\n\n{mac}! {{\n    pub mod {m} {{\n        pub fn {f}() {{}}\n    }}\n}}\n\npub use {m}::{f};\n")
    c.matrix([L64, ILL, WIN], ["check"])
    c.truth("an item whose cfg is written by a macro around it", "project", m, [ILL, WIN], [L64], package=p)


@cases("configured_out", "whole-file")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"pub mod {m};\npub fn {c.n.fn()}() -> i32 {{\n    {m}::{f}()\n}}\n",
              **{f"src__{m}_rs": f"//! {c.n.word()}\n#![cfg(any(target_os = \"linux\", target_os = \"android\"))]\n\npub fn {f}() -> i32 {{\n    0\n}}\n"})
    c.matrix([L64, NBSD], ["check"])
    c.truth("the file of a module begins with #![cfg]", "project", f"{m}::{f}", [NBSD], [L64], package=p, near=["dependency_not_declared"])


@cases("configured_out", "many-errors-follow")
def _(c):
    sys, a, b, ty, f, g = c.n.crate(), c.n.crate(), c.n.crate(), c.n.ty(), c.n.fn(), c.n.fn()
    c.pkg(sys, name=sys, lib=f"#[cfg(unix)]\nmod handle {{\n    pub struct {ty}(pub i32);\n    pub fn {f}() -> {ty} {{\n        {ty}(3)\n    }}\n}}\nuse handle::{{{f}, {ty}}};\n\npub struct {c.n.ty()} {{\n    pub inner: {ty},\n}}\n"
          f"pub fn {g}() -> {ty} {{\n    let x: {ty} = {f}();\n    let y = handle::{f}();\n    {ty}(x.0 + y.0)\n}}\n")
    c.pkg(a, name=a, deps=f'{sys} = {{ path = "../{sys}" }}', lib=f"pub use {ident(sys)}::{g};\n")
    c.pkg(b, name=b, lib=c.n.filler())
    c.workspace([sys, a, b])
    c.matrix([L64, WIN, WASM], ["check"], scope="--workspace")
    c.truth("one module is off, several errors follow, and another member of the workspace is blocked", "project", "handle", [WIN, WASM], [L64], package=sys, near=["dependency_not_declared"])


@cases("configured_out", "other-rustc")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"mod {m} {{\n    #[cfg(any(target_os = \"macos\", target_os = \"ios\"))]\n    pub(super) fn {f}() -> i64 {{\n        -1\n    }}\n}}\n\npub fn {c.n.fn()}() -> i64 {{\n    {m}::{f}()\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\ntoolchain: [stable, nightly]")
    c.truth("any() of two systems, said by rustc 1.95 and by a nightly", "project", f"{m}::{f}", [], [], package=p, cells={"failing": [f"{L64}/stable", f"{L64}/nightly"], "passing": []})


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
    c.truth("Cargo.lock names a version from before the function was added", "project", f"{ident(dep)}::{f}", [L64, MAC], package=p,
            near=["configured_out"])


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
    c.truth("the only version in reach no longer has the type", "project", f"{ident(dep)}::{m}::{ty}", [L64, FBSD], package=p, also=["lock_drift"])


@cases("item_absent_in_version", "method-minimal-versions")
def _(c):
    ty, f = c.n.ty(), c.n.fn()
    dep = two_versions(c, "2.0.0", "2.3.0", f"pub struct {ty};\n{c.n.filler(1)}",
                       f"pub struct {ty};\nimpl {ty} {{\n    pub fn {f}(&self) -> u8 {{\n        5\n    }}\n}}\n")
    p = c.pkg(deps=f'{dep} = "2"', lib=f"pub fn {c.n.fn()}(x: &{ident(dep)}::{ty}) -> u8 {{\n    x.{f}()\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nversions:\n  newest: {{lockfile: latest}}\n  oldest: {{lockfile: minimal}}")
    c.truth("the manifest asks for less than the code needs: the oldest version lacks the method", "project", f, [], [], package=p,
            cells={"failing": [f"{L64}/oldest"], "passing": [f"{L64}/newest"]})


@cases("item_absent_in_version", "pinned-field")
def _(c):
    ty, a, b = c.n.ty(), c.n.fn(), c.n.fn()
    dep = two_versions(c, "0.2.1", "0.2.6", f"#[derive(Default)]\npub struct {ty} {{\n    pub {a}: u8,\n}}\n",
                       f"#[derive(Default)]\npub struct {ty} {{\n    pub {a}: u8,\n    pub {b}: u8,\n}}\n")
    p = c.pkg(deps=f'{dep} = "=0.2.1"', main=f"fn main() {{\n    let x = {ident(dep)}::{ty}::default();\n    println!(\"{{}}\", x.{b});\n}}\n")
    c.matrix([L64, S390], ["check"])
    c.truth("pinned to a version whose struct lacks the field", "project", f"{ty}::{b}", [L64, S390], package=p)


@cases("item_absent_in_version", "of-real-crate")
def _(c):
    p = c.pkg(deps='memchr = "=2.7.4"', lib=f"pub fn {c.n.fn()}(h: &[u8]) -> bool {{\n    memchr::memmem::contains(h, b\"{c.n.word()}\")\n}}\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth("a function that a real crate does not have in this version", "project", "memchr::memmem::contains", [L64, FBSD], package=p)


@cases("item_absent_in_version", "wasmtime-fiber")
def _(c):
    c.matrix_of_crate("wasmtime-fiber", "11.0.1", [L64, L32, FBSD, FBSD32], ["check"])
    c.truth("a published crate imports, on x86 alone, what the crate beside it does not have", "project", "wasmtime_asm_macros::asm_sym", [L32, FBSD32], [L64, FBSD],
            package="wasmtime-fiber", near=["configured_out"])


# item_absent_on_platform ---------------------------------------------------------------------------------------------
@cases("item_absent_on_platform", "libc-epoll")
def _(c):
    p = c.pkg(deps='libc = "0.2"', lib=f"pub fn {c.n.fn()}() -> i32 {{\n    unsafe {{ libc::epoll_create1(0) }}\n}}\n{c.n.filler()}")
    c.matrix([L64, S390, FBSD, MAC], ["check"])
    c.truth("a function of libc that other systems do not have", "project", "libc::epoll_create1", [FBSD, MAC], [L64, S390], package=p,
            near=["item_absent_in_version"])


@cases("item_absent_on_platform", "libc-import-constant")
def _(c):
    p = c.pkg(deps='libc = "0.2"', lib=f"use libc::{{c_int, SOCK_CLOEXEC, SOCK_STREAM}};\npub const {c.n.const()}: c_int = SOCK_STREAM | SOCK_CLOEXEC;\n")
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth("a constant of libc, imported by `use`, that macOS lacks", "project", "libc::SOCK_CLOEXEC", [MAC], [L64, FBSD], package=p)


@cases("item_absent_on_platform", "syscall-number-by-arch")
def _(c):
    p = c.pkg(deps='libc = "0.2"', main="fn main() {\n    let x = unsafe { libc::syscall(libc::SYS_epoll_create, 1) };\n    println!(\"{x}\");\n}\n")
    c.matrix([L64, L32, A64, RV], ["check"])
    c.truth("a system call that newer Linux architectures never had", "project", "libc::SYS_epoll_create", [A64, RV], [L64, L32], package=p)


@cases("item_absent_on_platform", "std-os-extension")
def _(c):
    p = c.pkg(lib=f"use std::os::linux::fs::MetadataExt;\npub fn {c.n.fn()}(m: &std::fs::Metadata) -> u64 {{\n    m.st_ino()\n}}\n")
    c.matrix([L64, A64, FBSD, WIN], ["check"])
    c.truth("std's extension for Linux used on other systems", "project", "std::os::linux", [FBSD, WIN], [L64, A64], package=p,
            also=["configured_out"])


@cases("item_absent_on_platform", "std-unix-method-on-windows")
def _(c):
    p = c.pkg(lib=f"use std::fs::Permissions;\nuse std::os::unix::fs::PermissionsExt;\npub fn {c.n.fn()}() -> Permissions {{\n    Permissions::from_mode(0o640)\n}}\n")
    c.matrix([L64, FBSD, WIN, WASM], ["check"])
    c.truth("std::os::unix on systems that are no unix", "project", "std::os::unix", [WIN, WASM], [L64, FBSD], package=p, also=["configured_out"])


@cases("item_absent_on_platform", "libc-type-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, deps='libc = "0.2"', lib=f"pub fn {c.n.fn()}() -> usize {{\n    std::mem::size_of::<libc::signalfd_siginfo>()\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)}::*;\n")
    c.matrix([L64, MAC, NBSD], ["check"], scope=f"-p {p}")
    c.truth("a type of libc that only Linux has, used by a dependency by path", "dependency", "libc::signalfd_siginfo", [MAC, NBSD], [L64], package=dep)


# no_body_for_platform ------------------------------------------------------------------------------------------------
@cases("no_body_for_platform", "functions-by-os")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"#[cfg(target_os = \"linux\")]\nfn {f}() -> &'static str {{\n    \"l\"\n}}\n\n#[cfg(target_os = \"macos\")]\nfn {f}() -> &'static str {{\n"
              f"    \"m\"\n}}\n\n#[cfg(windows)]\nfn {f}() -> &'static str {{\n    \"w\"\n}}\n\npub fn {c.n.fn()}() -> usize {{\n    {f}().len()\n}}\n")
    c.matrix([L64, MAC, WIN, FBSD, NBSD], ["check"])
    c.truth("a function with bodies for three systems and none for the rest", "project", f, [FBSD, NBSD], [L64, MAC, WIN], package=p, near=["configured_out"])


@cases("no_body_for_platform", "modules-by-family")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"#[cfg(unix)]\n#[path = \"on_unix.rs\"]\nmod {m};\n#[cfg(windows)]\n#[path = \"on_windows.rs\"]\nmod {m};\n\npub use {m}::{f};\n",
              src__on_unix_rs=f"pub fn {f}() -> u8 {{\n    1\n}}\n", src__on_windows_rs=f"pub fn {f}() -> u8 {{\n    2\n}}\n")
    c.matrix([L64, WIN, WASM], ["check"])
    c.truth("two files for one module, by family, and a third family", "project", m, [WASM], [L64, WIN], package=p,
            near=["configured_out", "dependency_not_declared"])


@cases("no_body_for_platform", "tail-of-function")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"pub fn {f}() -> u32 {{\n    #[cfg(target_arch = \"x86_64\")]\n    {{\n        64\n    }}\n    #[cfg(target_arch = \"aarch64\")]\n    {{\n        128\n    }}\n}}\n{c.n.filler()}")
    c.matrix([L64, A64, S390, RV], ["check"])
    c.truth("every cfg block of a function's body is off: it returns ()", "project", f, [S390, RV], [L64, A64], package=p, near=["platform_type_differs"])


@cases("no_body_for_platform", "let-by-width")
def _(c):
    x = c.n.fn()
    p = c.pkg(lib=f"pub fn {c.n.fn()}() -> u64 {{\n    #[cfg(target_endian = \"little\")]\n    let {x} = 1u64;\n    #[cfg(all(target_endian = \"big\", target_pointer_width = \"32\"))]\n"
              f"    let {x} = 2u64;\n    {x} * 3\n}}\n")
    c.matrix([L64, PPC, S390], ["check"])
    c.truth("a variable bound under two cfgs that do not cover 64-bit big-endian", "project", x, [S390], [L64, PPC], package=p, near=["configured_out"])


@cases("no_body_for_platform", "cfg-attr-path")
def _(c):
    m = c.n.fn()
    p = c.pkg(lib=f"#[cfg_attr(unix, path = \"{m}_u.rs\")]\n#[cfg_attr(windows, path = \"{m}_w.rs\")]\npub mod {m};\n",
              **{f"src__{m}_u_rs": c.n.filler(1), f"src__{m}_w_rs": c.n.filler(1)})
    c.matrix([L64, WIN, WASM], ["check"])
    c.truth("cfg_attr(path) for two families; the third has no file", "project", m, [WASM], [L64, WIN], package=p, near=["package_incomplete"])


@cases("no_body_for_platform", "trait-method")
def _(c):
    tr, ty, f = c.n.ty(), c.n.ty(), c.n.fn()
    p = c.pkg(lib=f"pub trait {tr} {{\n    fn {f}(&self) -> u8;\n}}\npub struct {ty};\nimpl {tr} for {ty} {{\n    #[cfg(target_os = \"linux\")]\n    fn {f}(&self) -> u8 {{\n        1\n    }}\n"
              f"    #[cfg(target_os = \"freebsd\")]\n    fn {f}(&self) -> u8 {{\n        2\n    }}\n}}\n")
    c.matrix([L64, FBSD, ILL], ["check"])
    c.truth("a required method has bodies for two systems", "project", f, [ILL], [L64, FBSD], package=p, near=["configured_out"])


@cases("no_body_for_platform", "constant-in-dependency")
def _(c):
    dep, k = c.n.crate(), c.n.const()
    c.pkg(dep, name=dep, lib="".join(f"#[cfg(target_arch = \"{a}\")]\npub const {k}: usize = {v};\n" for a, v in (("x86_64", 64), ("x86", 64), ("arm", 32))))
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub static {c.n.const()}: [u8; {ident(dep)}::{k}] = [0; {ident(dep)}::{k}];\n")
    c.matrix([L64, L32, PPC64, A64], ["check"])
    c.truth("a constant of a dependency that is defined for three architectures", "dependency", f"{ident(dep)}::{k}", [PPC64, A64], [L64, L32], package=p,
            near=["configured_out"])


# cfg_macro_for_attribute -----------------------------------------------------------------------------------------------
@cases("cfg_macro_for_attribute", "call-of-gated")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"#[cfg(target_os = \"linux\")]\nfn {f}() -> u32 {{\n    5\n}}\n\npub fn {c.n.fn()}() -> u32 {{\n    if cfg!(target_os = \"linux\") {{\n        {f}()\n    }} else {{\n        0\n    }}\n}}\n")
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth("a gated function called below if cfg!() with the same predicate", "project", f, [FBSD, MAC], [L64], package=p, near=["configured_out"])


@cases("cfg_macro_for_attribute", "std-of-windows")
def _(c):
    p = c.pkg(lib=f"use std::ffi::OsStr;\npub fn {c.n.fn()}(s: &OsStr) -> usize {{\n    if cfg!(windows) {{\n        use std::os::windows::ffi::OsStrExt;\n        s.encode_wide().count()\n    }} else {{\n        s.len()\n    }}\n}}\n")
    c.matrix([L64, MAC, WIN], ["check"])
    c.truth("std::os::windows below if cfg!(windows)", "project", "std::os::windows", [L64, MAC], [WIN], package=p, near=["item_absent_on_platform"])


@cases("cfg_macro_for_attribute", "libc-in-match")
def _(c):
    p = c.pkg(deps='libc = "0.2"', lib=f"pub fn {c.n.fn()}() -> i32 {{\n    match cfg!(target_os = \"freebsd\") {{\n        true => unsafe {{ libc::kqueue() }},\n        false => -1,\n    }}\n}}\n")
    c.matrix([FBSD, MAC, L64, A64], ["check"])
    c.truth("match cfg!() around a function of libc", "project", "libc::kqueue", [L64, A64], [FBSD, MAC], package=p, near=["item_absent_on_platform"])


@cases("cfg_macro_for_attribute", "and-in-condition")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"#[cfg(target_arch = \"aarch64\")]\nmod {m} {{\n    pub fn {f}() -> bool {{\n        true\n    }}\n}}\n\npub fn {c.n.fn()}() -> bool {{\n    cfg!(target_arch = \"aarch64\") && {m}::{f}()\n}}\n")
    c.matrix([A64, MAC, L64, RV], ["check"])
    c.truth("cfg!() && call", "project", f"{m}::{f}", [L64, RV], [A64, MAC], package=p, near=["configured_out", "dependency_not_declared"])


# unknown_cfg -----------------------------------------------------------------------------------------------------------
@cases("unknown_cfg", "denied-name")
def _(c):
    cfg = c.n.fn()
    p = c.pkg(lib=f"#![deny(warnings)]\n\n{c.n.filler()}\n#[cfg({cfg})]\npub fn {c.n.fn()}() {{}}\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("a cfg that nothing sets, under deny(warnings)", "project", cfg, [L64, MAC], package=p, near=["lint_everywhere"])


@cases("unknown_cfg", "value-of-target-os")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"#[cfg(any(target_os = \"linux\", target_os = \"darwin\"))]\npub fn {f}() -> u8 {{\n    1\n}}\n\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("target_os = \"darwin\": no target has that value", "project", "target_os = \"darwin\"", [MAC], [L64], package=p, also=["configured_out"])


@cases("unknown_cfg", "feature-not-declared")
def _(c):
    f, feat, real = c.n.fn(), c.n.word(), c.n.word()
    p = c.pkg(extra=f"[features]\ndefault = [\"{real}\"]\n{real} = []", lib=f"#[cfg(feature = \"{feat}\")]\nfn {f}() -> u8 {{\n    1\n}}\n\n"
              f"#[cfg(feature = \"{real}\")]\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth("an item behind a feature that the manifest does not declare", "project", feat, [L64, FBSD], package=p, also=["configured_out"])


@cases("unknown_cfg", "build-script-cfg-denied")
def _(c):
    cfg = c.n.fn()
    p = c.pkg(package='build = "build.rs"\n', extra="[lints.rust]\nunexpected_cfgs = \"deny\"", build_rs=f"fn main() {{\n    println!(\"cargo:rustc-cfg={cfg}\");\n}}\n",
              lib=f"#[cfg({cfg})]\npub fn {c.n.fn()}() -> u8 {{\n    1\n}}\n")
    c.matrix([L64, WIN], ["check"])
    c.truth("set by the build script, but not declared with check-cfg, and the lint is denied in the manifest", "project", cfg, [L64, WIN], package=p,
            near=["lint_everywhere"])


# dependency_not_declared ---------------------------------------------------------------------------------------------
def by_path(c, lib, name=None):
    dep = name or c.n.crate()
    kept = c.name
    c.pkg(dep, name=dep, lib=lib)
    c.name = kept
    return dep


@cases("dependency_not_declared", "for-windows-alone")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(extra=f"[target.'cfg(windows)'.dependencies]\n{dep} = {{ path = \"{dep}\" }}", lib=f"use {ident(dep)}::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n")
    c.matrix([L64, FBSD, WIN], ["check"])
    c.truth("declared for cfg(windows), used everywhere", "project", dep, [L64, FBSD], [WIN], package=p)


@cases("dependency_not_declared", "linux-declared-unix-used")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(extra=f"[target.'cfg(target_os = \"linux\")'.dependencies]\n{dep} = {{ path = \"{dep}\" }}",
              lib=f"#[cfg(unix)]\npub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.matrix([L64, S390, WIN, FBSD, MAC], ["check"])
    c.truth("declared for target_os = linux, used under cfg(unix), by path in an expression", "project", dep, [FBSD, MAC], [L64, S390, WIN], package=p)


@cases("dependency_not_declared", "not-at-all")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    p = c.pkg(lib=f"use {ident(dep)}::{f};\npub fn {c.n.fn()}() {{\n    {f}();\n}}\n{c.n.filler()}")
    c.matrix([L64, RV], ["check"])
    c.truth("in no manifest at all", "project", ident(dep), [L64, RV], package=p, near=["configured_out"])


@cases("dependency_not_declared", "extern-crate-by-arch")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(edition="2015", extra=f"[target.'cfg(target_arch = \"x86_64\")'.dependencies]\n{dep} = {{ path = \"{dep}\" }}",
              lib=f"extern crate {ident(dep)};\npub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.matrix([L64, FBSD, L32, A64], ["check"])
    c.truth("extern crate of edition 2015, declared for one architecture", "project", dep, [L32, A64], [L64, FBSD], package=p, near=["std_missing"])


@cases("dependency_not_declared", "in-build-script")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(package='build = "build.rs"\n', deps=f'{dep} = {{ path = "{dep}" }}', build_rs=f"fn main() {{\n    println!(\"cargo:rustc-env=A={{}}\", {ident(dep)}::{f}());\n}}\n",
              lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth("the build script uses what is no build-dependency", "project", dep, [L64, FBSD], package=p, near=["build_script_failed"])


@cases("dependency_not_declared", "renamed")
def _(c):
    f, alias = c.n.fn(), c.n.word()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(deps=f'{alias} = {{ path = "{dep}", package = "{dep}" }}', lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("declared under another name (package =), used under its own", "project", ident(dep), [L64, MAC], package=p)


@cases("dependency_not_declared", "dev-dependency-used-by-library")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(extra=f"[dev-dependencies]\n{dep} = {{ path = \"{dep}\" }}", lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.matrix([L64], ["check", "test-no-run"])
    c.truth("a dev-dependency used outside cfg(test): check fails alone", "project", dep, [L64], package=p)


@cases("dependency_not_declared", "macro-of-optional")
def _(c):
    mac = c.n.fn()
    dep = by_path(c, f"#[macro_export]\nmacro_rules! {mac} {{\n    () => {{\n        7\n    }};\n}}\n")
    p = c.pkg(extra=f"[dependencies.{dep}]\npath = \"{dep}\"\noptional = true\n\n[features]\nfast = [\"dep:{dep}\"]",
              lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{mac}!()\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{FBSD}]\nvariant:\n  fast: {{features: [fast]}}\n  plain: {{}}")
    c.truth("optional, its macro used without the feature", "project", dep, [], [], package=p,
            cells={"failing": [f"{FBSD}/plain"], "passing": [f"{FBSD}/fast"]}, also=["feature_combination"])


@cases("dependency_not_declared", "wasmtime-jit-icache-coherence")
def _(c):
    c.matrix_of_crate("wasmtime-jit-icache-coherence", "2.0.0", [L64, FBSD, MAC], ["check"])
    c.truth("a published crate declares libc for two systems and uses it on a third", "project", "libc", [FBSD], [L64, MAC], package="wasmtime-jit-icache-coherence")


@cases("dependency_not_declared", "other-rustc")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub mod deep {{\n    pub fn {f}() -> u8 {{\n        1\n    }}\n}}\n")
    p = c.pkg(extra=f"[target.'cfg(target_os = \"freebsd\")'.dependencies]\n{dep} = {{ path = \"{dep}\" }}", lib=f"use {ident(dep)}::deep::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\ntoolchain: [stable, nightly]")
    c.truth("declared for FreeBSD, said by rustc 1.95 and by a nightly", "project", dep, [], [], package=p, cells={"failing": [f"{L64}/stable", f"{L64}/nightly"], "passing": []})


# dependency_feature_missing ------------------------------------------------------------------------------------------
@cases("dependency_feature_missing", "feature-for-unix-alone")
def _(c):
    feat, f = c.n.word(), c.n.fn()
    dep = c.n.crate()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"#[cfg(feature = \"{feat}\")]\npub fn {f}() -> u8 {{\n    1\n}}\n{c.n.filler()}")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', extra=f"[target.'cfg(unix)'.dependencies]\n{dep} = {{ path = \"{dep}\", features = [\"{feat}\"] }}",
              lib=f"use {ident(dep)}::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n")
    c.matrix([L64, MAC, WIN, WASM], ["check"])
    c.truth("the feature is asked for under cfg(unix) only", "project", f"{dep}/{feat}", [WIN, WASM], [L64, MAC], package=p, also=["configured_out"])


@cases("dependency_feature_missing", "feature-by-arch-method")
def _(c):
    feat, f, ty = c.n.word(), c.n.fn(), c.n.ty()
    dep = c.n.crate()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"pub struct {ty};\nimpl {ty} {{\n    #[cfg(feature = \"{feat}\")]\n    pub fn {f}(&self) -> u8 {{\n        1\n    }}\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', extra=f"[target.'cfg(target_arch = \"x86_64\")'.dependencies]\n{dep} = {{ path = \"{dep}\", features = [\"{feat}\"] }}",
              lib=f"pub fn {c.n.fn()}(x: &{ident(dep)}::{ty}) -> u8 {{\n    x.{f}()\n}}\n")
    c.matrix([L64, FBSD, A64, S390], ["check"])
    c.truth("asked for on one architecture; a method is missing elsewhere", "project", f"{dep}/{feat}", [A64, S390], [L64, FBSD], package=p, also=["configured_out"])


@cases("dependency_feature_missing", "feature-has-no-effect-here")
def _(c):
    feat, m, f = c.n.word(), c.n.fn(), c.n.fn()
    dep = c.n.crate()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"#[cfg(all(feature = \"{feat}\", target_os = \"linux\"))]\npub mod {m} {{\n    pub fn {f}() -> u8 {{\n        1\n    }}\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)}::{m}::{f};\n")
    c.matrix([L64, PPC64, FBSD, ILL], ["check"])
    c.truth("the feature is on, but the dependency has it for Linux alone", "project", f"{dep}/{feat}", [FBSD, ILL], [L64, PPC64], package=p, also=["configured_out"])


@cases("dependency_feature_missing", "impl-of-trait")
def _(c):
    ty, tr = c.n.ty(), c.n.ty()
    dep = c.n.crate()
    feat = c.n.word()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"pub trait {tr} {{}}\npub struct {ty};\n#[cfg(feature = \"{feat}\")]\nimpl {tr} for {ty} {{}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', extra=f"[target.'cfg(not(target_os = \"macos\"))'.dependencies]\n{dep} = {{ path = \"{dep}\", features = [\"{feat}\"] }}",
              lib=f"use {ident(dep)}::{{{tr}, {ty}}};\nfn take<T: {tr}>(_: T) {{}}\npub fn {c.n.fn()}() {{\n    take({ty})\n}}\n")
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth("the feature adds an impl and is not asked for on macOS", "project", f"{dep}/{feat}", [MAC], [L64, FBSD], package=p, near=["configured_out"])


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
    p = c.pkg(lib=f"use std::ffi::c_long;\nextern \"C\" {{\n    fn {f}(x: c_long) -> c_long;\n}}\npub fn {c.n.fn()}(x: i64) -> i64 {{\n    unsafe {{ {f}(x) }}\n}}\n")
    c.matrix([L64, MAC, L32, WIN], ["check"])
    c.truth("i64 written for c_long", "project", "c_long", [L32, WIN], [L64, MAC], package=p)


@cases("platform_type_differs", "time-t")
def _(c):
    p = c.pkg(deps='libc = "0.2"', main="fn main() {\n    let now: i64 = unsafe { libc::time(std::ptr::null_mut()) };\n    println!(\"{now}\");\n}\n")
    c.matrix([L64, FBSD, L32, FBSD32, ARM], ["check"])
    c.truth("i64 written for time_t", "project", "time_t", [L32, FBSD32, ARM], [L64, FBSD], package=p)


@cases("platform_type_differs", "ioctl-request")
def _(c):
    p = c.pkg(deps='libc = "0.2"', lib=f"pub fn {c.n.fn()}(fd: i32, request: u64, n: &mut i32) -> i32 {{\n    unsafe {{ libc::ioctl(fd, request, n as *mut i32) }}\n}}\n")
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
    p = c.pkg(lib=f"pub trait {tr} {{\n    fn {f}(self) -> u8;\n}}\nimpl {tr} for i8 {{\n    fn {f}(self) -> u8 {{\n        self as u8\n    }}\n}}\npub fn {c.n.fn()}(x: std::ffi::c_char) -> u8 {{\n    {tr}::{f}(x)\n}}\n")
    c.matrix([L64, RV, ARM], ["check"])
    c.truth("a trait implemented for i8, used with c_char", "project", "c_char", [RV, ARM], [L64], package=p)


@cases("platform_type_differs", "mode-t")
def _(c):
    p = c.pkg(deps='libc = "0.2"', lib=f"pub fn {c.n.fn()}(st: &libc::stat) -> bool {{\n    let kind: u32 = st.st_mode & libc::S_IFMT;\n    kind == libc::S_IFDIR\n}}\n")
    c.matrix([L64, RV, MAC, FBSD], ["check"])
    c.truth("u32 written for mode_t", "project", "mode_t", [MAC, FBSD], [L64, RV], package=p)


@cases("platform_type_differs", "in-the-middle-of-a-workspace")
def _(c):
    low, mid, top, f, g = c.n.crate(), c.n.crate(), c.n.crate(), c.n.fn(), c.n.fn()
    c.pkg(f"crates/{low}", name=low, lib=f"extern \"C\" {{\n    pub fn strlen(s: *const std::ffi::c_char) -> usize;\n}}\n{c.n.filler(1)}")
    c.pkg(f"crates/{mid}", name=mid, deps=f'{low} = {{ path = "../{low}" }}', lib=f"pub fn {f}(bytes: &[i8]) -> usize {{\n    unsafe {{ {ident(low)}::strlen(bytes.as_ptr()) }}\n}}\n")
    c.pkg(f"crates/{top}", name=top, deps=f'{mid} = {{ path = "../{mid}" }}', main=f"fn main() {{\n    println!(\"{{}}\", {ident(mid)}::{f}(&[65, 0]));\n}}\n")
    c.workspace([f"crates/{x}" for x in (low, mid, top)])
    c.matrix([L64, WIN, A64, PPC64], ["check"], scope="--workspace")
    c.truth("i8 for c_char in a member that another one needs", "project", "c_char", [A64, PPC64], [L64, WIN], package=mid)


# layout_differs ------------------------------------------------------------------------------------------------------
@cases("layout_differs", "size-assert")
def _(c):
    ty = c.n.ty()
    p = c.pkg(lib=f"#[repr(C)]\npub struct {ty} {{\n    pub a: usize,\n    pub b: u32,\n}}\nconst _: () = assert!(std::mem::size_of::<{ty}>() == 16);\n")
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
    c.truth("a literal that does not fit into a 32-bit usize", "project", k, [L32, FBSD32], [L64], package=p, near=["lint_on_platform"])


@cases("layout_differs", "align-of-u64")
def _(c):
    p = c.pkg(lib=f"const {c.n.const()}: [(); 8] = [(); std::mem::align_of::<u64>()];\n{c.n.filler()}")
    c.matrix([L64, ARM, L32], ["check"])
    c.truth("the alignment of u64 is 4 on i686, in an array's length", "project", "u64", [L32], [L64, ARM], package=p, near=["platform_type_differs"])


@cases("layout_differs", "shift")
def _(c):
    k, f = c.n.const(), c.n.fn()
    p = c.pkg(main=f"const {k}: u32 = 36;\nfn main() {{\n    let {f} = 1usize << {k};\n    println!(\"{{{f}}}\");\n}}\n")
    c.matrix([L64, A64, L32, ARM], ["check", "build"])
    c.truth("a shift by more than usize has bits, found by the lint arithmetic_overflow", "project", "usize", [L32, ARM], [L64, A64], stage="build", package=p,
            near=["lint_on_platform"])


@cases("layout_differs", "too-big-for-the-space")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f"pub static {k}: [u64; 1 << 28] = [0; 1 << 28];\n")
    c.matrix([L64, L32], ["check"])
    c.truth("a static of 2 GiB", "project", k, [L32], [L64], package=p)


# atomics_missing -----------------------------------------------------------------------------------------------------
@cases("atomics_missing", "u64-import")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f"use std::sync::atomic::{{AtomicU64, Ordering}};\nstatic {k}: AtomicU64 = AtomicU64::new(0);\npub fn {c.n.fn()}() -> u64 {{\n    {k}.fetch_add(1, Ordering::Relaxed)\n}}\n")
    c.matrix([L64, ARM, PPC], ["check"])
    c.truth("AtomicU64 where 64-bit atomics are missing", "project", "AtomicU64", [PPC], [L64, ARM], package=p, also=["configured_out", "item_absent_on_platform"])


@cases("atomics_missing", "i64-path-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, lib=f"#[derive(Default)]\npub struct {c.n.ty()}(std::sync::atomic::AtomicI64);\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, S390, PPC], ["check"])
    c.truth("a dependency by path uses AtomicI64 by its path", "dependency", "AtomicI64", [PPC], [L64, S390], package=dep, also=["configured_out", "item_absent_on_platform"])


@cases("atomics_missing", "no-compare-and-swap")
def _(c):
    k = c.n.const()
    p = c.pkg(lib=f"#![no_std]\nuse core::sync::atomic::{{AtomicU32, Ordering}};\npub static {k}: AtomicU32 = AtomicU32::new(0);\npub fn {c.n.fn()}() -> u32 {{\n    {k}.fetch_add(1, Ordering::SeqCst)\n}}\n")
    c.matrix([L64, THUMB], ["check"])
    c.truth("a core without compare-and-swap: load and store alone", "project", "fetch_add", [THUMB], [L64], package=p, also=["configured_out", "item_absent_on_platform"])


@cases("atomics_missing", "arc")
def _(c):
    p = c.pkg(lib=f"#![no_std]\nextern crate alloc;\nuse alloc::sync::Arc;\npub fn {c.n.fn()}(x: u8) -> Arc<u8> {{\n    Arc::new(x)\n}}\n")
    c.matrix([L64, THUMB], ["check"])
    c.truth("alloc has no Arc without compare-and-swap", "project", "Arc", [THUMB], [L64], package=p, also=["configured_out", "item_absent_on_platform"])


# foreign_arch_code ---------------------------------------------------------------------------------------------------
@cases("foreign_arch_code", "intrinsics-import")
def _(c):
    p = c.pkg(lib=f"use std::arch::x86_64::{{__m128i, _mm_setzero_si128}};\npub fn {c.n.fn()}() -> __m128i {{\n    unsafe {{ _mm_setzero_si128() }}\n}}\n")
    c.matrix([L64, WIN, A64, L32], ["check"])
    c.truth("core::arch of another architecture", "project", "std::arch::x86_64", [A64, L32], [L64, WIN], package=p, also=["configured_out"], near=["item_absent_on_platform"])


@cases("foreign_arch_code", "asm-register")
def _(c):
    p = c.pkg(lib=f"use std::arch::asm;\npub fn {c.n.fn()}() -> u64 {{\n    let x: u64;\n    unsafe {{ asm!(\"rdtsc\", out(\"rax\") x, out(\"rdx\") _) }};\n    x\n}}\n")
    c.matrix([L64, FBSD, A64, RV], ["check"])
    c.truth("asm! with registers of another architecture", "project", "rax", [A64, RV], [L64, FBSD], package=p)


@cases("foreign_arch_code", "asm-mnemonic")
def _(c):
    p = c.pkg(lib=f"use std::arch::asm;\npub fn {c.n.fn()}() {{\n    unsafe {{ asm!(\"pause\") }}\n}}\n")
    c.matrix([L64, L32, A64, S390], ["build"])
    c.truth("an instruction that only codegen refuses", "project", "pause", [A64, S390], [L64, L32], stage="build", package=p)


@cases("foreign_arch_code", "abi")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"pub extern \"sysv64\" fn {f}(x: u64) -> u64 {{\n    x\n}}\n")
    c.matrix([L64, A64, PPC64], ["check"])
    c.truth("a calling convention of another architecture", "project", "sysv64", [A64, PPC64], [L64], package=p)


@cases("foreign_arch_code", "feature-detection")
def _(c):
    p = c.pkg(lib=f"pub fn {c.n.fn()}() -> bool {{\n    is_x86_feature_detected!(\"avx2\")\n}}\n{c.n.filler(1)}")
    c.matrix([L64, L32, RV, MAC], ["check"])
    c.truth("is_x86_feature_detected! elsewhere", "project", "is_x86_feature_detected", [RV, MAC], [L64, L32], package=p)


@cases("foreign_arch_code", "target-feature")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"#[target_feature(enable = \"avx2\")]\npub unsafe fn {f}(x: u32) -> u32 {{\n    x.count_ones()\n}}\n")
    c.matrix([L64, S390, ARM], ["check"])
    c.truth("#[target_feature] of another architecture", "project", "avx2", [S390, ARM], [L64], package=p)


@cases("foreign_arch_code", "global-asm-in-dependency")
def _(c):
    dep, sym = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, lib=f"std::arch::global_asm!(\".globl {sym}\", \"{sym}:\", \"mov eax, 1\", \"ret\");\nextern \"C\" {{\n    pub fn {sym}() -> i32;\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', main=f"fn main() {{\n    println!(\"{{}}\", unsafe {{ {ident(dep)}::{sym}() }});\n}}\n")
    c.matrix([L64, L32, A64], ["build"])
    c.truth("global_asm! of a dependency", "dependency", "global_asm", [A64], [L64, L32], stage="build", package=dep)


@cases("foreign_arch_code", "glob-and-many-names")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f"pub mod {c.n.fn()} {{\n    use std::arch::x86_64::*;\n\n    pub unsafe fn {f}(x: [i32; 4]) -> i32 {{\n        let a: __m128i = _mm_loadu_si128(x.as_ptr() as *const __m128i);\n        let b = _mm_add_epi32(a, _mm_set1_epi32(1));\n        _mm_cvtsi128_si32(b)\n    }}\n}}\n")
    c.matrix([L64, FBSD, MAC, RV], ["check"])
    c.truth("a glob import of another architecture's module; every name in it is missing", "project", "std::arch::x86_64", [MAC, RV], [L64, FBSD], package=p, near=["item_absent_on_platform"])


# artifact_unsupported ------------------------------------------------------------------------------------------------
@cases("artifact_unsupported", "dylib-dependency-bare-metal")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, extra="[lib]\ncrate-type = [\"dylib\"]", lib=f"#![no_std]\npub fn {f}() -> u8 {{\n    1\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"#![no_std]\npub use {ident(dep)}::{f};\n")
    c.matrix([THUMB], ["check"])
    c.truth("a dependency is a dylib, and bare metal has none", "dependency", "dylib", [THUMB], [], package=dep)


@cases("artifact_unsupported", "unwind-without-std")
def _(c):
    p = c.pkg(main="#![no_std]\n#![no_main]\n\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! {\n    loop {}\n}\n")
    c.matrix([L64, S390], ["build"])
    c.truth("a program without std on triples whose panic strategy is unwind", "project", "unwind", [L64, S390], [], stage="build", package=p)


@cases("artifact_unsupported", "dylib-dependency-musl")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, extra="[lib]\ncrate-type = [\"dylib\"]", lib=f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)}::{f};\n")
    c.matrix([L64, MUSL], ["check"])
    c.truth("a dependency is a dylib and the triple links statically", "dependency", "dylib", [MUSL], [L64], package=dep)


# unsupported_on_purpose ----------------------------------------------------------------------------------------------
@cases("unsupported_on_purpose", "compile-error")
def _(c):
    p = c.pkg(lib=f"#[cfg(not(unix))]\ncompile_error!(\"{c.n.word()} needs a unix\");\n{c.n.filler()}")
    c.matrix([L64, FBSD, WIN, WASM], ["check"])
    c.truth("compile_error! under cfg(not(unix))", "project", "not(unix)", [WIN, WASM], [L64, FBSD], package=p)


@cases("unsupported_on_purpose", "compile-error-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, lib="#[cfg(not(target_pointer_width = \"64\"))]\ncompile_error!(\"only 64-bit targets\");\n" + c.n.filler(1))
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, PPC64, L32, ARM], ["check"])
    c.truth("compile_error! of a dependency for 32-bit", "dependency", "target_pointer_width", [L32, ARM], [L64, PPC64], package=dep)


@cases("unsupported_on_purpose", "build-script-panic")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', build_rs="fn main() {\n    let os = std::env::var(\"CARGO_CFG_TARGET_OS\").unwrap();\n    if os != \"linux\" {\n        panic!(\"unsupported target: {os}\");\n    }\n}\n", lib=c.n.filler())
    c.matrix([L64, S390, FBSD, MAC], ["check"])
    c.truth("the build script panics: unsupported target", "project", "unsupported target", [FBSD, MAC], [L64, S390], package=p, near=["build_script_failed"])


@cases("unsupported_on_purpose", "build-script-exit-in-dependency")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, package='build = "build.rs"\n', lib=c.n.filler(1),
          build_rs="use std::env;\nfn main() {\n    let arch = env::var(\"CARGO_CFG_TARGET_ARCH\").unwrap();\n    match arch.as_str() {\n        \"x86_64\" | \"aarch64\" => {}\n"
          "        other => {\n            eprintln!(\"error: {other} is not supported by this crate\");\n            std::process::exit(1);\n        }\n    }\n}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, A64, RV, L32], ["check"])
    c.truth("the build script of a dependency exits with 1 and says so", "dependency", "not supported", [RV, L32], [L64, A64], package=dep, near=["build_script_failed"])


@cases("unsupported_on_purpose", "else-of-chain")
def _(c):
    m = c.n.fn()
    p = c.pkg(lib=f"#[cfg(target_endian = \"little\")]\nmod {m} {{\n    pub fn order() -> u8 {{\n        0\n    }}\n}}\n#[cfg(target_endian = \"big\")]\nmod {m} {{\n    compile_error!(\"big-endian machines are not supported yet\");\n"
              f"    pub fn order() -> u8 {{\n        1\n    }}\n}}\npub use {m}::order;\n")
    c.matrix([L64, S390, PPC], ["check"])
    c.truth("compile_error! inside a module for big-endian", "project", "target_endian", [S390, PPC], [L64], package=p)


@cases("unsupported_on_purpose", "other-errors-follow")
def _(c):
    dep, m, f = c.n.crate(), c.n.fn(), c.n.fn()
    c.pkg(dep, name=dep, lib=f"#[cfg(not(any(target_os = \"linux\", target_os = \"macos\")))]\ncompile_error!(\"{dep} supports only Linux and macOS\");\n\n#[cfg(target_os = \"linux\")]\n#[path = \"one.rs\"]\nmod {m};\n#[cfg(target_os = \"macos\")]\n#[path = \"one.rs\"]\nmod {m};\n\npub use {m}::{f};\n",
          src__one_rs=f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)}::{f};\n")
    c.matrix([L64, MAC, FBSD, NBSD], ["check"])
    c.truth("compile_error! and, behind it, a module that is missing for the same reason", "dependency", "target_os", [FBSD, NBSD], [L64, MAC], package=dep,
            near=["no_body_for_platform", "dependency_not_declared"])
