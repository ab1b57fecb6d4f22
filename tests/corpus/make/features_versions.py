"""Features, versions, resolution."""
from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


def version_of(c, path="Cargo.toml"):
    return c.files[path].split('version = "')[1].split('"')[0]


# feature_unknown -------------------------------------------------------------------------------------------------------
@cases("feature_unknown", "of-path-dependency")
def _(c):
    dep, feat = c.n.crate(), c.n.word()
    c.pkg(dep, name=dep, extra=f"[features]\n{c.n.word()} = []", lib=c.n.filler(1))
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64], ["check"])
    c.truth("the manifest asks a dependency for a feature it does not have", "project", f"{dep}/{feat}", [L64], [], stage="prepare", package=p, verdicts=("blocked", "broken", "fail"))


@cases("feature_unknown", "of-registry-crate")
def _(c):
    dep, feat = c.n.crate(), c.n.word()
    c.vendor(dep, "1.3.0", c.n.filler(1), extra="[features]\ndefault = []\nstd = []")
    p = c.pkg(deps=f'{dep} = {{ version = "1", default-features = false, features = ["{feat}"] }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("the version in reach of a crate of the registry no longer has it", "project", f"{dep}/{feat}", [L64, MAC], [], stage="prepare", package=p,
            verdicts=("blocked", "broken", "fail"), also=["resolver_failed"])


@cases("feature_unknown", "named-by-matrix")
def _(c):
    feat = c.n.word()
    p = c.pkg(extra=f"[features]\n{c.n.word()} = []", lib=c.n.filler(1))
    c.matrix([L64], ["check"], features=[feat])
    c.truth("the matrix selects a feature that the package does not have", "project", feat, [L64], [], stage="check", package=p, verdicts=("blocked", "broken", "fail"))


@cases("feature_unknown", "in-feature-table")
def _(c):
    dep, feat = c.n.crate(), c.n.word()
    c.pkg(dep, name=dep, lib=c.n.filler(1))
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', extra=f"[features]\ndefault = [\"fast\"]\nfast = [\"{dep}/{feat}\"]", lib=c.n.filler(1))
    c.matrix([S390], ["check"])
    c.truth("a feature of the package forwards to one that is not there", "project", f"{dep}/{feat}", [S390], [], stage="prepare", package=p, verdicts=("blocked", "broken", "fail"))


# feature_combination -----------------------------------------------------------------------------------------------------
@cases("feature_combination", "both-backends")
def _(c):
    a, b, f = c.n.word(), c.n.word(), c.n.fn()
    p = c.pkg(extra=f"[features]\ndefault = [\"{a}\"]\n{a} = []\n{b} = []", lib=f"#[cfg(feature = \"{a}\")]\npub fn {f}() -> u8 {{\n    1\n}}\n#[cfg(feature = \"{b}\")]\npub fn {f}() -> u8 {{\n    2\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nvariant:\n  plain: {{}}\n  both: {{features: all}}")
    c.truth("both of two alternatives: the same function twice", "project", f"{a}+{b}", [], [], package=p, cells={"failing": [f"{L64}/both"], "passing": [f"{L64}/plain"]})


@cases("feature_combination", "neither-backend")
def _(c):
    a, b, f = c.n.word(), c.n.word(), c.n.fn()
    p = c.pkg(extra=f"[features]\ndefault = [\"{a}\"]\n{a} = []\n{b} = []", lib=f"#[cfg(feature = \"{a}\")]\nuse self::one as chosen;\n#[cfg(all(feature = \"{b}\", not(feature = \"{a}\")))]\nuse self::two as chosen;\n"
              f"#[allow(dead_code)]\nmod one {{\n    pub fn {f}() -> u8 {{\n        1\n    }}\n}}\n#[allow(dead_code)]\nmod two {{\n    pub fn {f}() -> u8 {{\n        2\n    }}\n}}\npub fn {c.n.fn()}() -> u8 {{\n    chosen::{f}()\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}, {FBSD}]\nvariant:\n  plain: {{}}\n  bare: {{scope: --no-default-features}}\n  other: {{scope: '--no-default-features --features {b}'}}")
    c.truth("neither of two alternatives", "project", f"{a}|{b}", [], [], package=p, also=["configured_out"],
            cells={"failing": [f"{L64}/bare", f"{FBSD}/bare"], "passing": [f"{L64}/plain", f"{L64}/other", f"{FBSD}/plain"]})


@cases("feature_combination", "refused-in-words")
def _(c):
    a, b = c.n.word(), c.n.word()
    p = c.pkg(extra=f"[features]\n{a} = []\n{b} = []", lib=f"#[cfg(all(feature = \"{a}\", feature = \"{b}\"))]\ncompile_error!(\"features `{a}` and `{b}` cannot be enabled together\");\n{c.n.filler(1)}")
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nvariant:\n  none: {{}}\n  one: {{features: [{a}]}}\n  all: {{features: all}}")
    c.truth("compile_error! for two features at once", "project", f"{a}+{b}", [], [], package=p, also=["unsupported_on_purpose"],
            cells={"failing": [f"{L64}/all"], "passing": [f"{L64}/none", f"{L64}/one"]})


@cases("feature_combination", "no-std-on-all-platforms")
def _(c):
    f = c.n.fn()
    p = c.pkg(extra="[features]\ndefault = [\"std\"]\nstd = []\nfloat = []", lib=f"#![cfg_attr(not(feature = \"std\"), no_std)]\n#[cfg(feature = \"float\")]\npub fn {f}(x: f64) -> f64 {{\n    x.powi(3).sqrt()\n}}\n")
    c.matrix([], ["check"], axes=f"triple: [{L64}, {THUMB}]\nvariant:\n  bare: {{scope: --no-default-features}}\n  float: {{scope: '--no-default-features --features float'}}")
    c.truth("a feature that needs std without saying so", "project", "float", [], [], package=p, near=["std_missing"],
            cells={"failing": [f"{L64}/float", f"{THUMB}/float"], "passing": [f"{L64}/bare", f"{THUMB}/bare"]})


# feature_unification -----------------------------------------------------------------------------------------------------
@cases("feature_unification", "passes-in-workspace-alone")
def _(c):
    dep, a, b, feat, f = c.n.crate(), c.n.crate(), c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"#[cfg(feature = \"{feat}\")]\npub fn {f}() -> u8 {{\n    1\n}}\n")
    c.pkg(a, name=a, deps=f'{dep} = {{ path = "../{dep}" }}', lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.pkg(b, name=b, deps=f'{dep} = {{ path = "../{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)}::{f};\n")
    c.workspace([dep, a, b])
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nselection:\n  whole: {{scope: --workspace}}\n  alone: {{scope: -p {a}}}")
    c.truth("fails alone: another member turns the feature on", "project", f"{dep}/{feat}", [], [], package=a, also=["configured_out", "dependency_feature_missing"],
            cells={"failing": [f"{L64}/alone"], "passing": [f"{L64}/whole"]})


@cases("feature_unification", "fails-in-workspace-alone")
def _(c):
    dep, a, b, feat, ty = c.n.crate(), c.n.crate(), c.n.crate(), c.n.word(), c.n.ty()
    x, y = c.n.ty(), c.n.ty()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"pub enum {ty} {{\n    {x},\n    #[cfg(feature = \"{feat}\")]\n    {y},\n}}\n")
    c.pkg(a, name=a, deps=f'{dep} = {{ path = "../{dep}" }}', lib=f"use {ident(dep)}::{ty};\npub fn {c.n.fn()}(v: {ty}) -> u8 {{\n    match v {{\n        {ty}::{x} => 1,\n    }}\n}}\n")
    c.pkg(b, name=b, deps=f'{dep} = {{ path = "../{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)}::{ty};\n")
    c.workspace([dep, a, b])
    c.matrix([], ["check"], axes=f"triple: [{L64}, {MAC}]\nselection:\n  whole: {{scope: --workspace}}\n  alone: {{scope: -p {a}}}")
    c.truth("fails in the workspace: another member's feature adds a variant", "project", f"{dep}/{feat}", [], [], package=a,
            cells={"failing": [f"{L64}/whole", f"{MAC}/whole"], "passing": [f"{L64}/alone", f"{MAC}/alone"]})


@cases("feature_unification", "dev-dependency")
def _(c):
    dep, feat, f = c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"#[cfg(feature = \"{feat}\")]\npub fn {f}() -> u8 {{\n    1\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', extra=f"[dev-dependencies]\n{dep} = {{ path = \"{dep}\", features = [\"{feat}\"] }}", lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.matrix([L64, S390], ["check", "test-no-run"])
    c.truth("only the dev-dependency asks for the feature: tests build, the library does not", "project", f"{dep}/{feat}", [L64, S390], [], package=p, also=["configured_out", "dependency_feature_missing"])


@cases("feature_unification", "build-dependency-resolver-1")
def _(c):
    dep, tool, feat, f = c.n.crate(), c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f"#![cfg_attr(not(feature = \"{feat}\"), no_std)]\n#[cfg(feature = \"{feat}\")]\npub fn {f}() -> String {{\n    String::new()\n}}\n")
    c.name = None
    p = c.pkg(package='build = "build.rs"\nresolver = "1"\n', deps=f'{dep} = {{ path = "{dep}" }}', extra=f"[build-dependencies]\n{dep} = {{ path = \"{dep}\", features = [\"{feat}\"] }}",
              build_rs=f"fn main() {{\n    println!(\"cargo:rustc-env=V={{}}\", {ident(dep)}::{f}());\n}}\n", lib=f"#![no_std]\npub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, THUMB], ["check"])
    c.truth("resolver 1 gives the dependency the build script's feature, which needs std", "project", f"{dep}/{feat}", [THUMB], [L64], package=dep, also=["std_missing"])


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
    p = c.pkg(deps=f'{core} = "0.4"\n{mid} = "1"', lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(mid)}::{f}({ident(core)}::{n['ty']}(1))\n}}\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth("a type of 0.4 is handed to a crate that uses 0.3", "project", core, [L64, FBSD], [], package=p, near=["platform_type_differs"])


@cases("mixed_versions", "trait-of-older")
def _(c):
    core, n = family(c)
    mid, ty = c.n.crate(), c.n.ty()
    c.vendor(mid, "2.1.0", f"pub struct {ty};\nimpl {ident(core)}::{n['tr']} for {ty} {{\n    fn {n['f']}(&self) -> u8 {{\n        1\n    }}\n}}\n", deps=f'{core} = "0.3"')
    p = c.pkg(deps=f'{core} = "0.4"\n{mid} = "2"', main=f"fn take(x: impl {ident(core)}::{n['tr']}) -> u8 {{\n    x.{n['f']}()\n}}\nfn main() {{\n    println!(\"{{}}\", take({ident(mid)}::{ty}));\n}}\n")
    c.matrix([L64], ["check"])
    c.truth("a trait of 0.4 is asked of a type that implements that of 0.3", "project", core, [L64], [], package=p)


@cases("mixed_versions", "on-one-platform")
def _(c):
    core, n = family(c)
    f = c.n.fn()
    mid = c.n.crate()
    c.vendor(mid, "1.2.0", f"pub fn {f}(x: {ident(core)}::{n['ty']}) -> u8 {{\n    x.0\n}}\n", deps=f'{core} = "0.3"')
    p = c.pkg(deps=f'{mid} = "1"', extra=f"[target.'cfg(unix)'.dependencies]\n{core} = \"0.3\"\n\n[target.'cfg(windows)'.dependencies]\n{core} = \"0.4\"",
              lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(mid)}::{f}({ident(core)}::{n['ty']}(1))\n}}\n")
    c.matrix([L64, MAC, WIN], ["check"])
    c.truth("two versions meet in the windows graph alone", "project", core, [WIN], [L64, MAC], package=p, near=["platform_type_differs"])


@cases("mixed_versions", "older-rustc")
def _(c):
    core, n = family(c)
    mid, f = c.n.crate(), c.n.fn()
    c.vendor(mid, "3.0.0", f"pub fn {f}<T: {ident(core)}::{n['tr']}>(x: T) -> u8 {{\n    x.{n['f']}()\n}}\n", deps=f'{core} = "0.4"')
    ty = c.n.ty()
    p = c.pkg(deps=f'{core} = "0.3"\n{mid} = "3"', lib=f"pub struct {ty};\nimpl {ident(core)}::{n['tr']} for {ty} {{\n    fn {n['f']}(&self) -> u8 {{\n        2\n    }}\n}}\npub fn {c.n.fn()}() -> u8 {{\n    {ident(mid)}::{f}({ty})\n}}\n")
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
    p = c.pkg(deps=f'{core} = {{ path = "local" }}\n{mid} = "0.1"', lib=f"pub fn {c.n.fn()}() -> {ident(core)}::{ty} {{\n    {ident(mid)}::{f}()\n}}\n")
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
    c.matrix([], ["check"], axes=f"triple: [{', '.join(triples)}]\nversions:\n  published: {{lockfile: as-is}}\n  newest: {{lockfile: latest}}")
    return {"failing": [f"{t}/newest" for t in triples], "passing": [f"{t}/published" for t in triples]}


@cases("lock_drift", "function-removed")
def _(c):
    f = c.n.fn()
    dep, p = drift(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n", c.n.filler(1), lambda d: f"use {d}::{f};\npub fn {c.n.fn()}() -> u8 {{\n    {f}()\n}}\n")
    c.truth("a function that newer versions no longer have", "dependency", dep, [], [], package=p, cells=lock_axis(c, [L64, FBSD]), also=["item_absent_in_version"])


@cases("lock_drift", "signature-changed")
def _(c):
    f = c.n.fn()
    dep, p = drift(c, f"pub fn {f}(x: u8) -> u8 {{\n    x\n}}\n", f"pub fn {f}(x: u8, y: u8) -> u8 {{\n    x + y\n}}\n", lambda d: f"pub fn {c.n.fn()}() -> u8 {{\n    {d}::{f}(1)\n}}\n")
    c.truth("a function with one argument more", "dependency", dep, [], [], package=p, cells=lock_axis(c, [L64]))


@cases("lock_drift", "variant-added")
def _(c):
    ty, x, y = c.n.ty(), c.n.ty(), c.n.ty()
    dep, p = drift(c, f"pub enum {ty} {{\n    {x},\n}}\n", f"pub enum {ty} {{\n    {x},\n    {y},\n}}\n", lambda d: f"pub fn {c.n.fn()}(v: {d}::{ty}) -> u8 {{\n    match v {{\n        {d}::{ty}::{x} => 0,\n    }}\n}}\n")
    c.truth("an enum with one variant more", "dependency", dep, [], [], package=p, cells=lock_axis(c, [L64, MAC]))


@cases("lock_drift", "trait-method-added")
def _(c):
    tr, f, g, ty = c.n.ty(), c.n.fn(), c.n.fn(), c.n.ty()
    dep, p = drift(c, f"pub trait {tr} {{\n    fn {f}(&self);\n}}\n", f"pub trait {tr} {{\n    fn {f}(&self);\n    fn {g}(&self);\n}}\n",
                   lambda d: f"pub struct {ty};\nimpl {d}::{tr} for {ty} {{\n    fn {f}(&self) {{}}\n}}\n")
    c.truth("a trait with one required method more", "dependency", dep, [], [], package=p, cells=lock_axis(c, [S390]))


@cases("lock_drift", "newer-does-not-compile")
def _(c):
    f = c.n.fn()
    dep, p = drift(c, f"pub fn {f}() -> u8 {{\n    1\n}}\n", f"pub fn {f}() -> u8 {{\n    let x: u8 = \"1\";\n    x\n}}\n", lambda d: f"pub use {d}::{f};\n")
    c.truth("the newest version of the dependency does not compile itself", "dependency", dep, [], [], package=dep, cells=lock_axis(c, [L64]))


# resolver_failed -----------------------------------------------------------------------------------------------------------
BLOCKED = ("blocked", "broken", "fail")


@cases("resolver_failed", "no-such-version")
def _(c):
    dep = c.n.crate()
    c.vendor(dep, "1.3.0", c.n.filler(1))
    p = c.pkg(deps=f'{dep} = "2.1"', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth("a version that is not there", "project", dep, [L64], [], stage="prepare", package=p, verdicts=BLOCKED, near=["registry"])


@cases("resolver_failed", "links-clash")
def _(c):
    a, b, lib = c.n.crate() + "-sys", c.n.crate() + "-sys", c.n.word()
    for name in (a, b):
        c.vendor(name, "0.2.0", c.n.filler(1), package=f'links = "{lib}"\nbuild = "build.rs"\n', build_rs="fn main() {}\n")
    p = c.pkg(deps=f'{a} = "0.2"\n{b} = "0.2"', lib=c.n.filler(1))
    c.matrix([L64, FBSD], ["check"])
    c.truth("two packages link the same native library", "project", lib, [L64, FBSD], [], stage="prepare", package=p, verdicts=BLOCKED)


@cases("resolver_failed", "lock-too-new")
def _(c):
    p = c.pkg(lib=c.n.filler(1))
    c.file("Cargo.lock", f"version = 9\n\n[[package]]\nname = \"{p}\"\nversion = \"{version_of(c)}\"\n")
    c.matrix([L64], ["check"])
    c.truth("Cargo.lock of a later cargo", "toolchain", "Cargo.lock", [L64], [], stage="prepare", package=p, verdicts=BLOCKED, also=["toolchain_too_old"])


@cases("resolver_failed", "locked-out-of-date")
def _(c):
    dep = c.n.crate()
    c.vendor(dep, "1.3.0", c.n.filler(1))
    p = c.pkg(deps=f'{dep} = "1"', lib=c.n.filler(1))
    c.lock((p, version_of(c), False, []))
    c.matrix([L64], ["check"], lockfile="locked")
    c.truth("lockfile: locked, and Cargo.lock lacks a dependency", "project", "Cargo.lock", [L64], [], stage="prepare", package=p, verdicts=BLOCKED)


@cases("resolver_failed", "yanked-real-crate")
def _(c):
    p = c.pkg(deps='futures-util = "=0.3.30"', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth("a version that was yanked from the registry", "dependency", "futures-util", [L64], [], stage="prepare", package=p, verdicts=BLOCKED)


@cases("resolver_failed", "conflicting-requirements")
def _(c):
    core, mid = c.n.crate(), c.n.crate()
    c.vendor(core, "1.2.0", c.n.filler(1))
    c.vendor(core, "1.6.0", c.n.filler(1))
    c.vendor(mid, "0.3.0", c.n.filler(1), deps=f'{core} = "=1.2.0"')
    p = c.pkg(deps=f'{core} = "1.5"\n{mid} = "0.3"', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth("two requirements of one semver-compatible range that no version fulfils", "project", core, [L64], [], stage="prepare", package=p, verdicts=BLOCKED)


# package_incomplete --------------------------------------------------------------------------------------------------------
@cases("package_incomplete", "include-str")
def _(c):
    f = c.n.word() + ".txt"
    p = c.pkg(lib=f"pub const {c.n.const()}: &str = include_str!(\"../data/{f}\");\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("include_str! of a file that was not published", "project", f"data/{f}", [L64, MAC], [], package=p)


@cases("package_incomplete", "test-target-file")
def _(c):
    t = c.n.fn()
    p = c.pkg(extra=f"[[test]]\nname = \"{t}\"\npath = \"tests/{t}.rs\"", lib=c.n.filler(1))
    c.matrix([L64], ["check", "test-no-run"])
    c.truth("the manifest names a test whose file is not there", "project", f"tests/{t}.rs", [L64], [], stage="test-no-run", package=p, verdicts=BLOCKED, also=["resolver_failed"])


@cases("package_incomplete", "module-file-in-dependency")
def _(c):
    dep, m = c.n.crate(), c.n.fn()
    c.vendor(dep, "0.2.2", f"pub mod {m};\n")
    p = c.pkg(deps=f'{dep} = "0.2"', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth("a module of a published crate was not packed", "dependency", f"{m}.rs", [L64, FBSD], [], package=dep, near=["no_body_for_platform"])


@cases("package_incomplete", "build-script-file")
def _(c):
    p = c.pkg(package='build = "build/main.rs"\n', lib=c.n.filler(1))
    c.matrix([L64], ["check"])
    c.truth("the manifest names a build script that is not there", "project", "build/main.rs", [L64], [], package=p, verdicts=BLOCKED)
