"""Features."""

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()


# feature_unknown -------------------------------------------------------------------------------------------------------
@cases("feature_unknown", "of-path-dependency")
def _(c):
    dep, feat = c.n.crate(), c.n.word()
    c.pkg(dep, name=dep, extra=f"[features]\n{c.n.word()} = []", lib=c.n.filler(1))
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64], ["check"])
    c.truth(
        "the manifest asks a dependency for a feature it does not have",
        "project",
        f"{dep}/{feat}",
        [L64],
        [],
        stage="prepare",
        package=p,
        verdicts=("blocked", "broken", "fail"),
    )


@cases("feature_unknown", "of-registry-crate")
def _(c):
    dep, feat = c.n.crate(), c.n.word()
    c.vendor(dep, "1.3.0", c.n.filler(1), extra="[features]\ndefault = []\nstd = []")
    p = c.pkg(
        deps=f'{dep} = {{ version = "1", default-features = false, features = ["{feat}"] }}',
        lib=f"pub use {ident(dep)} as {c.n.word()};\n",
    )
    c.matrix([L64, MAC], ["check"])
    c.truth(
        "the version in reach of a crate of the registry no longer has it",
        "project",
        f"{dep}/{feat}",
        [L64, MAC],
        [],
        stage="prepare",
        package=p,
        verdicts=("blocked", "broken", "fail"),
        also=["resolver_failed"],
    )


@cases("feature_unknown", "named-by-matrix")
def _(c):
    feat = c.n.word()
    p = c.pkg(extra=f"[features]\n{c.n.word()} = []", lib=c.n.filler(1))
    c.matrix([L64], ["check"], features=[feat])
    c.truth(
        "the matrix selects a feature that the package does not have",
        "project",
        feat,
        [L64],
        [],
        stage="check",
        package=p,
        verdicts=("blocked", "broken", "fail"),
    )


@cases("feature_unknown", "in-feature-table")
def _(c):
    dep, feat = c.n.crate(), c.n.word()
    c.pkg(dep, name=dep, lib=c.n.filler(1))
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}', extra=f'[features]\ndefault = ["fast"]\nfast = ["{dep}/{feat}"]', lib=c.n.filler(1)
    )
    c.matrix([S390], ["check"])
    c.truth(
        "a feature of the package forwards to one that is not there",
        "project",
        f"{dep}/{feat}",
        [S390],
        [],
        stage="prepare",
        package=p,
        verdicts=("blocked", "broken", "fail"),
    )


# feature_combination -----------------------------------------------------------------------------------------------------
@cases("feature_combination", "both-backends")
def _(c):
    a, b, f = c.n.word(), c.n.word(), c.n.fn()
    p = c.pkg(
        extra=f'[features]\ndefault = ["{a}"]\n{a} = []\n{b} = []',
        lib=(
            f'#[cfg(feature = "{a}")]\npub fn {f}() -> u8 {{\n    1\n}}\n#[cfg(feature = "{b}")]\npub fn {f}() -> u8 {{\n   '
            " 2\n}\n"
        ),
    )
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nvariant:\n  plain: {{}}\n  both: {{features: all}}")
    c.truth(
        "both of two alternatives: the same function twice",
        "project",
        f"{a}+{b}",
        [],
        [],
        package=p,
        cells={"failing": [f"{L64}/both"], "passing": [f"{L64}/plain"]},
    )


@cases("feature_combination", "neither-backend")
def _(c):
    a, b, f = c.n.word(), c.n.word(), c.n.fn()
    p = c.pkg(
        extra=f'[features]\ndefault = ["{a}"]\n{a} = []\n{b} = []',
        lib=(
            f'#[cfg(feature = "{a}")]\nuse self::one as chosen;\n#[cfg(all(feature = "{b}", not(feature = "{a}")))]\nuse'
            f" self::two as chosen;\n#[allow(dead_code)]\nmod one {{\n    pub fn {f}() -> u8 {{\n        1\n   "
            f" }}\n}}\n#[allow(dead_code)]\nmod two {{\n    pub fn {f}() -> u8 {{\n        2\n    }}\n}}\npub fn {c.n.fn()}() ->"
            f" u8 {{\n    chosen::{f}()\n}}\n"
        ),
    )
    c.matrix(
        [],
        ["check"],
        axes=(
            f"triple: [{L64}, {FBSD}]\nvariant:\n  plain: {{}}\n  bare: {{scope: --no-default-features}}\n  other: {{scope:"
            f" '--no-default-features --features {b}'}}"
        ),
    )
    c.truth(
        "neither of two alternatives",
        "project",
        f"{a}|{b}",
        [],
        [],
        package=p,
        also=["configured_out"],
        cells={"failing": [f"{L64}/bare", f"{FBSD}/bare"], "passing": [f"{L64}/plain", f"{L64}/other", f"{FBSD}/plain"]},
    )


@cases("feature_combination", "refused-in-words")
def _(c):
    a, b = c.n.word(), c.n.word()
    p = c.pkg(
        extra=f"[features]\n{a} = []\n{b} = []",
        lib=(
            f'#[cfg(all(feature = "{a}", feature = "{b}"))]\ncompile_error!("features `{a}` and `{b}` cannot be enabled'
            f' together");\n{c.n.filler(1)}'
        ),
    )
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nvariant:\n  none: {{}}\n  one: {{features: [{a}]}}\n  all: {{features: all}}")
    c.truth(
        "compile_error! for two features at once",
        "project",
        f"{a}+{b}",
        [],
        [],
        package=p,
        also=["unsupported_on_purpose"],
        cells={"failing": [f"{L64}/all"], "passing": [f"{L64}/none", f"{L64}/one"]},
    )


@cases("feature_combination", "no-std-on-all-platforms")
def _(c):
    f = c.n.fn()
    p = c.pkg(
        extra='[features]\ndefault = ["std"]\nstd = []\nfloat = []',
        lib=(
            f'#![cfg_attr(not(feature = "std"), no_std)]\n#[cfg(feature = "float")]\npub fn {f}(x: f64) -> f64 {{\n   '
            " x.powi(3).sqrt()\n}\n"
        ),
    )
    c.matrix(
        [],
        ["check"],
        axes=(
            f"triple: [{L64}, {THUMB}]\nvariant:\n  bare: {{scope: --no-default-features}}\n  float: {{scope:"
            " '--no-default-features --features float'}"
        ),
    )
    c.truth(
        "a feature that needs std without saying so",
        "project",
        "float",
        [],
        [],
        package=p,
        near=["std_missing"],
        cells={"failing": [f"{L64}/float", f"{THUMB}/float"], "passing": [f"{L64}/bare", f"{THUMB}/bare"]},
    )


# feature_unification -----------------------------------------------------------------------------------------------------
@cases("feature_unification", "passes-in-workspace-alone")
def _(c):
    dep, a, b, feat, f = c.n.crate(), c.n.crate(), c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f'#[cfg(feature = "{feat}")]\npub fn {f}() -> u8 {{\n    1\n}}\n')
    c.pkg(a, name=a, deps=f'{dep} = {{ path = "../{dep}" }}', lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n")
    c.pkg(b, name=b, deps=f'{dep} = {{ path = "../{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)}::{f};\n")
    c.workspace([dep, a, b])
    c.matrix([], ["check"], axes=f"triple: [{L64}]\nselection:\n  whole: {{scope: --workspace}}\n  alone: {{scope: -p {a}}}")
    c.truth(
        "fails alone: another member turns the feature on",
        "project",
        f"{dep}/{feat}",
        [],
        [],
        package=a,
        also=["configured_out", "dependency_feature_missing"],
        cells={"failing": [f"{L64}/alone"], "passing": [f"{L64}/whole"]},
    )


@cases("feature_unification", "fails-in-workspace-alone")
def _(c):
    dep, a, b, feat, ty = c.n.crate(), c.n.crate(), c.n.crate(), c.n.word(), c.n.ty()
    x, y = c.n.ty(), c.n.ty()
    c.pkg(
        dep,
        name=dep,
        extra=f"[features]\n{feat} = []",
        lib=f'pub enum {ty} {{\n    {x},\n    #[cfg(feature = "{feat}")]\n    {y},\n}}\n',
    )
    c.pkg(
        a,
        name=a,
        deps=f'{dep} = {{ path = "../{dep}" }}',
        lib=(
            f"use {ident(dep)}::{ty};\npub fn {c.n.fn()}(v: {ty}) -> u8 {{\n    match v {{\n        {ty}::{x} => 1,\n    }}\n}}\n"
        ),
    )
    c.pkg(b, name=b, deps=f'{dep} = {{ path = "../{dep}", features = ["{feat}"] }}', lib=f"pub use {ident(dep)}::{ty};\n")
    c.workspace([dep, a, b])
    c.matrix(
        [], ["check"], axes=f"triple: [{L64}, {MAC}]\nselection:\n  whole: {{scope: --workspace}}\n  alone: {{scope: -p {a}}}"
    )
    c.truth(
        "fails in the workspace: another member's feature adds a variant",
        "project",
        f"{dep}/{feat}",
        [],
        [],
        package=a,
        cells={"failing": [f"{L64}/whole", f"{MAC}/whole"], "passing": [f"{L64}/alone", f"{MAC}/alone"]},
    )


@cases("feature_unification", "dev-dependency")
def _(c):
    dep, feat, f = c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(dep, name=dep, extra=f"[features]\n{feat} = []", lib=f'#[cfg(feature = "{feat}")]\npub fn {f}() -> u8 {{\n    1\n}}\n')
    c.name = None
    p = c.pkg(
        deps=f'{dep} = {{ path = "{dep}" }}',
        extra=f'[dev-dependencies]\n{dep} = {{ path = "{dep}", features = ["{feat}"] }}',
        lib=f"pub fn {c.n.fn()}() -> u8 {{\n    {ident(dep)}::{f}()\n}}\n",
    )
    c.matrix([L64, S390], ["check", "test-no-run"])
    c.truth(
        "only the dev-dependency asks for the feature: tests build, the library does not",
        "project",
        f"{dep}/{feat}",
        [L64, S390],
        [],
        package=p,
        also=["configured_out", "dependency_feature_missing"],
    )


@cases("feature_unification", "build-dependency-resolver-1")
def _(c):
    dep, _tool, feat, f = c.n.crate(), c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(
        dep,
        name=dep,
        extra=f"[features]\n{feat} = []",
        lib=(
            f'#![cfg_attr(not(feature = "{feat}"), no_std)]\n#[cfg(feature = "{feat}")]\npub fn {f}() -> String {{\n   '
            " String::new()\n}\n"
        ),
    )
    c.name = None
    c.pkg(
        package='build = "build.rs"\nresolver = "1"\n',
        deps=f'{dep} = {{ path = "{dep}" }}',
        extra=f'[build-dependencies]\n{dep} = {{ path = "{dep}", features = ["{feat}"] }}',
        build_rs=f'fn main() {{\n    println!("cargo:rustc-env=V={{}}", {ident(dep)}::{f}());\n}}\n',
        lib=f"#![no_std]\npub use {ident(dep)} as {c.n.word()};\n",
    )
    c.matrix([L64, THUMB], ["check"])
    c.truth(
        "resolver 1 gives the dependency the build script's feature, which needs std",
        "project",
        f"{dep}/{feat}",
        [THUMB],
        [L64],
        package=dep,
        also=["std_missing"],
    )
