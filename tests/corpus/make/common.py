"""What every group of cases is written with: seeded names, a small builder of crates, and the truth about them.

A case is a function `f(c)` that is given a Case. It writes files with `c.pkg`, `c.file`, says how to sweep (`c.matrix`) and
what is true (`c.truth`). It never says how the truth could be recognised: rules are written elsewhere, from other knowledge.
"""

import json
import random

# Triples by short names. FULL can be linked and run where the cross compilers and QEMU are; CHECK are checked alone.
L64 = "x86_64-unknown-linux-gnu"
L32 = "i686-unknown-linux-gnu"
A64 = "aarch64-unknown-linux-gnu"
ARM = "armv7-unknown-linux-gnueabihf"
PPC64 = "powerpc64le-unknown-linux-gnu"
RV = "riscv64gc-unknown-linux-gnu"
S390 = "s390x-unknown-linux-gnu"
FBSD = "x86_64-unknown-freebsd"
FBSD32 = "i686-unknown-freebsd"
ILL = "x86_64-unknown-illumos"
MAC = "aarch64-apple-darwin"
WIN = "x86_64-pc-windows-msvc"
PPC = "powerpc-unknown-linux-gnu"
MUSL = "x86_64-unknown-linux-musl"
WASM = "wasm32-unknown-unknown"
NBSD = "x86_64-unknown-netbsd"
THUMB = "thumbv6m-none-eabi"

_ONSETS = "b c d f g h j k l m n p r s t v z br dr gr kr tr pl sk st".split()
_VOWELS = "a e i o u ai eo ou".split()
_ENDS = ["", "", "l", "n", "r", "s", "x", "nd", "sk"]
_RESERVED = {
    "as",
    "do",
    "fn",
    "if",
    "in",
    "mod",
    "mut",
    "pub",
    "ref",
    "std",
    "use",
    "box",
    "dyn",
    "gen",
    "try",
    "for",
    "let",
    "core",
    "test",
    "type",
    "move",
    "loop",
    "self",
    "true",
    "alloc",
    "const",
    "macro",
    "super",
    "trait",
    "yield",
    "libc",
    "cc",
    "nix",
    "name",
    "hive",
    "pino",
    "status",
    "mode",
    "take",
    "device",
    "page",
    "file",
    "line",
    "none",
    "value",
    "never",
    "native",
    "release",
    "metadata",
    "system",
    "token",
    "total",
    "user",
    "order",
    "state",
    "memory",
    "signal",
}


class Names:
    """Pronounceable names without a meaning. One seed gives the same names in the same order."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._used = set(_RESERVED)

    def word(self):
        while True:
            count = self._random.choice((2, 2, 3))
            text = "".join(self._random.choice(_ONSETS) + self._random.choice(_VOWELS) for _ in range(count))
            text += self._random.choice(_ENDS)
            if text not in self._used:
                self._used.add(text)
                return text

    def crate(self):
        return self.word() if self._random.random() < 0.6 else f"{self.word()}-{self.word()}"

    def fn(self):
        return self.word() if self._random.random() < 0.5 else f"{self.word()}_{self.word()}"

    def ty(self):
        return self.word().capitalize() + (self.word().capitalize() if self._random.random() < 0.4 else "")

    def const(self):
        return self.fn().upper()

    def version(self):
        return f"{self._random.randint(0, 3)}.{self._random.randint(1, 19)}.{self._random.randint(0, 9)}"

    def made_up(self):
        """Every word that was given out."""
        return sorted(self._used - _RESERVED)

    def number(self, low, high):
        return self._random.randint(low, high)

    def filler(self, count=2):
        """Code that has nothing to do with anything."""
        out = []
        for _ in range(count):
            a, b, f = self.word(), self.word(), self.fn()
            k = self.number(2, 97)
            out.append(
                self._random.choice(
                    [
                        f"pub fn {f}({a}: u32, {b}: u32) -> u32 {{\n    {a}.wrapping_mul({k}) ^ {b}\n}}\n",
                        f"pub fn {f}({a}: &str) -> usize {{\n    {a}.bytes().filter(|{b}| *{b} as u32 > {k}).count()\n}}\n",
                        f"pub fn {f}({a}: Option<u8>) -> Option<u8> {{\n    let {b} = {a}?;\n    {b}.checked_add({k})\n}}\n",
                    ]
                )
            )
        return "\n".join(out)


def ident(crate):
    return crate.replace("-", "_")


class Case:
    def __init__(self, cause, variant, seed):
        self.cause, self.variant = cause, variant
        self.n = Names(f"{seed}:{cause}:{variant}")
        self.files = {}
        self.executable = set()
        self.links = {}  # path -> target of a symbolic link
        self.matrix_text = ""
        self.sweep_args = []
        self.sweep_env = {}
        self.sweep_status = None  # when only the exit status is known beforehand
        self.prepare = None  # f(run): before the sweep; may change run.env, run.prefix, run.cache
        self.during = None  # f(run, process): while it runs
        self.vendored = {}
        self.name = None
        self.facts = {}
        self.allow_passing_failures = False

    # Files ------------------------------------------------------------------------------------------------------
    def file(self, path, text, executable=False):
        self.files[path] = text
        if executable:
            self.executable.add(path)

    def pkg(self, path=".", name=None, version=None, deps="", extra="", package="", edition="2021", lib=None, main=None, **files):
        """A package at `path`. deps: lines of [dependencies]; package: more lines of [package]; extra: what follows. Other
        files by keyword, with `__` for `/` and a final `_rs` or `_txt` for the suffix. Returns its name."""
        name = name or self.n.crate()
        self.name = self.name or name
        base = "" if path == "." else path + "/"
        text = f'[package]\nname = "{name}"\nversion = "{version or self.n.version()}"\nedition = "{edition}"\n{package}'
        if deps:
            text += f"\n[dependencies]\n{deps.strip()}\n"
        if extra:
            text += f"\n{extra.strip()}\n"
        self.files[base + "Cargo.toml"] = text
        if lib is not None:
            self.files[base + "src/lib.rs"] = lib
        if main is not None:
            self.files[base + "src/main.rs"] = main
        for key, content in files.items():
            key = key.replace("__", "/")
            for suffix in ("_rs", "_txt", "_c"):
                if key.endswith(suffix):
                    key = key[: -len(suffix)] + "." + suffix[1:]
            self.files[base + key] = content
        return name

    def workspace(self, members, extra="", resolver="2"):
        """A virtual manifest at the root."""
        listed = ", ".join(f'"{m}"' for m in members)
        self.files["Cargo.toml"] = f'[workspace]\nmembers = [{listed}]\nresolver = "{resolver}"\n{extra}'
        self.name = self.n.crate()

    def vendor(self, name, version, lib, deps="", extra="", package="", checksum=True, **files):
        """A crate that looks as if it came from the registry: a directory source in the project, named by its configuration."""
        base = f"vendor/{name}-{version}"
        text = f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n{package}'
        if deps:
            text += f"\n[dependencies]\n{deps.strip()}\n"
        if extra:
            text += f"\n{extra.strip()}\n"
        self.files[f"{base}/Cargo.toml"] = text
        self.files[f"{base}/src/lib.rs"] = lib
        for key, content in files.items():
            key = key.replace("__", "/")
            if key.endswith("_rs"):
                key = key[:-3] + ".rs"
            self.files[f"{base}/{key}"] = content
        self.files[f"{base}/.cargo-checksum.json"] = '{"files":{}}\n'
        self.files[".cargo/config.toml"] = '[source.crates-io]\nreplace-with = "here"\n\n[source.here]\ndirectory = "vendor"\n'

    def lock(self, *packages):
        """Cargo.lock. Each: (name, version, from the registry?, [names it depends on])."""
        text = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n"
        for name, version, registry, needs in sorted(packages):
            text += f'\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
            if registry:
                text += 'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
            if needs:
                text += "dependencies = [\n" + "".join(f' "{x}",\n' for x in sorted(needs)) + "]\n"
        self.files["Cargo.lock"] = text

    # How it is swept ------------------------------------------------------------------------------------------
    def matrix(self, triples, stages, raw="", axes="", **defaults):
        """triples and stages; keywords are defaults (`_` for `-`); axes and raw are YAML lines."""
        settings = {"toolchain": "system"}
        settings.update({k.replace("_", "-"): v for k, v in defaults.items()})
        lines = ["tripled: 1", f"project: {{name: {self.name}, source: {{path: .}}}}"]
        lines.append("defaults: " + json.dumps(settings))
        lines.append("axes:")
        if triples:
            lines.append("  triple: [" + ", ".join(triples) + "]")
        if axes:
            lines.append("  " + axes.strip().replace("\n", "\n  "))
        lines.append("stages: [" + ", ".join(stages) + "]")
        self.matrix_text = "\n".join(lines) + "\n" + (raw.strip() + "\n" if raw else "")

    def matrix_of_crate(self, crate, version, triples, stages):
        """The same for a published crate, whose sources are the registry's."""
        self.name = crate
        self.matrix_text = (
            f"tripled: 1\nproject: {{name: {crate}, source: {{crate: {crate}, version: {version}}}}}\ndefaults: {{toolchain:"
            f" system}}\naxes: {{triple: [{', '.join(triples)}]}}\nstages: [{', '.join(stages)}]\n"
        )

    # What is true -----------------------------------------------------------------------------------------------
    def truth(
        self,
        kind,
        fault,
        subject,
        failing,
        passing=(),
        stage="check",
        also=(),
        made="real",
        package=None,
        near=(),
        verdicts=("fail",),
        note="",
        test="",
        cells=None,
    ):
        """kind: what sets this variant apart, in words. fault: of schema/model/diagnosis.h. failing, passing: triples.
        stage: where it fails first (prepare and setup: before any). also: causes that are as true. near: causes it looks
        like and is not. cells: where triples do not tell cells apart: {"failing": [ids], "passing": [ids]}."""
        self.facts = {
            "cause": self.cause,
            "also": list(also),
            "fault": fault,
            "subject": subject,
            "package": package or "",
            "test": test,
            "stage": stage,
            "failing": list(failing),
            "passing": list(passing),
            "cells": cells or {},
            "verdicts": list(verdicts),
            "made": made,
            "looks_like": list(near),
            "kind": kind,
            "note": note,
        }


class Cases:
    """The cases of one group."""

    def __init__(self):
        self.all = []

    def __call__(self, cause, variant):
        def add(function):
            self.all.append((cause, variant, function))
            return function

        return add
