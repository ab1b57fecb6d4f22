"""Versions and resolution."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


def version_of(c, path="Cargo.toml"):
    return c.files[path].split('version = "')[1].split('"')[0]


# mixed_versions ----------------------------------------------------------------------------------------------------------
def family(c, lib="pub struct %(ty)s(pub u8);\npub trait %(tr)s {\n    fn %(f)s(&self) -> u8;\n}\n"):
    core, names = c.n.crate(), {"ty": c.n.ty(), "tr": c.n.ty(), "f": c.n.fn()}
    c.vendor(core, "0.3.1", lib % names)
    c.vendor(core, "0.4.0", lib % names)
    return core, names


@cases("mixed_versions", "type-of-older")
def _(c):
    core, n = family(c)
    mid, f = c.n.crate(), c.n.fn()
    c.vendor(mid, "1.0.4", f"pub fn {f}(x: {ident(core)}::{n['ty']}) -> u8 {{\n    x.0\n}}\n", deps=f'{core} = "0.3"')
    p = c.pkg(
        deps=f'{core} = "0.4"\n{mid} = "1"',
        lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(mid)}::{f}({ident(core)}::{n['ty']}(1))\n}}\n",
    )
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "a type of 0.4 is handed to a crate that uses 0.3",
        "project",
        core,
        [L64, FBSD],
        [],
        package=p,
        near=["platform_type_differs"],
    )


@cases("mixed_versions", "trait-of-older")
def _(c):
    core, n = family(c)
    mid, ty = c.n.crate(), c.n.ty()
    c.vendor(
        mid,
        "2.1.0",
        f"pub struct {ty};\nimpl {ident(core)}::{n['tr']} for {ty} {{\n    fn {n['f']}(&self) -> u8 {{\n        1\n    }}\n}}\n",
        deps=f'{core} = "0.3"',
    )
    p = c.pkg(
        deps=f'{core} = "0.4"\n{mid} = "2"',
        main=(
            f"fn take(x: impl {ident(core)}::{n['tr']}) -> u8 {{\n    x.{n['f']}()\n}}\nfn main() {{\n    println!(\"{{}}\","
            f" take({ident(mid)}::{ty}));\n}}\n"
        ),
    )
    c.matrix([L64], ["check"])
    c.truth("a trait of 0.4 is asked of a type that implements that of 0.3", "project", core, [L64], [], package=p)


@cases("mixed_versions", "on-one-platform")
def _(c):
    core, n = family(c)
    f = c.n.fn()
    mid = c.n.crate()
    c.vendor(mid, "1.2.0", f"pub fn {f}(x: {ident(core)}::{n['ty']}) -> u8 {{\n    x.0\n}}\n", deps=f'{core} = "0.3"')
    p = c.pkg(
        deps=f'{mid} = "1"',
        extra=f"[target.'cfg(unix)'.dependencies]\n{core} = \"0.3\"\n\n[target.'cfg(windows)'.dependencies]\n{core} = \"0.4\"",
        lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(mid)}::{f}({ident(core)}::{n['ty']}(1))\n}}\n",
    )
    c.matrix([L64, MAC, WIN], ["check"])
    c.truth(
        "two versions meet in the windows graph alone",
        "project",
        core,
        [WIN],
        [L64, MAC],
        package=p,
        near=["platform_type_differs"],
    )


@cases("mixed_versions", "older-rustc")
def _(c):
    core, n = family(c)
    mid, f = c.n.crate(), c.n.fn()
    c.vendor(
        mid, "3.0.0", f"pub fn {f}<T: {ident(core)}::{n['tr']}>(x: T) -> u8 {{\n    x.{n['f']}()\n}}\n", deps=f'{core} = "0.4"'
    )
    ty = c.n.ty()
    p = c.pkg(
        deps=f'{core} = "0.3"\n{mid} = "3"',
        lib=(
            f"pub struct {ty};\nimpl {ident(core)}::{n['tr']} for {ty} {{\n    fn {n['f']}(&self) -> u8 {{\n        2\n   "
            f" }}\n}}\npub fn {c.n.fn()}() -> u8 {{\n    {ident(mid)}::{f}({ty})\n}}\n"
        ),
    )
    c.matrix([L64], ["check"], toolchain="stable")
    c.truth("a bound on the newer trait, said by rustc 1.95", "project", core, [L64], [], package=p)


@cases("mixed_versions", "registry-and-path")
def _(c):
    core, mid, ty, f = c.n.crate(), c.n.crate(), c.n.ty(), c.n.fn()
    lib = f"#[derive(Debug)]\npub struct {ty}(pub u8);\n"
    c.vendor(core, "0.5.2", lib)
    c.vendor(mid, "0.1.9", f"pub fn {f}() -> {ident(core)}::{ty} {{\n    {ident(core)}::{ty}(3)\n}}\n", deps=f'{core} = "0.5"')
    c.pkg("local", name=core, version="0.5.2", lib=lib)
    c.name = None
    p = c.pkg(
        deps=f'{core} = {{ path = "local" }}\n{mid} = "0.1"',
        lib=f"pub fn {c.n.fn()}() -> {ident(core)}::{ty} {{\n    {ident(mid)}::{f}()\n}}\n",
    )
    c.matrix([L64, RV], ["check"])
    c.truth("the same version from the registry and from a path", "project", core, [L64, RV], [], package=p)


# lock_drift --------------------------------------------------------------------------------------------------------------
def drift(c, old_lib, new_lib, use, old="1.1.0", new="1.4.0"):
    """as the lock says it passes; with the newest versions it fails."""
    dep = c.n.crate()
    c.vendor(dep, old, old_lib)
    c.vendor(dep, new, new_lib)
    p = c.pkg(deps=f'{dep} = "{old.rsplit(".", 1)[0]}"', lib=use(ident(dep)))
    c.lock((p, version_of(c), False, [dep]), (dep, old, True, []))
    return dep, p


def lock_axis(c, triples):
    c.matrix(
        [],
        ["check"],
        axes=f"triple: [{', '.join(triples)}]\nversions:\n  published: {{lockfile: as-is}}\n  newest: {{lockfile: latest}}",
    )
    return {"failing": [f"{t}/newest" for t in triples], "passing": [f"{t}/published" for t in triples]}


@cases("lock_drift", "function-removed")
def _(c):
    f = c.n.fn()
    dep, p = drift(
        c,
        f"pub fn {f}() -> u8 {{\n    1\n}}\n",
        c.n.filler(1),
        lambda d: f"use {d}::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n",
    )
    c.truth(
        "a function that newer versions no longer have",
        "dependency",
        dep,
        [],
        [],
        package=p,
        cells=lock_axis(c, [L64, FBSD]),
        also=["item_absent_in_version"],
    )


@cases("lock_drift", "signature-changed")
def _(c):
    f = c.n.fn()
    dep, p = drift(
        c,
        f"pub fn {f}(x: u8) -> u8 {{\n    x\n}}\n",
        f"pub fn {f}(x: u8, y: u8) -> u8 {{\n    x + y\n}}\n",
        lambda d: f"pub fn {c.n.fn()}() -> u8 {{\n    {d}::{f}(1)\n}}\n",
    )
    c.truth("a function with one argument more", "dependency", dep, [], [], package=p, cells=lock_axis(c, [L64]))


@cases("lock_drift", "variant-added")
def _(c):
    ty, x, y = c.n.ty(), c.n.ty(), c.n.ty()
    dep, p = drift(
        c,
        f"pub enum {ty} {{\n    {x},\n}}\n",
        f"pub enum {ty} {{\n    {x},\n    {y},\n}}\n",
        lambda d: f"pub fn {c.n.fn()}(v: {d}::{ty}) -> u8 {{\n    match v {{\n        {d}::{ty}::{x} => 0,\n    }}\n}}\n",
    )
    c.truth("an enum with one variant more", "dependency", dep, [], [], package=p, cells=lock_axis(c, [L64, MAC]))


@cases("lock_drift", "trait-method-added")
def _(c):
    tr, f, g, ty = c.n.ty(), c.n.fn(), c.n.fn(), c.n.ty()
    dep, p = drift(
        c,
        f"pub trait {tr} {{\n    fn {f}(&self);\n}}\n",
        f"pub trait {tr} {{\n    fn {f}(&self);\n    fn {g}(&self);\n}}\n",
        lambda d: f"pub struct {ty};\nimpl {d}::{tr} for {ty} {{\n    fn {f}(&self) {{}}\n}}\n",
    )
    c.truth("a trait with one required method more", "dependency", dep, [], [], package=p, cells=lock_axis(c, [S390]))


@cases("lock_drift", "newer-does-not-compile")
def _(c):
    f = c.n.fn()
    dep, p = drift(
        c,
        f"pub fn {f}() -> u8 {{\n    1\n}}\n",
        f'pub fn {f}() -> u8 {{\n    let x: u8 = "1";\n    x\n}}\n',
        lambda d: f"pub use {d}::{f};\n",
    )
    c.truth(
        "the newest version of the dependency does not compile itself",
        "dependency",
        dep,
        [],
        [],
        package=dep,
        cells=lock_axis(c, [L64]),
    )


# resolver_failed -----------------------------------------------------------------------------------------------------------
BLOCKED = ("blocked", "broken", "fail")


@cases("resolver_failed", "no-such-version")
def _(c):
    dep = c.n.crate()
    c.vendor(dep, "1.3.0", c.n.filler(1))
    p = c.pkg(deps=f'{dep} = "2.1"', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth(
        "a version that is not there", "project", dep, [L64], [], stage="prepare", package=p, verdicts=BLOCKED, near=["registry"]
    )


@cases("resolver_failed", "links-clash")
def _(c):
    a, b, lib = c.n.crate() + "-sys", c.n.crate() + "-sys", c.n.word()
    for name in (a, b):
        c.vendor(name, "0.2.0", c.n.filler(1), package=f'links = "{lib}"\nbuild = "build.rs"\n', build_rs="fn main() {}\n")
    p = c.pkg(deps=f'{a} = "0.2"\n{b} = "0.2"', lib=c.n.filler(1))
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "two packages link the same native library", "project", lib, [L64, FBSD], [], stage="prepare", package=p, verdicts=BLOCKED
    )


@cases("resolver_failed", "lock-too-new")
def _(c):
    p = c.pkg(lib=c.n.filler(1))
    c.file("Cargo.lock", f'version = 9\n\n[[package]]\nname = "{p}"\nversion = "{version_of(c)}"\n')
    c.matrix([L64], ["check"])
    c.truth(
        "Cargo.lock of a later cargo",
        "toolchain",
        "Cargo.lock",
        [L64],
        [],
        stage="prepare",
        package=p,
        verdicts=BLOCKED,
        also=["toolchain_too_old"],
    )


@cases("resolver_failed", "locked-out-of-date")
def _(c):
    dep = c.n.crate()
    c.vendor(dep, "1.3.0", c.n.filler(1))
    p = c.pkg(deps=f'{dep} = "1"', lib=c.n.filler(1))
    c.lock((p, version_of(c), False, []))
    c.matrix([L64], ["check"], lockfile="locked")
    c.truth(
        "lockfile: locked, and Cargo.lock lacks a dependency",
        "project",
        "Cargo.lock",
        [L64],
        [],
        stage="prepare",
        package=p,
        verdicts=BLOCKED,
    )


@cases("resolver_failed", "yanked-real-crate")
def _(c):
    p = c.pkg(deps='futures-util = "=0.3.30"', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth(
        "a version that was yanked from the registry",
        "dependency",
        "futures-util",
        [L64],
        [],
        stage="prepare",
        package=p,
        verdicts=BLOCKED,
    )


@cases("resolver_failed", "conflicting-requirements")
def _(c):
    core, mid = c.n.crate(), c.n.crate()
    c.vendor(core, "1.2.0", c.n.filler(1))
    c.vendor(core, "1.6.0", c.n.filler(1))
    c.vendor(mid, "0.3.0", c.n.filler(1), deps=f'{core} = "=1.2.0"')
    p = c.pkg(deps=f'{core} = "1.5"\n{mid} = "0.3"', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth(
        "two requirements of one semver-compatible range that no version fulfils",
        "project",
        core,
        [L64],
        [],
        stage="prepare",
        package=p,
        verdicts=BLOCKED,
    )


# package_incomplete --------------------------------------------------------------------------------------------------------
@cases("package_incomplete", "include-str")
def _(c):
    f = c.n.word() + ".txt"
    p = c.pkg(lib=f'pub const {c.n.const()}: &str = include_str!("../data/{f}");\n')
    c.matrix([L64, MAC], ["check"])
    c.truth("include_str! of a file that was not published", "project", f"data/{f}", [L64, MAC], [], package=p)


@cases("package_incomplete", "test-target-file")
def _(c):
    t = c.n.fn()
    p = c.pkg(extra=f'[[test]]\nname = "{t}"\npath = "tests/{t}.rs"', lib=c.n.filler(1))
    c.matrix([L64], ["check", "test-no-run"])
    c.truth(
        "the manifest names a test whose file is not there",
        "project",
        f"tests/{t}.rs",
        [L64],
        [],
        stage="test-no-run",
        package=p,
        verdicts=BLOCKED,
        also=["resolver_failed"],
    )


@cases("package_incomplete", "module-file-in-dependency")
def _(c):
    dep, m = c.n.crate(), c.n.fn()
    c.vendor(dep, "0.2.2", f"pub mod {m};\n")
    c.pkg(deps=f'{dep} = "0.2"', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth(
        "a module of a published crate was not packed",
        "dependency",
        f"{m}.rs",
        [L64, FBSD],
        [],
        package=dep,
        near=["no_body_for_platform"],
    )


@cases("package_incomplete", "build-script-file")
def _(c):
    p = c.pkg(package='build = "build/main.rs"\n', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth(
        "the manifest names a build script that is not there", "project", "build/main.rs", [L64], [], package=p, verdicts=BLOCKED
    )
