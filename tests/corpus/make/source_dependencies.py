"""Source and cfg: dependencies and their features, where they are declared."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


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
    p = c.pkg(
        extra=f"[target.'cfg(windows)'.dependencies]\n{dep} = {{ path = \"{dep}\" }}",
        lib=f"use {ident(dep)}::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n",
    )
    c.matrix([L64, FBSD, WIN], ["check"])
    c.truth("declared for cfg(windows), used everywhere", "project", dep, [L64, FBSD], [WIN], package=p)


@cases("dependency_not_declared", "linux-declared-unix-used")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(
        extra=f'[target.\'cfg(target_os = "linux")\'.dependencies]\n{dep} = {{ path = "{dep}" }}',
        lib=f"#[cfg(unix)]\npub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n",
    )
    c.matrix([L64, S390, WIN, FBSD, MAC], ["check"])
    c.truth(
        "declared for target_os = linux, used under cfg(unix), by path in an expression",
        "project",
        dep,
        [FBSD, MAC],
        [L64, S390, WIN],
        package=p,
    )


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
    p = c.pkg(
        edition="2015",
        extra=f'[target.\'cfg(target_arch = "x86_64")\'.dependencies]\n{dep} = {{ path = "{dep}" }}',
        lib=f"extern crate {ident(dep)};\npub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n",
    )
    c.matrix([L64, FBSD, L32, A64], ["check"])
    c.truth(
        "extern crate of edition 2015, declared for one architecture",
        "project",
        dep,
        [L32, A64],
        [L64, FBSD],
        package=p,
        near=["std_missing"],
    )


@cases("dependency_not_declared", "in-build-script")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(
        package='build = "build.rs"\n',
        deps=f'{dep} = {{ path = "{dep}" }}',
        build_rs=f'fn main() {{\n    println!("cargo:rustc-env=A={{}}", {ident(dep)}::{f}());\n}}\n',
        lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n",
    )
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "the build script uses what is no build-dependency", "project", dep, [L64, FBSD], package=p, near=["build_script_failed"]
    )


@cases("dependency_not_declared", "renamed")
def _(c):
    f, alias = c.n.fn(), c.n.word()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(
        deps=f'{alias} = {{ path = "{dep}", package = "{dep}" }}',
        lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n",
    )
    c.matrix([L64, MAC], ["check"])
    c.truth("declared under another name (package =), used under its own", "project", ident(dep), [L64, MAC], package=p)


@cases("dependency_not_declared", "dev-dependency-used-by-library")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n")
    p = c.pkg(
        extra=f'[dev-dependencies]\n{dep} = {{ path = "{dep}" }}',
        lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n",
    )
    c.matrix([L64], ["check", "test-no-run"])
    c.truth("a dev-dependency used outside cfg(test): check fails alone", "project", dep, [L64], package=p)


@cases("dependency_not_declared", "macro-of-optional")
def _(c):
    mac = c.n.fn()
    dep = by_path(c, f"#[macro_export]\nmacro_rules! {mac} {{\n    () => {{\n        7\n    }};\n}}\n")
    p = c.pkg(
        extra=f'[dependencies.{dep}]\npath = "{dep}"\noptional = true\n\n[features]\nfast = ["dep:{dep}"]',
        lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{mac}!()\n}}\n",
    )
    c.matrix([], ["check"], axes=f"triple: [{FBSD}]\nvariant:\n  fast: {{features: [fast]}}\n  plain: {{}}")
    c.truth(
        "optional, its macro used without the feature",
        "project",
        dep,
        [],
        [],
        package=p,
        cells={"failing": [f"{FBSD}/plain"], "passing": [f"{FBSD}/fast"]},
        also=["feature_combination"],
    )


@cases("dependency_not_declared", "wasmtime-jit-icache-coherence")
def _(c):
    c.matrix_of_crate("wasmtime-jit-icache-coherence", "2.0.0", [L64, FBSD, MAC], ["check"])
    c.truth(
        "a published crate declares libc for two systems and uses it on a third",
        "project",
        "libc",
        [FBSD],
        [L64, MAC],
        package="wasmtime-jit-icache-coherence",
    )


@cases("dependency_not_declared", "other-rustc")
def _(c):
    f = c.n.fn()
    dep = by_path(c, f"pub mod deep {{\n    pub fn {f}() -> u8 {{\n        1\n    }}\n}}\n")
    p = c.pkg(
        extra=f'[target.\'cfg(target_os = "freebsd")\'.dependencies]\n{dep} = {{ path = "{dep}" }}',
        lib=f"use {ident(dep)}::deep::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n",
    )
    c.matrix([], ["check"], axes=f"triple: [{L64}]\ntoolchain: [stable, nightly]")
    c.truth(
        "declared for FreeBSD, said by rustc 1.95 and by a nightly",
        "project",
        dep,
        [],
        [],
        package=p,
        cells={"failing": [f"{L64}/stable", f"{L64}/nightly"], "passing": []},
    )


# dependency_feature_missing ------------------------------------------------------------------------------------------
@cases("dependency_feature_missing", "feature-for-unix-alone")
def _(c):
    feat, f = c.n.word(), c.n.fn()
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        extra=f"[features]\n{feat} = []",
        lib=f'#[cfg(feature = "{feat}")]\npub fn {f}() -> u8 {{\n    1\n}}\n{c.n.filler()}',
    )
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}',
        extra=f'[target.\'cfg(unix)\'.dependencies]\n{dep} = {{ path = "{dep}", features = ["{feat}"] }}',
        lib=f"use {ident(dep)}::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n",
    )
    c.matrix([L64, MAC, WIN, WASM], ["check"])
    c.truth(
        "the feature is asked for under cfg(unix) only",
        "project",
        f"{dep}/{feat}",
        [WIN, WASM],
        [L64, MAC],
        package=p,
        also=["configured_out"],
    )


@cases("dependency_feature_missing", "feature-by-arch-method")
def _(c):
    feat, f, ty = c.n.word(), c.n.fn(), c.n.ty()
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        extra=f"[features]\n{feat} = []",
        lib=(
            f'pub struct {ty};\nimpl {ty} {{\n    #[cfg(feature = "{feat}")]\n    pub fn {f}(&self) -> u8 {{\n        1\n   '
            " }\n}\n"
        ),
    )
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}',
        extra=f'[target.\'cfg(target_arch = "x86_64")\'.dependencies]\n{dep} = {{ path = "{dep}", features = ["{feat}"] }}',
        lib=f"pub fn {c.n.fn()}(x: &{ident(dep)}::{ty}) -> u8 {{\n    x.{f}()\n}}\n",
    )
    c.matrix([L64, FBSD, A64, S390], ["check"])
    c.truth(
        "asked for on one architecture; a method is missing elsewhere",
        "project",
        f"{dep}/{feat}",
        [A64, S390],
        [L64, FBSD],
        package=p,
        also=["configured_out"],
    )


@cases("dependency_feature_missing", "feature-has-no-effect-here")
def _(c):
    feat, m, f = c.n.word(), c.n.fn(), c.n.fn()
    dep = c.n.crate()
    c.pkg(
        dep,
        name=dep,
        extra=f"[features]\n{feat} = []",
        lib=(
            f'#[cfg(all(feature = "{feat}", target_os = "linux"))]\npub mod {m} {{\n    pub fn {f}() -> u8 {{\n        1\n   '
            " }\n}\n"
        ),
    )
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)}::{m}::{f};\n")
    c.matrix([L64, PPC64, FBSD, ILL], ["check"])
    c.truth(
        "the feature is on, but the dependency has it for Linux alone",
        "project",
        f"{dep}/{feat}",
        [FBSD, ILL],
        [L64, PPC64],
        package=p,
        also=["configured_out"],
    )


@cases("dependency_feature_missing", "impl-of-trait")
def _(c):
    ty, tr = c.n.ty(), c.n.ty()
    dep = c.n.crate()
    feat = c.n.word()
    c.pkg(
        dep,
        name=dep,
        extra=f"[features]\n{feat} = []",
        lib=f'pub trait {tr} {{}}\npub struct {ty};\n#[cfg(feature = "{feat}")]\nimpl {tr} for {ty} {{}}\n',
    )
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}',
        extra=f'[target.\'cfg(not(target_os = "macos"))\'.dependencies]\n{dep} = {{ path = "{dep}", features = ["{feat}"] }}',
        lib=f"use {ident(dep)}::{{{tr}, {ty}}};\nfn take<T: {tr}>(_: T) {{}}\npub fn {c.n.fn()}() {{\n    take({ty})\n}}\n",
    )
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth(
        "the feature adds an impl and is not asked for on macOS",
        "project",
        f"{dep}/{feat}",
        [MAC],
        [L64, FBSD],
        package=p,
        near=["configured_out"],
    )
