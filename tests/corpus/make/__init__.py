"""Cases of the corpus by group of causes, in one or more files each. `groups()` gives all of them."""

import importlib

GROUPS = {
    "source_cfg": ["source_gated", "source_variants", "source_items", "source_dependencies", "source_types", "source_machines"],
    "toolchain": ["toolchain", "lints"],
    "linking": ["linkers", "native", "build_scripts"],
    "features_versions": ["features", "versions"],
    "test_code": ["test_code"],
    "tests": ["tests_values", "tests_machine", "tests_surroundings", "tests_ends"],
    "emulator": ["emulator", "emulator_setup"],
    "environment": ["resources", "network", "company"],
}


def groups(names=None):
    """{group: [(cause, variant, function)]} in the order in which they were written."""
    return {
        group: [case for file in GROUPS[group] for case in importlib.import_module(f"make.{file}").cases.all]
        for group in names or GROUPS
    }
