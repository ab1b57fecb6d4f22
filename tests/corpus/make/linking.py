"""Linking and native code: linkers, libraries, C compilers, build scripts."""
from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()
MAIN = "fn main() {\n    println!(\"%s\");\n}\n"


# linker_missing --------------------------------------------------------------------------------------------------------
@cases("linker_missing", "named-by-matrix")
def _(c):
    name = c.n.word() + "-gcc"
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([L64, A64], ["build"], raw=f"rules:\n  - match: triple = {A64}\n    linker: {name}")
    c.truth("the matrix names a linker that is not there", "environment", name, [A64], [L64], stage="setup", package=p, verdicts=("broken",))


@cases("linker_missing", "named-by-project")
def _(c):
    name = "/opt/" + c.n.word() + "/bin/cc"
    p = c.pkg(main=MAIN % c.n.word())
    c.file(".cargo/config.toml", f"[target.{S390}]\nlinker = \"{name}\"\n")
    c.matrix([L64, S390], ["build"])
    c.truth("the project's configuration names a linker by a path of another machine", "project", name, [S390], [L64], stage="setup", package=p, verdicts=("broken",))


@cases("linker_missing", "no-cross-compiler")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([L64, "sparc64-unknown-linux-gnu"], ["check", "build"])
    c.truth("no cross compiler of that architecture is installed", "environment", "sparc64-linux-gnu-gcc", ["sparc64-unknown-linux-gnu"], [L64], stage="build",
            package=p, verdicts=("broken", "blocked"), also=["linker_wrong"])


@cases("linker_missing", "of-cargo-for-host-part")
def _(c):
    name = c.n.word() + "-ld"
    p = c.pkg(package='build = "build.rs"\n', build_rs="fn main() {}\n", lib=c.n.filler())
    c.file(".cargo/config.toml", f"[target.{L64}]\nlinker = \"{name}\"\n")
    c.matrix([FBSD], ["check"])
    c.truth("the host's linker, which only the build script needs, is not there", "project", name, [FBSD], [], package=p, verdicts=("broken", "fail"))


# linker_wrong ------------------------------------------------------------------------------------------------------------
@cases("linker_wrong", "cross-gcc-for-host")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([A64, L64], ["build"], raw=f"rules:\n  - match: triple = {L64}\n    linker: aarch64-linux-gnu-gcc")
    c.truth("a cross gcc links for the host", "environment", "aarch64-linux-gnu-gcc", [L64], [A64], stage="setup", package=p, verdicts=("broken",))


@cases("linker_wrong", "host-gcc-for-foreign")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.file(".cargo/config.toml", f"[target.{S390}]\nlinker = \"cc\"\n")
    c.matrix([L64, S390], ["build"])
    c.truth("the project has the host's cc link for s390x", "project", "cc", [S390], [L64], stage="setup", package=p, verdicts=("broken",))


@cases("linker_wrong", "build-script-gets-cross-gcc")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', build_rs="fn main() {\n    println!(\"cargo:rerun-if-changed=build.rs\");\n}\n", lib=c.n.filler())
    c.file(".cargo/config.toml", f"[target.{L64}]\nlinker = \"riscv64-linux-gnu-gcc\"\n")
    c.matrix([MAC], ["check"])
    c.truth("the build script is linked by a foreign gcc", "project", "riscv64-linux-gnu-gcc", [MAC], [], package=p, verdicts=("broken", "fail"))


@cases("linker_wrong", "plain-ld-with-gcc-arguments")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.matrix([L64, ARM], ["build"], raw=f"rules:\n  - match: triple = {ARM}\n    linker: arm-linux-gnueabihf-ld")
    c.truth("ld itself where a compiler driver is expected", "environment", "arm-linux-gnueabihf-ld", [ARM], [L64], stage="setup", package=p, verdicts=("broken",), near=["native_library_missing"])


@cases("linker_wrong", "link-argument-of-other-linker")
def _(c):
    p = c.pkg(main=MAIN % c.n.word())
    c.file(".cargo/config.toml", f"[target.{RV}]\nrustflags = [\"-Clink-arg=-m64\"]\n")
    c.matrix([L64, RV], ["build"])
    c.truth("an argument that this architecture's gcc does not know", "project", "-m64", [RV], [L64], stage="build", package=p, verdicts=("broken", "fail"))


# undefined_symbols -----------------------------------------------------------------------------------------------------
@cases("undefined_symbols", "extern-nobody-defines")
def _(c):
    f = c.n.fn()
    p = c.pkg(main=f"extern \"C\" {{\n    fn {f}(x: i32) -> i32;\n}}\nfn main() {{\n    println!(\"{{}}\", unsafe {{ {f}(1) }});\n}}\n")
    c.matrix([L64, A64], ["check", "build"])
    c.truth("a C function that no library has", "project", f, [L64, A64], [], stage="build", package=p, verdicts=("fail", "broken"))


@cases("undefined_symbols", "defined-for-one-arch")
def _(c):
    dep, f = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, lib=f"#[cfg(target_arch = \"x86_64\")]\n#[no_mangle]\npub extern \"C\" fn {f}() -> i32 {{\n    1\n}}\n#[cfg(not(target_arch = \"x86_64\"))]\nextern \"C\" {{\n    pub fn {f}() -> i32;\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', main=f"fn main() {{\n    #[allow(unused_unsafe)]\n    println!(\"{{}}\", unsafe {{ {ident(dep)}::{f}() }});\n}}\n")
    c.matrix([L64, PPC64, S390], ["build"])
    c.truth("#[no_mangle] for one architecture, extern elsewhere", "project", f, [PPC64, S390], [L64], stage="build", package=p, verdicts=("fail", "broken"), near=["configured_out"])


@cases("undefined_symbols", "from-asm")
def _(c):
    f, g = c.n.fn(), c.n.fn()
    p = c.pkg(lib=f"std::arch::global_asm!(\".globl {f}\", \"{f}:\", \"b {g}\");\nextern \"C\" {{\n    fn {f}();\n}}\npub fn {c.n.fn()}() {{\n    unsafe {{ {f}() }}\n}}\n",
              tests__link_rs="")
    c.files["tests/link.rs"] = f"#[test]\nfn {c.n.fn()}() {{\n    let _ = {ident(p)}::{c.files['src/lib.rs'].split('pub fn ')[1].split('(')[0]} as fn();\n    {ident(p)}::{c.files['src/lib.rs'].split('pub fn ')[1].split('(')[0]}();\n}}\n"
    c.matrix([A64, ARM], ["check", "test-no-run"])
    c.truth("assembler jumps to a symbol that is not there; only a test links it", "project", g, [A64, ARM], [], stage="test-no-run", package=p, verdicts=("fail", "broken"))


@cases("undefined_symbols", "atomic-libcall")
def _(c):
    f = "__atomic_load_16"
    p = c.pkg(main=f"extern \"C\" {{\n    fn {f}(p: *const u128, order: i32) -> u128;\n}}\nfn main() {{\n    let x = 1u128;\n    println!(\"{{}}\", unsafe {{ {f}(&x, 5) }});\n}}\n")
    c.matrix([L64, RV], ["build"])
    c.truth("a function of libatomic, which nobody links", "project", f, [L64, RV], [], stage="build", package=p, verdicts=("fail", "broken"), near=["atomics_missing"])


@cases("undefined_symbols", "library-in-older-version")
def _(c):
    lib, f, g = c.n.word(), c.n.fn(), c.n.fn()
    p = c.pkg(package='build = "build.rs"\n', build_rs="use std::{env, process::Command};\nfn main() {\n    let out = env::var(\"OUT_DIR\").unwrap();\n"
              "    let cc = if env::var(\"CARGO_CFG_TARGET_ARCH\").unwrap() == \"aarch64\" { \"aarch64-linux-gnu-gcc\" } else { \"gcc\" };\n"
              f"    let object = format!(\"{{out}}/a.o\");\n    assert!(Command::new(cc).args([\"-c\", \"src/{lib}.c\", \"-o\", &object]).status().unwrap().success());\n"
              f"    assert!(Command::new(\"ar\").args([\"crs\", &format!(\"{{out}}/lib{lib}.a\"), &object]).status().unwrap().success());\n"
              f"    println!(\"cargo:rustc-link-search=native={{out}}\");\n    println!(\"cargo:rustc-link-lib=static={lib}\");\n}}\n",
              main=f"extern \"C\" {{\n    fn {f}() -> i32;\n    fn {g}() -> i32;\n}}\nfn main() {{\n    println!(\"{{}}\", unsafe {{ {f}() + {g}() }});\n}}\n")
    c.file(f"src/{lib}.c", f"int {f}(void) {{ return 1; }}\n")
    c.matrix([L64, A64], ["build"])
    c.truth("the library is found and has one of two functions", "project", g, [L64, A64], [], stage="build", package=p, verdicts=("fail", "broken"), near=["native_library_missing"])


@cases("undefined_symbols", "said-by-lld")
def _(c):
    f = c.n.fn()
    p = c.pkg(main=f"extern \"C\" {{\n    fn {f}(x: *const u8) -> usize;\n}}\nfn main() {{\n    println!(\"{{}}\", unsafe {{ {f}(std::ptr::null()) }});\n}}\n")
    c.matrix([L64], ["build"], toolchain="stable")
    c.truth("rustup's rustc links with its own lld, which says it in other words", "project", f, [L64], [], stage="build", package=p, verdicts=("fail", "broken"))


# native_library_missing --------------------------------------------------------------------------------------------------
@cases("native_library_missing", "link-attribute")
def _(c):
    lib, f = c.n.word(), c.n.fn()
    p = c.pkg(main=f"#[link(name = \"{lib}\")]\nextern \"C\" {{\n    fn {f}() -> i32;\n}}\nfn main() {{\n    println!(\"{{}}\", unsafe {{ {f}() }});\n}}\n")
    c.matrix([L64, S390], ["check", "build"])
    c.truth("#[link] of a library that no machine has", "environment", lib, [L64, S390], [], stage="build", package=p, verdicts=("broken", "fail"))


@cases("native_library_missing", "for-foreign-alone")
def _(c):
    f = "zlibVersion"
    p = c.pkg(package='build = "build.rs"\n', build_rs="fn main() {\n    println!(\"cargo:rustc-link-lib=z\");\n}\n",
              main=f"extern \"C\" {{\n    fn {f}() -> *const std::ffi::c_char;\n}}\nfn main() {{\n    println!(\"{{:?}}\", unsafe {{ {f}() }});\n}}\n")
    c.matrix([L64, A64, RV], ["build"])
    c.truth("a library that is installed for the host alone", "environment", "z", [A64, RV], [L64], stage="build", package=p, verdicts=("broken", "fail"))


@cases("native_library_missing", "pkg-config-crate")
def _(c):
    lib = "lib" + c.n.word()
    p = c.pkg(package='build = "build.rs"\n', extra="[build-dependencies]\npkg-config = \"0.3\"", lib=c.n.filler(),
              build_rs=f"fn main() {{\n    pkg_config::Config::new().atleast_version(\"1.2\").probe(\"{lib}\").unwrap();\n}}\n")
    c.matrix([L64, A64], ["check"])
    c.truth("the pkg-config crate does not find it", "environment", lib, [L64, A64], [], package=p, verdicts=("broken", "fail"), near=["build_script_failed"])


@cases("native_library_missing", "sys-crate-by-hand")
def _(c):
    dep, lib = c.n.crate() + "-sys", c.n.word()
    c.pkg(dep, name=dep, package=f'build = "build.rs"\nlinks = "{lib}"\n', lib=c.n.filler(1),
          build_rs=f"use std::process::Command;\nfn main() {{\n    let found = Command::new(\"pkg-config\").args([\"--libs\", \"{lib}\"]).status();\n    if !found.map(|s| s.success()).unwrap_or(false) {{\n"
          f"        eprintln!(\"Could not find native library `{lib}`. Install lib{lib}-dev or set {lib.upper()}_DIR.\");\n        std::process::exit(1);\n    }}\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([S390, FBSD], ["check"])
    c.truth("a -sys crate of its own asks pkg-config and says what to install", "environment", lib, [S390, FBSD], [], package=dep, verdicts=("broken", "fail"), near=["build_script_failed"])


@cases("native_library_missing", "said-by-lld")
def _(c):
    dep, lib, f = c.n.crate(), c.n.word(), c.n.fn()
    c.pkg(dep, name=dep, lib=f"#[link(name = \"{lib}\", kind = \"dylib\")]\nextern \"C\" {{\n    pub fn {f}() -> i32;\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', main=f"fn main() {{\n    println!(\"{{}}\", unsafe {{ {ident(dep)}::{f}() }});\n}}\n")
    c.matrix([L64], ["build"], toolchain="nightly")
    c.truth("rustup's rustc links with its own lld, which says it in other words", "environment", lib, [L64], [], stage="build", package=p, verdicts=("fail", "broken"))


# c_compiler_missing ------------------------------------------------------------------------------------------------------
CC_BUILD = "fn main() {\n    cc::Build::new().file(\"src/part.c\").compile(\"%s\");\n}\n"


@cases("c_compiler_missing", "cc-crate-musl")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', extra="[build-dependencies]\ncc = \"1\"", build_rs=CC_BUILD % c.n.word(), lib=c.n.filler(1), src__part_c="int one(void) { return 1; }\n")
    c.matrix([L64, A64, MUSL, PPC], ["check"])
    c.truth("the cc crate finds no compiler for the triple", "environment", "musl-gcc", [MUSL, PPC], [L64, A64], package=p, verdicts=("broken", "fail"), near=["build_script_failed", "linker_missing"])


@cases("c_compiler_missing", "named-by-environment")
def _(c):
    cc = c.n.word() + "-clang"
    p = c.pkg(package='build = "build.rs"\n', extra="[build-dependencies]\ncc = \"1\"", build_rs=CC_BUILD % c.n.word(), lib=c.n.filler(1), src__part_c="int one(void) { return 1; }\n")
    c.matrix([L64, RV], ["check"], raw=f"rules:\n  - match: triple = {RV}\n    env: {{CC: {cc}}}")
    c.truth("CC of the matrix names what is not there", "environment", cc, [RV], [L64], package=p, verdicts=("broken", "fail"), near=["build_script_failed"])


@cases("c_compiler_missing", "command-by-hand")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(1), src__part_c="int one(void) { return 1; }\n",
              build_rs="use std::{env, process::Command};\nfn main() {\n    let arch = env::var(\"CARGO_CFG_TARGET_ARCH\").unwrap();\n    let cc = format!(\"{arch}-linux-gnu-gcc\");\n    let out = env::var(\"OUT_DIR\").unwrap();\n"
              "    let status = Command::new(&cc).args([\"-c\", \"src/part.c\", \"-o\"]).arg(format!(\"{out}/part.o\")).status().unwrap_or_else(|e| panic!(\"failed to run {cc}: {e}\"));\n    assert!(status.success());\n}\n")
    c.matrix([L64, S390, "mips64-unknown-linux-gnuabi64"][:2] + [PPC], ["check"])
    c.truth("a build script starts a compiler by a name it puts together", "environment", "powerpc-linux-gnu-gcc", [PPC], [L64, S390], package=p, verdicts=("broken", "fail"), near=["build_script_failed"])


@cases("c_compiler_missing", "cc-crate-in-dependency-bsd")
def _(c):
    dep = c.n.crate()
    c.pkg(dep, name=dep, package='build = "build.rs"\n', extra="[build-dependencies]\ncc = \"1\"", build_rs=CC_BUILD % c.n.word(), lib=c.n.filler(1), src__part_c="#include <stdlib.h>\nint one(void) { return abs(-1); }\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, THUMB], ["check"])
    c.truth("a dependency compiles C for bare metal", "environment", "arm-none-eabi-gcc", [THUMB], [L64], package=dep, verdicts=("broken", "fail"))


# build_script_failed -----------------------------------------------------------------------------------------------------
@cases("build_script_failed", "unwrap-of-variable")
def _(c):
    var = c.n.const()
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs=f"fn main() {{\n    let x = std::env::var(\"{var}\").unwrap();\n    println!(\"cargo:rustc-env=X={{x}}\");\n}}\n")
    c.matrix([L64, MAC], ["check"])
    c.truth("a variable that nobody sets", "project", var, [L64, MAC], [], package=p)


@cases("build_script_failed", "exit-3-silent")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="fn main() {\n    std::process::exit(3);\n}\n")
    c.matrix([L64], ["check"])
    c.truth("ends with 3 and says nothing", "project", p, [L64], [], package=p)


@cases("build_script_failed", "missing-input-in-dependency")
def _(c):
    dep, f = c.n.crate(), c.n.word()
    c.vendor(dep, "0.7.2", c.n.filler(1), package='build = "build.rs"\n', build_rs=f"fn main() {{\n    let grammar = std::fs::read_to_string(\"grammar/{f}.txt\").expect(\"cannot read the grammar\");\n    println!(\"cargo:warning={{}}\", grammar.len());\n}}\n")
    p = c.pkg(deps=f'{dep} = "0.7"', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, FBSD], ["check"])
    c.truth("a crate of the registry whose build script reads a file that is not there", "dependency", f"grammar/{f}.txt", [L64, FBSD], [], package=dep, also=["package_incomplete"])


@cases("build_script_failed", "index-out-of-range")
def _(c):
    p = c.pkg(package='build = "build.rs"\n', lib=c.n.filler(), build_rs="fn main() {\n    let triple = std::env::var(\"TARGET\").unwrap();\n    let parts: Vec<&str> = triple.split('-').collect();\n    println!(\"cargo:rustc-env=ENVIRONMENT={}\", parts[3]);\n}\n")
    c.matrix([L64, FBSD, MAC], ["check"])
    c.truth("panics where the triple has three parts: a fault, not a refusal", "project", p, [FBSD, MAC], [L64], package=p, near=["unsupported_on_purpose"])


# build_script_host -------------------------------------------------------------------------------------------------------
@cases("build_script_host", "cfg-of-host")
def _(c):
    f, cfg = c.n.fn(), c.n.fn()
    p = c.pkg(package='build = "build.rs"\n', build_rs=f"fn main() {{\n    println!(\"cargo:rustc-check-cfg=cfg({cfg})\");\n    if cfg!(target_os = \"linux\") {{\n        println!(\"cargo:rustc-cfg={cfg}\");\n    }}\n}}\n",
              lib=f"#[cfg({cfg})]\npub fn {f}() -> std::io::Result<u64> {{\n    use std::os::linux::fs::MetadataExt;\n    Ok(std::fs::metadata(\".\")?.st_ino())\n}}\n")
    c.matrix([L64, S390, FBSD, MAC], ["check"])
    c.truth("cfg!(target_os) in the build script is the host's", "project", "build.rs", [FBSD, MAC], [L64, S390], package=p, near=["item_absent_on_platform", "configured_out"])


@cases("build_script_host", "width-of-host")
def _(c):
    k = c.n.const()
    p = c.pkg(package='build = "build.rs"\n', build_rs=f"use std::{{env, fs, path::Path}};\nfn main() {{\n    let out = env::var(\"OUT_DIR\").unwrap();\n    let text = format!(\"pub const {k}: usize = {{}};\\n\", std::mem::size_of::<usize>());\n"
              "    fs::write(Path::new(&out).join(\"sizes.rs\"), text).unwrap();\n}\n",
              lib=f"include!(concat!(env!(\"OUT_DIR\"), \"/sizes.rs\"));\nconst _: () = assert!({k} == std::mem::size_of::<usize>());\n")
    c.matrix([L64, A64, L32, ARM], ["check"])
    c.truth("the build script writes down the host's size of usize", "project", k, [L32, ARM], [L64, A64], package=p, near=["layout_differs"])


@cases("build_script_host", "arch-of-host-in-dependency")
def _(c):
    dep, m = c.n.crate(), c.n.fn()
    c.pkg(dep, name=dep, package='build = "build.rs"\n', build_rs="fn main() {\n    println!(\"cargo:rustc-check-cfg=cfg(machine, values(any()))\");\n    println!(\"cargo:rustc-cfg=machine=\\\"{}\\\"\", std::env::consts::ARCH);\n}\n",
          lib=f"#[cfg(machine = \"x86_64\")]\npub mod {m} {{\n    pub fn ticks() -> u64 {{\n        unsafe {{ std::arch::x86_64::_rdtsc() }}\n    }}\n}}\n")
    c.name = None
    p = c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64, FBSD, A64, S390], ["check"])
    c.truth("std::env::consts::ARCH in the build script of a dependency", "dependency", "build.rs", [A64, S390], [L64, FBSD], package=dep, near=["foreign_arch_code"])


@cases("build_script_host", "compiles-for-host")
def _(c):
    lib, f = c.n.word(), c.n.fn()
    p = c.pkg(package='build = "build.rs"\n', build_rs="use std::{env, process::Command};\nfn main() {\n    let out = env::var(\"OUT_DIR\").unwrap();\n"
              f"    let object = format!(\"{{out}}/a.o\");\n    assert!(Command::new(\"gcc\").args([\"-c\", \"src/{lib}.c\", \"-o\", &object]).status().unwrap().success());\n"
              f"    assert!(Command::new(\"ar\").args([\"crs\", &format!(\"{{out}}/lib{lib}.a\"), &object]).status().unwrap().success());\n"
              f"    println!(\"cargo:rustc-link-search=native={{out}}\");\n    println!(\"cargo:rustc-link-lib=static={lib}\");\n}}\n",
              main=f"extern \"C\" {{\n    fn {f}() -> i32;\n}}\nfn main() {{\n    println!(\"{{}}\", unsafe {{ {f}() }});\n}}\n")
    c.file(f"src/{lib}.c", f"int {f}(void) {{ return 1; }}\n")
    c.matrix([L64, A64, S390], ["build"])
    c.truth("the build script compiles C with the host's gcc: objects of the wrong machine", "project", lib, [A64, S390], [L64], stage="build", package=p, verdicts=("broken", "fail"),
            also=["undefined_symbols", "linker_wrong"], near=["native_library_missing"])


# glibc_too_new -------------------------------------------------------------------------------------------------------------
# No older system is at hand: the executable is linked against a stand-in of the C library that promises a version which no
# real one has. Loader and message are real.
STUB = ("use std::{env, fs, process::Command};\nfn main() {\n    let out = env::var(\"OUT_DIR\").unwrap();\n    let cc = match env::var(\"CARGO_CFG_TARGET_ARCH\").unwrap().as_str() {\n"
        "        \"s390x\" => \"s390x-linux-gnu-gcc\",\n        \"aarch64\" => \"aarch64-linux-gnu-gcc\",\n        _ => \"gcc\",\n    };\n"
        "    fs::write(format!(\"{out}/v.map\"), \"GLIBC_%(v)s { global: %(f)s; };\\n\").unwrap();\n"
        "    let done = Command::new(cc).args([\"-shared\", \"-fPIC\", \"-nostdlib\", \"-Wl,-soname,libresolv.so.2\", \"src/stub.c\", \"-o\"])\n        .arg(format!(\"{out}/libstub.so\")).arg(format!(\"-Wl,--version-script={out}/v.map\")).status().unwrap();\n"
        "    assert!(done.success());\n    println!(\"cargo:rustc-link-search=native={out}\");\n    println!(\"cargo:rustc-link-lib=dylib=stub\");\n}\n")


def newer_glibc(c, version, triples, **truth):
    f = c.n.fn()
    p = c.pkg(package='build = "build.rs"\n', build_rs=STUB % {"v": version, "f": f}, src__stub_c=f"int {f}(void) {{ return 1; }}\n",
              lib=f"extern \"C\" {{\n    pub fn {f}() -> i32;\n}}\n#[test]\nfn {c.n.fn()}() {{\n    assert_eq!(unsafe {{ {f}() }}, 1);\n}}\n#[test]\nfn {c.n.fn()}() {{}}\n")
    c.matrix(triples, ["test-no-run", "execute"])
    c.truth(subject=f"GLIBC_{version}", failing=triples, stage="execute", package=p, made="forced", note="linked against a stand-in of libresolv", fault="environment", verdicts=("broken", "fail", "suspect"), **truth)


@cases("glibc_too_new", "native")
def _(c):
    newer_glibc(c, "2.41", [L64], kind="a test executable asks for a newer glibc than this machine has")


@cases("glibc_too_new", "emulated")
def _(c):
    newer_glibc(c, "2.39", [S390, A64], kind="the sysroot's glibc under QEMU is too old", near=["emulator_loader_mix"])


@cases("glibc_too_new", "build-script")
def _(c):
    f = c.n.fn()
    dep = c.n.crate()
    c.pkg(dep, name=dep, package='build = "build.rs"\n', build_rs=STUB.replace('env::var("CARGO_CFG_TARGET_ARCH").unwrap().as_str()', '"x86_64"') % {"v": "2.42", "f": f},
          src__stub_c=f"int {f}(void) {{ return 1; }}\n", lib=f"extern \"C\" {{\n    pub fn {f}() -> i32;\n}}\n")
    c.name = None
    p = c.pkg(package='build = "build.rs"\n', extra=f"[build-dependencies]\n{dep} = {{ path = \"{dep}\" }}", lib=c.n.filler(), build_rs=f"fn main() {{\n    println!(\"cargo:rustc-env=N={{}}\", unsafe {{ {ident(dep)}::{f}() }});\n}}\n")
    c.matrix([FBSD, L64], ["check"])
    c.truth("a build script that was linked against a newer glibc", "environment", "GLIBC_2.42", [FBSD, L64], [], package=p, made="forced", note="linked against a stand-in of libresolv", verdicts=("broken", "fail"), near=["build_script_failed"])
