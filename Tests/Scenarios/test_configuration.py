"""Configuration files: what is wrong is said with file and line, before anything starts."""

import os
import re

import pytest

from world import configuration
from world.node import wait_for

ROUTER_PROGRAMS = ("nemonetd", "babymdd", "mrd")
USAGE, NO_PERMISSION, CONFIGURATION = 64, 77, 78


def test_good_files_pass_the_check_of_every_program(make_pair_of):
    pair = make_pair_of()
    for name in ROUTER_PROGRAMS:
        assert pair.mr.check(name) == (0, pair.mr.check(name)[1]), pair.mr.check(name)[1]
    for name in ("nemonetd", "had"):
        code, said = pair.ha.check(name)
        assert code == 0, said
    said = pair.ha.node.run(pair.ha.binary("had"), "--config", pair.ha.config, "--check")
    assert (said.stdout, said.stderr) == (f"{pair.ha.config}: no faults\n", "")


GOOD = configuration.mobile_router()
BROKEN = {
    "a syntax error": (GOOD.replace('mode     = "explicit"', 'mode     "explicit"'), None, ROUTER_PROGRAMS),
    "an unknown group": (GOOD.replace("uplinks = (", "uplink = ("), "uplinks", ROUTER_PROGRAMS),
    "an unknown name": (GOOD.replace("lifetime =", "lifetme ="), "lifetime", ROUTER_PROGRAMS),
    "an address that is none": (GOOD.replace("2001:db8:1::1\"", "2001:db8:1::g\""), "2001:db8:1::g", ("mrd",)),
    "a prefix with host bits": (GOOD.replace("2001:db8:10::/60", "2001:db8:10::1/60"), "2001:db8:10::1/60", ("mrd",)),
    "an unknown mode": (GOOD.replace('"explicit"', '"explicitly"'), "explicit", ("mrd",)),
    "a negative lifetime": (GOOD.replace("lifetime = 600", "lifetime = -600"), None, ("mrd",)),
    "a number for a text": (GOOD.replace('interface = "eth0"', "interface = 7"), None, ("babymdd", "mrd")),
    "an interface name too long": (GOOD.replace('"eth0"', '"a-name-of-17-chars"'), None, ("babymdd", "mrd")),
    "a key too short": (GOOD.replace("file:keys/home.key", "hex:0011"), None, ("mrd",)),
    "a key file that is not there": (GOOD.replace("home.key", "away.key"), "away.key", ("mrd",)),
    "an empty file": ("", None, ("mrd", "had")),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_with_file_and_line(make_pair_of, case):
    text, word, programs = BROKEN[case]
    pair = make_pair_of()
    for name in programs:
        code, said = pair.mr.check(name, text)
        assert code == CONFIGURATION, f"{name}: {said}"
        assert re.search(r"shisa\.conf:\d+: ", said), f"{name}: {said}"
        if word:
            assert word in said, f"{name}: {said}"


@pytest.mark.parametrize("role", ["router", "host"])
def test_each_program_tells_by_an_event_what_became_of_a_file_that_it_was_told_to_read(
        make_pair_of, make_host_of, tmp_path, role):
    pair = make_host_of().start() if role == "host" else make_pair_of().start()
    if role == "router":
        mr = pair.mr
        mr.start("shisahooks")
        mr.programs["shisamodem"] = mr.node.start(
            "shisamodem", mr.binary("shisamodem"), "--config", mr.config, "--socket", mr.socket, "--state", tmp_path)
        wait_for(
            lambda: {row["program"] for row in mr.ask("status")["programs"]} >= {"babymdd", "mrd", "shisahooks", "shisamodem"},
            "all to be known to nemonetd")
        shown = mr.tell("status").stdout
        for name in ("shisahooks", "shisamodem"):
            assert f"{name} {mr.programs[name].process.pid}" in shown, shown
    for system in (pair.mr, pair.ha):
        with open(system.config) as file:
            good = file.read()
        wrong = good.replace("lifetime", "lifetme")
        line = 1 + wrong[:wrong.index("lifetme")].count("\n")
        programs = set(system.programs)
        for text, event, detail in (
            (wrong, "configuration_refused", f"{system.config}:{line}"), (good, "configuration_read", system.config)):
            system.configure(text)
            for program in system.programs.values():
                program.reload()
            told = wait_for(
                lambda: (lambda rows: rows if {row["program"] for row in rows} == programs else None)(
                    [row for row in system.ask("events") if row["event"] == event]), f"all to tell of {event}")
            # Everybody may hear of events: nothing of what is in the file.
            assert all(row["detail"].startswith(detail) and "lifetme" not in row["detail"] for row in told), told


def test_the_line_that_is_named_is_the_line_that_is_wrong(make_pair_of):
    pair = make_pair_of()
    text = GOOD.replace("lifetime =", "lifetme =")
    line = 1 + text[:text.index("lifetme")].count("\n")
    code, said = pair.mr.check("mrd", text)
    assert code == CONFIGURATION
    assert f"shisa.conf:{line}: " in said


def test_a_key_that_others_can_read_is_refused(make_pair_of):
    pair = make_pair_of()
    os.chmod(os.path.join(pair.world.mr.directory, "keys", "home.key"), 0o644)
    code, said = pair.mr.check("mrd")
    assert code == CONFIGURATION
    assert "home.key" in said


def test_a_program_does_not_start_with_a_broken_file(make_pair_of):
    pair = make_pair_of()
    pair.mr.configure("home = ;")
    program = pair.world.mr.start(
        "mrd", pair.mr.binary("mrd"), "--config", pair.mr.config, "--socket", pair.mr.socket)
    assert program.process.wait(10) == CONFIGURATION
    assert re.search(r"shisa\.conf:1: ", program.log())


def test_exit_codes_of_the_command_line(make_pair_of):
    pair = make_pair_of()
    for name in ROUTER_PROGRAMS + ("had", "shisactl"):
        assert pair.mr.node.run(pair.mr.binary(name), "--no-such-option", check=False).returncode == USAGE
        shown = pair.mr.node.run(pair.mr.binary(name), "--help")
        assert name in shown.stdout
        assert pair.mr.node.run(pair.mr.binary(name), "--version").stdout.strip()
    asked = pair.mr.node.run(
        pair.mr.binary("shisactl"), "--socket", pair.mr.socket, "status", check=False)
    assert asked.returncode == 69, "nobody listens there"


def test_a_node_without_a_key_is_refused_unless_declared_insecure_which_is_logged(make_pair_of):
    pair = make_pair_of()
    keyless = ('{ address = "2001:db8:1::100"; prefixes = [ "2001:db8:10::/60" ]; name = "bus-17"; }')
    code, said = pair.ha.check("had", configuration.home_agent(nodes=[keyless]))
    insecure = keyless.replace("name =", "insecure = true; name =")
    open_code, open_said = pair.ha.check("had", configuration.home_agent(nodes=[insecure]))
    assert open_code == 0, open_said
    pair.ha.start("nemonetd", "had")
    wait_for(lambda: "insecure" in pair.ha.programs["had"].log(), "a warning about the insecure node")
    # A file that names neither a key nor `insecure` is either refused at once or refuses that node later.
    if code == 0:
        pair.ha.programs["had"].stop()
        pair.ha.configure(configuration.home_agent(nodes=[keyless]))
        pair.ha.start("had")
        pair.mr.start("nemonetd", "babymdd", "mrd")
        wait_for(lambda: pair.mr.registration(), "an attempt")
        assert pair.ha.binding() is None
    else:
        assert code == CONFIGURATION and re.search(r"shisa\.conf:\d+: ", said)
