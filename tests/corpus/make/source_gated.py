"""Source and cfg: what is there, behind a cfg that is off."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# configured_out ---------------------------------------------------------------------------------------------------
@cases("configured_out", "own-module-os")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=f"pub mod {m};\nuse crate::{m}::{f};\n\n{c.n.filler()}\npub fn {c.n.fn()}() -> u32 {{\n    {f}() + 1\n}}\n",
        **{f"src__{m}_rs": f'{c.n.filler(1)}\n#[cfg(target_os = "linux")]\npub fn {f}() -> u32 {{\n    17\n}}\n'},
    )
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth("an item of a module of the crate itself, gated by target_os", "project", f"{m}::{f}", [FBSD, MAC], [L64], package=p)


@cases("configured_out", "path-dependency-os")
def _(c):
    dep, m, f = c.n.crate(), c.n.fn(), c.n.fn()
    c.pkg(
        f"libs/{dep}",
        name=dep,
        lib=f"{c.n.filler()}\n#[cfg(windows)]\npub mod {m} {{\n    pub fn {f}() -> u8 {{\n        3\n    }}\n}}\n",
    )
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "libs/{dep}" }}',
        main=f'fn main() {{\n    let x = {ident(dep)}::{m}::{f}();\n    println!("{{x}}");\n}}\n',
    )
    c.matrix([L64, WIN], ["check"])
    c.truth(
        "a module of a dependency by path, gated by windows, used by a binary",
        "project",
        f"{ident(dep)}::{m}",
        [L64],
        [WIN],
        package=p,
        near=["dependency_not_declared"],
    )


@cases("configured_out", "feature-of-dependency")
def _(c):
    dep, ty, feat = c.n.crate(), c.n.ty(), c.n.word()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f'#[cfg(feature = "{feat}")]\npub struct {ty};\n{c.n.filler()}')
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"use {ident(dep)}::{ty};\npub fn {c.n.fn()}(_: {ty}) {{}}\n")
    c.matrix([L64, ILL], ["check"])
    c.truth(
        "a type of a dependency behind a feature that nothing turns on",
        "project",
        f"{ident(dep)}::{ty}",
        [L64, ILL],
        package=p,
        also=["dependency_feature_missing"],
    )


@cases("configured_out", "own-feature")
def _(c):
    f, feat = c.n.fn(), c.n.word()
    p = c.pkg(
        extra=f'[features]\ndefault = ["{feat}"]\n{feat} = []',
        lib=f'#[cfg(feature = "{feat}")]\nfn {f}(x: u32) -> u32 {{\n    x\n}}\n\npub fn {c.n.fn()}() -> u32 {{\n    {f}(4)\n}}\n',
    )
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nvariant:\n  full: {{}}\n  bare: {{scope: --no-default-features}}")
    ids = [f"{L64}/full", f"{L64}/bare"]
    c.truth(
        "an item behind a feature of the package itself, without default features",
        "project",
        f,
        [],
        [],
        package=p,
        cells={"failing": ids[1:], "passing": ids[:1]},
        also=["feature_combination"],
    )


@cases("configured_out", "call-by-arch")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        lib=(
            f'{c.n.filler()}\n#[cfg(target_arch = "x86_64")]\nfn {f}(n: usize) -> usize {{\n    n << 1\n}}\n\n'
            f"pub fn {c.n.fn()}(n: usize) -> usize {{\n    {f}(n)\n}}\n"
        )
    )
    c.matrix([L64, L32, S390, MAC], ["check"])
    c.truth(
        "a function of the same file, gated by target_arch, called without a path",
        "project",
        f,
        [L32, S390, MAC],
        [L64],
        package=p,
        near=["no_body_for_platform"],
    )


@cases("configured_out", "module-by-width")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(target_pointer_width = "64")]\nmod {m} {{\n    pub fn {f}() -> u64 {{\n        9\n    }}\n}}\n\n'
            f"pub fn {c.n.fn()}() -> u64 {{\n    {m}::{f}()\n}}\n"
        )
    )
    c.matrix([L64, L32, FBSD32], ["check"])
    c.truth(
        "a private module, gated by pointer width, used by path; rustc only offers `cargo add`",
        "project",
        m,
        [L32, FBSD32],
        [L64],
        package=p,
        near=["dependency_not_declared"],
    )


@cases("configured_out", "method-by-endian")
def _(c):
    ty, f = c.n.ty(), c.n.fn()
    p = c.pkg(
        lib=(
            f'pub struct {ty}(pub [u8; 4]);\n\nimpl {ty} {{\n    #[cfg(target_endian = "little")]\n    pub fn {f}(&self) -> u32'
            f" {{\n        u32::from_ne_bytes(self.0)\n    }}\n}}\n\npub fn {c.n.fn()}(x: &{ty}) -> u32 {{\n    x.{f}()\n}}\n"
        )
    )
    c.matrix([L64, S390], ["check"])
    c.truth("a method gated by endianness", "project", f, [S390], [L64], package=p)


@cases("configured_out", "struct-field")
def _(c):
    ty, a, b = c.n.ty(), c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f"pub struct {ty} {{\n    pub {a}: u32,\n    #[cfg(unix)]\n    pub {b}: u32,\n}}\n\n"
            f"pub fn {c.n.fn()}() -> {ty} {{\n    {ty} {{ {a}: 1, {b}: 2 }}\n}}\n"
        )
    )
    c.matrix([L64, WIN, WASM], ["check"])
    c.truth("a field of a struct, gated by unix", "project", f"{ty}::{b}", [WIN, WASM], [L64], package=p)


@cases("configured_out", "enum-variant")
def _(c):
    ty, a, b = c.n.ty(), c.n.ty(), c.n.ty()
    p = c.pkg(
        lib=f'pub enum {ty} {{\n    {a},\n    #[cfg(not(target_os = "macos"))]\n    {b},\n}}\n',
        main=(
            f'use IDENT::{ty};\nfn main() {{\n    let x = {ty}::{b};\n    if let {ty}::{a} = x {{\n        println!("a");\n   '
            " }\n}\n"
        ),
    )
    c.files["src/main.rs"] = c.files["src/main.rs"].replace("IDENT", ident(p))
    c.matrix([L64, MAC, FBSD], ["check"])
    c.truth(
        "a variant of an enum of the library, used by the binary of the package",
        "project",
        f"{ty}::{b}",
        [MAC],
        [L64, FBSD],
        package=p,
    )


@cases("configured_out", "macro")
def _(c):
    mac = c.n.fn()
    p = c.pkg(
        lib=(
            f'#[cfg(target_env = "gnu")]\nmacro_rules! {mac} {{\n    ($x:expr) => {{\n        $x + 1\n    }};\n}}\n\n'
            f"pub fn {c.n.fn()}() -> u32 {{\n    {mac}!(3)\n}}\n"
        )
    )
    c.matrix([L64, MUSL, FBSD], ["check"])
    c.truth("a macro_rules macro, gated by target_env", "project", mac, [MUSL, FBSD], [L64], package=p)


@cases("configured_out", "integration-test")
def _(c):
    f = c.n.fn()
    p = c.pkg(lib=f'{c.n.filler(1)}\n#[cfg(not(target_arch = "x86"))]\npub fn {f}() -> u8 {{\n    2\n}}\n')
    c.file("tests/outside.rs", f"#[test]\nfn {c.n.fn()}() {{\n    assert_eq!({ident(p)}::{f}(), 2);\n}}\n")
    c.matrix([L64, L32], ["check", "test-no-run"])
    c.truth(
        "an integration test uses an item that is gated by target_arch",
        "project",
        f"{ident(p)}::{f}",
        [L32],
        [L64],
        stage="test-no-run",
        package=p,
        near=["test_build_only"],
    )


@cases("configured_out", "made-by-macro")
def _(c):
    mac, m, f = c.n.fn(), c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f"macro_rules! {mac} {{\n    ($($item:item)*) => {{\n        $(\n            #[cfg(all(unix, not(target_os ="
            f' "illumos")))]\n            $item\n        )*\n    }};\n}}\n\n{mac}! {{\n    pub mod {m} {{\n        pub fn {f}()'
            f" {{}}\n    }}\n}}\n\npub use {m}::{f};\n"
        )
    )
    c.matrix([L64, ILL, WIN], ["check"])
    c.truth("an item whose cfg is written by a macro around it", "project", m, [ILL, WIN], [L64], package=p)


@cases("configured_out", "whole-file")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=f"pub mod {m};\npub fn {c.n.fn()}() -> i32 {{\n    {m}::{f}()\n}}\n",
        **{
            f"src__{m}_rs": (
                f'//! {c.n.word()}\n#![cfg(any(target_os = "linux", target_os = "android"))]\n\npub fn {f}() -> i32 {{\n   '
                " 0\n}\n"
            )
        },
    )
    c.matrix([L64, NBSD], ["check"])
    c.truth(
        "the file of a module begins with #![cfg]",
        "project",
        f"{m}::{f}",
        [NBSD],
        [L64],
        package=p,
        near=["dependency_not_declared"],
    )


@cases("configured_out", "many-errors-follow")
def _(c):
    sys, a, b, ty, f, g = c.n.crate(), c.n.crate(), c.n.crate(), c.n.ty(), c.n.fn(), c.n.fn()
    c.pkg(
        sys,
        name=sys,
        lib=(
            f"#[cfg(unix)]\nmod handle {{\n    pub struct {ty}(pub i32);\n    pub fn {f}() -> {ty} {{\n        {ty}(3)\n   "
            f" }}\n}}\nuse handle::{{{f}, {ty}}};\n\npub struct {c.n.ty()} {{\n    pub inner: {ty},\n}}\npub fn {g}() -> {ty}"
            f" {{\n    let x: {ty} = {f}();\n    let y = handle::{f}();\n    {ty}(x.0 + y.0)\n}}\n"
        ),
    )
    c.pkg(a, name=a, deps=f'{sys} = {{ path = "../{sys}" }}', lib=f"pub use {ident(sys)}::{g};\n")
    c.pkg(b, name=b, lib=c.n.filler())
    c.workspace([sys, a, b])
    c.matrix([L64, WIN, WASM], ["check"], scope="--workspace")
    c.truth(
        "one module is off, several errors follow, and another member of the workspace is blocked",
        "project",
        "handle",
        [WIN, WASM],
        [L64],
        package=sys,
        near=["dependency_not_declared"],
    )


@cases("configured_out", "other-rustc")
def _(c):
    m, f = c.n.fn(), c.n.fn()
    p = c.pkg(
        lib=(
            f'mod {m} {{\n    #[cfg(any(target_os = "macos", target_os = "ios"))]\n    pub(super) fn {f}() -> i64 {{\n       '
            f" -1\n    }}\n}}\n\npub fn {c.n.fn()}() -> i64 {{\n    {m}::{f}()\n}}\n"
        )
    )
    c.matrix([], ["check"], axes=f"triple: [{L64}]\ntoolchain: [stable, nightly]")
    c.truth(
        "any() of two systems, said by rustc 1.95 and by a nightly",
        "project",
        f"{m}::{f}",
        [],
        [],
        package=p,
        cells={"failing": [f"{L64}/stable", f"{L64}/nightly"], "passing": []},
    )
