"""The walls of the house: what each room may import, read from the package itself and from every source file."""

import json
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
PURE = {"MobilityWire", "MobilityCore", "HomeAgentOperation", "RouteOptimization", "Multihoming", "Forwarding", "Services", "Cellular"}
# The rooms of what a mobile router never runs, and the only programs that may be near them: the board has neither.
ABSENT_ON_THE_BOARD = {"HomeAgentOperation", "RouteOptimization", "HomeAgent", "CorrespondentNode", "MobileNode"}
PROGRAMS = {
    "TunnelManager", "MovementDetector", "MobileRouter", "HomeAgent", "MobileNode", "CorrespondentNode", "ModemControl",
    "EventHooks",
}
SYSTEM = {"Glibc", "CLinux", "Musl"}
_IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |internal |private |fileprivate |package )?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)",
    re.MULTILINE,
)


def imports_of(text):
    """The modules that a Swift source imports, comments and `canImport` aside."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"//[^\n]*", "", text)
    return set(_IMPORT.findall(text))


def forbidden(target, module):
    """Why `target` may not import `module`, or None."""
    if module in {"Foundation", "FoundationEssentials", "Dispatch"}:
        return "the board's profile has neither Foundation nor Dispatch"
    if target in PURE and (module in SYSTEM or module in {"Platform", "MobilitySocket", "Logging"}):
        return "pure rooms do not reach the operating system"
    if target in PURE and module in {"CMnl", "CConfig"}:
        return "pure rooms do not reach the operating system"
    if module == "CMnl" and target not in {"Platform", "MobilitySocket"}:
        return "netlink is spoken in Platform and MobilitySocket only"
    if module == "CConfig" and target != "Settings":
        return "configuration files are read in Settings only"
    if module == "CNettle" and target not in {"MobilityCore", "RouteOptimization"}:
        return "hashes are made in MobilityCore and RouteOptimization only"
    if module in ABSENT_ON_THE_BOARD and target not in ABSENT_ON_THE_BOARD | {"shisa"}:
        return "the board would carry what a mobile router never runs"
    if target == "HomeAgentOperation" and module == "RouteOptimization":
        return "the home agent and the correspondent know nothing of each other"
    if target == "RouteOptimization" and module == "HomeAgentOperation":
        return "the home agent and the correspondent know nothing of each other"
    if module in PROGRAMS and target in PROGRAMS and module != target:
        return "two programs meet on the mobility socket"
    if target == "Logging":
        return "Logging is called by others and calls nobody"
    if target == "MobilityWire" and module in (PURE - {"MobilityWire"}) | {"Settings", "Console"}:
        return "MobilityWire stands below all others"
    if target == "Multihoming" and module in {"MobilitySocket", "Platform"} | PURE - {"MobilityWire", "Multihoming"}:
        return "Multihoming knows uplinks, not sockets"
    return None


@pytest.fixture(scope="module")
def package():
    described = subprocess.run(
        ["swift", "package", "describe", "--type", "json"], cwd=TOP, check=True, capture_output=True, text=True)
    return json.loads(described.stdout)


@pytest.fixture(scope="module")
def targets(package):
    return [t for t in package["targets"] if t["path"].startswith("Sources/")]


def test_no_package_of_others_comes_along(package):
    # What such a package links counts on the board, too: concurrency and Dispatch are two thirds of a megabyte.
    assert package["dependencies"] == []


def test_the_package_draws_the_rooms_that_the_design_names(targets):
    names = {target["name"] for target in targets}
    assert PURE | {"Platform", "MobilitySocket", "Settings", "Console"} <= names
    assert len(names & PROGRAMS) >= 4


def test_no_target_depends_on_a_room_it_may_not_enter(targets):
    wrong = []
    for target in targets:
        for dependency in target.get("target_dependencies", []):
            reason = forbidden(target["name"], dependency)
            if reason:
                wrong.append(f"Package.swift: {target['name']} depends on {dependency}: {reason}")
    assert not wrong, "\n".join(wrong)


def test_no_source_imports_what_its_room_may_not(targets):
    wrong = []
    read = 0
    for target in targets:
        for source in target.get("sources", []):
            path = TOP / target["path"] / source
            if path.suffix != ".swift":
                continue
            read += 1
            for module in sorted(imports_of(path.read_text())):
                reason = forbidden(target["name"], module)
                if reason:
                    wrong.append(f"{path.relative_to(TOP)}: imports {module}: {reason}")
    assert read > 10
    assert not wrong, "\n".join(wrong)


def test_the_reader_of_imports_sees_every_form():
    text = """
    // import Dispatch
    /* import Musl */
    import Glibc
    public import MobilityWire
    @testable import Platform
    internal import struct Logging.Logger
    #if canImport(FoundationEssentials)
    """
    assert imports_of(text) == {"Glibc", "MobilityWire", "Platform", "Logging"}
    assert forbidden("MobilityCore", "Platform")
    assert forbidden("HomeAgent", "MobileRouter")
    assert forbidden("Roaming", "RouteOptimization")
    assert forbidden("MobilityCore", "HomeAgentOperation")
    assert forbidden("MobileNode", "RouteOptimization") is None
    assert forbidden("Services", "Platform")
    assert forbidden("Logging", "Glibc")
    assert forbidden("Platform", "Logging") is None
    assert forbidden("HomeAgent", "CMnl")
    assert forbidden("Platform", "Foundation")
    assert forbidden("Platform", "CMnl") is None
