"""Cases of the corpus, one file per group of causes. `groups()` gives all of them by name."""
import importlib
import pathlib

GROUPS = ["source_cfg", "toolchain", "linking", "features_versions", "test_code", "tests", "emulator", "environment"]


def groups(names=None):
    """{group: [(cause, variant, function)]} in the order in which they were written."""
    out = {}
    for name in names or GROUPS:
        if not (pathlib.Path(__file__).parent / f"{name}.py").exists():
            continue
        module = importlib.import_module(f"make.{name}")
        out[name] = module.cases.all
    return out
