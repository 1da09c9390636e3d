"""The names of events in docs/mobility-socket.md are those that the programs tell, no more and no less."""

import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
# Names that are told as they stand. Others come from an enumeration: those of uplinks, and of bindings made and moved.
TOLD = re.compile(r'\b(?:publish|record|tell)\(\s*(?:name == nil \? |shares\.isEmpty \? )?"([a-z_]+)"(?: : "([a-z_]+)")?')
CHOSEN = re.compile(r'(?:publish|event:)[^"\n(]*\(?[^"\n]*\? "([a-z_]+)" : "([a-z_]+)"')


def test_every_event_is_in_the_table():
    told = {"binding_created", "binding_moved"}
    for path in (TOP / "Sources").rglob("*.swift"):
        if "Console" in path.parts and path.name != "DaemonRunner.swift":
            continue
        text = path.read_text()
        for pattern in (TOLD, CHOSEN):
            told |= {name for names in pattern.findall(text) for name in names if name}
    notices = (TOP / "Sources/Multihoming/MultihomingNotice.swift").read_text()
    told |= set(re.findall(r'^        case \w+ = "(\w+)"', notices, re.MULTILINE))
    page = (TOP / "docs/mobility-socket.md").read_text()
    table = page.split("## Events")[1].split("##")[0]
    named = {name for row in re.findall(r"^\| [^|]+ \| ([a-z_, ]+) \|", table, re.MULTILINE) for name in row.split(", ")}
    assert named - {"event"} == told
