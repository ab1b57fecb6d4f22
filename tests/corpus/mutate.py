#!/usr/bin/env python3
"""Says a recorded failure again in other words, so that nothing can be learnt by heart from names, paths or order.

Changes, all by default, the same for one seed:
  rename   every name that the corpus made up, consistently and to one of the same length (columns stay right)
  prefix   where cache, project and home lie
  shuffle  the order of errors, units, tests, cargo's words and jobs
  words    rustc's headlines as 1.95, as 1.96 or as an older one says them
  noise    fields, warnings, files and packages that have nothing to do with it

examples:
  tests/corpus/mutate.py recorded/layout_differs/shift.json.zst --seed 7 --out /tmp/shift.json     truth: /tmp/shift.truth.json
  tests/corpus/mutate.py recorded/test_panic/index.json.zst --only rename shuffle                  to standard output
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys

KINDS = ("rename", "prefix", "shuffle", "words", "noise")

# The l of a linker's `-lname` is no part of the name.
_RUN = re.compile(r"(?<=[\s\"'(]-)l(?=[a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for k, v in value.items():
            yield k
            yield from strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v)


def nested(text):
    """The document that a string holds (cargo metadata), or None."""
    if text[:1] in "{[" and len(text) > 2:
        try:
            value = json.loads(text)
            return value if isinstance(value, (dict, list)) else None
        except ValueError:
            return None
    return None


def change_strings(value, change):
    if isinstance(value, str):
        inner = nested(value)
        if inner is not None:
            return json.dumps(change_strings(inner, change), separators=(",", ":"), ensure_ascii=False)
        # Lines of cargo's JSON inside a log.
        if '{"reason"' in value:
            return "\n".join(
                change_strings(line, change) if line[:1] == "{" and nested(line) is not None else change(line)
                for line in value.split("\n")
            )
        return change(value)
    if isinstance(value, dict):
        return {change(k): change_strings(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [change_strings(v, change) for v in value]
    return value


class Renaming:
    """The made-up words (names, of the truth), each with another one of the same length."""

    def __init__(self, names, rng):
        self.words, used = {}, set(names)
        for word in sorted(names):
            new = self.other(word, rng, used)
            used.add(new)
            self.words[word] = new

    @staticmethod
    def other(word, rng, used):
        while True:
            new = "".join(rng.choice("aeiou") if ch in "aeiou" else rng.choice("bdfgklmnprstvz") for ch in word)
            if new not in used:
                return new

    def __call__(self, text):
        return _RUN.sub(self.one, text)

    def one(self, match):
        run = match.group(0)
        new = self.words.get(run.lower())
        if new is None:
            return run
        return new.upper() if run.isupper() else new.capitalize() if run[0].isupper() else new


def prefixes(rng):
    def word():
        return "".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(2))

    places = {
        "/cache": f"/srv/{word()}/{word()}",
        "/project": f"/home/{word()}/src/{word()}",
        "/home/user": f"/home/{word()}",
        "/case": f"/var/tmp/{word()}",
        "/state": f"/var/lib/{word()}",
        "/programs": f"/opt/{word()}/bin",
    }
    pattern = re.compile(r"(?<![\w.>-])(" + "|".join(re.escape(p) for p in places) + r")(?=[/\"'`:;,)\s]|$)")
    return lambda text: pattern.sub(lambda m: places[m.group(1)], text)


def whole_attempts(document):
    for job in document.get("jobs", []):
        for attempt in job["attempts"]:
            if attempt.get("result"):
                yield attempt


# What E0599 calls the thing that it does not find, by version; the first line for enums, the second for all other types.
_NOUNS = {
    "1.95": ("variant or associated item", "function or associated item"),
    "1.96": ("variant, associated function, or constant", "associated function or constant"),
}


def words(document, rng):
    """Headlines and labels that differ between rustc's versions. What older ones said of E0433 is its label with a beginning."""
    version = rng.choice(("1.95", "1.96", "older"))
    said = _NOUNS["1.96" if version == "1.96" else "1.95"]
    others = [v for v in _NOUNS.values() if v != said]

    def phrase(text):
        for other in others:
            for old, new in zip(other, said):
                text = re.sub(rf"(?<![\w,] ){re.escape(old)}(?=( `[^`]+`)? (named|not) )", new, text)
        return text

    for attempt in whole_attempts(document):
        for holder, key in ((attempt["result"], "errors"), (attempt.get("evidence") or {}, "diagnostics")):
            for error in holder.get(key) or []:
                error.update(change_strings(error, phrase))
                labels = [s["label"] for s in error["spans"] if s["primary"] and s["label"]]
                if version == "older" and error["code"] == "E0433" and labels:
                    new = "failed to resolve: " + labels[0]
                    error["rendered"] = error["rendered"].replace(error["message"], new)
                    error["message"] = new


def shuffle(document, rng):
    rng.shuffle(document.get("jobs", []))
    for attempt in whole_attempts(document):
        evidence = attempt.get("evidence") or {}
        state = rng.getrandbits(64)
        for holder, keys in ((attempt["result"], ("errors", "units", "tests")), (evidence, ("diagnostics", "units", "tests", "cargo", "binaries"))):
            for key in keys:
                if isinstance(holder.get(key), list):
                    random.Random(state).shuffle(holder[key])
        if isinstance(evidence.get("cfg"), str):
            lines = evidence["cfg"].splitlines()
            random.Random(state).shuffle(lines)
            evidence["cfg"] = "\n".join(lines) + "\n"
        if isinstance(evidence.get("files"), dict):
            items = list(evidence["files"].items())
            random.Random(state).shuffle(items)
            evidence["files"] = dict(items)


def noise(document, rng):
    def word():
        return "".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(3))

    for attempt in whole_attempts(document):
        warning = f"warning: unused variable: `{word()}`\n --> src/{word()}.rs:{rng.randint(1, 90)}:9\n"
        attempt["log"] = f"{warning}{attempt.get('log', '')}\nwarning: `{word()}` (lib) generated 1 warning\n"
        attempt["result"].setdefault("notes", []).append(f"{word()}: nothing of importance")
        evidence = attempt.get("evidence")
        if not evidence:
            continue
        evidence[f"x_{word()}"] = {word(): rng.randint(0, 999), word(): [word()]}
        evidence.setdefault("versions", {})[f"host.{word()}"] = f"{word()} {rng.randint(1, 9)}.{rng.randint(0, 20)}"
        if isinstance(evidence.get("files"), dict):
            evidence["files"][
                f"src/{word()}_{word()}.rs"
            ] = f"// {word()}\n#[allow(dead_code)]\nfn {word()}() -> u32 {{\n    {rng.randint(1, 99)}\n}}\n"
        metadata = nested(evidence.get("metadata") or "")
        if isinstance(metadata, dict) and isinstance(metadata.get("packages"), list):
            name = word()
            metadata["packages"].append(
                {
                    "name": name,
                    "version": "0.0.1",
                    "id": f"registry+https://github.com/rust-lang/crates.io-index#{name}@0.0.1",
                    "source": "registry+https://github.com/rust-lang/crates.io-index",
                    "dependencies": [],
                    "targets": [],
                    "features": {},
                    "manifest_path": f"/home/user/.cargo/registry/src/{name}-0.0.1/Cargo.toml",
                    "edition": "2021",
                    "links": None,
                }
            )
            evidence["metadata"] = json.dumps(metadata, separators=(",", ":"), ensure_ascii=False)


def mutate(document, truth, seed, kinds=KINDS):
    """(document, truth) in other words; neither argument is changed."""
    document, truth = json.loads(json.dumps(document)), json.loads(json.dumps(truth))
    name = f"{document.get('cause')}/{document.get('variant')}"
    fixed = {k: truth[k] for k in ("cause", "also", "looks_like", "fault", "stage", "made", "group", "variant") if k in truth}
    if "rename" in kinds:
        renaming = Renaming(truth["names"].split(), random.Random(f"{seed}:rename:{name}"))
        head = {k: document[k] for k in ("cause", "variant") if k in document}
        document, truth = {**change_strings(document, renaming), **head}, change_strings(truth, renaming)
    if "shuffle" in kinds:
        shuffle(document, random.Random(f"{seed}:shuffle:{name}"))
    if "words" in kinds:
        words(document, random.Random(f"{seed}:words:{name}"))
    if "noise" in kinds:
        noise(document, random.Random(f"{seed}:noise:{name}"))
    if "prefix" in kinds:
        change = prefixes(random.Random(f"{seed}:prefix:{name}"))
        document, truth = change_strings(document, change), change_strings(truth, change)
    truth.update(fixed)
    return document, truth


def renamed(value, document, truth, seed, kinds=KINDS):
    """What was said of the plain document, in the names of the mutated one."""
    name = f"{document.get('cause')}/{document.get('variant')}"
    if "rename" in kinds:
        value = change_strings(value, Renaming(truth["names"].split(), random.Random(f"{seed}:rename:{name}")))
    if "prefix" in kinds:
        value = change_strings(value, prefixes(random.Random(f"{seed}:prefix:{name}")))
    return value


def load(file):
    file = pathlib.Path(file)
    data = file.read_bytes()
    if file.suffix == ".zst":
        data = subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    truth = file.with_name(file.name.split(".json")[0] + ".truth.json")
    return json.loads(data), json.loads(truth.read_text()) if truth.exists() else {}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--out", default="", help="plain JSON; the truth beside it")
    args = parser.parse_args()
    document, truth = mutate(*load(args.file), args.seed, args.only)
    if not args.out:
        json.dump(document, sys.stdout, ensure_ascii=False)
        return 0
    out = pathlib.Path(args.out)
    out.write_text(json.dumps(document, ensure_ascii=False))
    out.with_name(out.name.split(".json")[0] + ".truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
