"""What each program may do besides its own work: as little as can be."""

import os
import pwd
import shutil
import subprocess

import pytest

from world.node import wait_for

USER, GROUP = "nobody", "nogroup"
NETWORK_ADMINISTRATION, RAW_SOCKETS = 1 << 12, 1 << 13


def is_real_root():
    """In a user namespace there may be nobody else to become."""
    with open("/proc/self/uid_map") as file:
        return os.geteuid() == 0 and file.read().split()[2] == "4294967295"


@pytest.fixture
def places():
    """A TUN device node and a folder for the socket that the group may use, as init prepares them on the board."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/dev/net"], check=True)
    subprocess.run(["mknod", "-m", "660", "/dev/net/tun", "c", "10", "200"], check=True)
    shutil.chown("/dev/net/tun", group=GROUP)
    os.makedirs("/run/shisa", exist_ok=True)
    shutil.chown("/run/shisa", group=GROUP)
    os.chmod("/run/shisa", 0o2770)
    yield
    shutil.rmtree("/run/shisa")
    subprocess.run(["umount", "-l", "/dev/net"], check=True)


def standing(program):
    """User, capabilities and whether they can grow, of a running program."""
    with open(f"/proc/{program.process.pid}/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return {"users": set(status["Uid"].split()), "no_new": status["NoNewPrivs"].strip(),
            **{name: int(status[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb")}}


@pytest.mark.parametrize("user", [None, USER])
def test_nemonetd_makes_the_folder_of_its_socket_where_nobody_has(user, places, make_pair_of):
    if user and not is_real_root():
        pytest.skip("only the real root can become another user")
    shutil.rmtree("/run/shisa")
    pair = make_pair_of()
    pair.mr.socket = "/run/shisa/mobility.sock"
    pair.mr.options = ["--user", user] if user else []
    pair.start()
    pair.wait_reachable()
    status = os.stat("/run/shisa")
    account = pwd.getpwnam(user or "root")
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o755, account.pw_uid, account.pw_gid)


@pytest.mark.skipif(not is_real_root(), reason="only the real root can become another user")
def test_nemonetd_keeps_two_capabilities_and_the_others_none(places, make_pair_of):
    pair = make_pair_of()
    pair.mr.socket = "/run/shisa/mobility.sock"
    pair.mr.options = ["--user", USER]
    pair.start()
    pair.wait_reachable()
    nobody = str(pwd.getpwnam(USER).pw_uid)
    for name, program in pair.mr.programs.items():
        kept = NETWORK_ADMINISTRATION | RAW_SOCKETS if name == "nemonetd" else 0
        found = standing(program)
        assert found["users"] == {nobody}, name
        assert found["no_new"] == "1", name
        assert found["CapEff"] == found["CapPrm"] == found["CapBnd"] == kept, name
    for name in ("mrd", "babymdd", "nemonetd"):
        assert pair.mr.programs[name].stop() == 0, pair.mr.programs[name].log()
    # It could also take away what it had made.
    assert "shisa" not in pair.world.mr.run("nft", "list", "tables").stdout
    assert "lookup 610" not in pair.world.mr.run("ip", "-6", "rule").stdout


@pytest.mark.skipif(not is_real_root(), reason="only the real root can give files to another user")
def test_a_file_that_only_a_capability_could_read_says_at_a_reload_what_to_do(make_pair_of):
    pair = make_pair_of()
    shutil.chown(pair.mr.config, USER)
    pair.start(registered=False)
    # It has two capabilities left, and neither is for files.
    program = pair.mr.programs["nemonetd"]
    assert "no permission" not in program.log()
    program.reload()
    wait_for(lambda: f"run: chown root {pair.mr.config}" in program.log(), "nemonetd to say what to do")
    wait_for(lambda: "the old settings stay" in program.log(), "nemonetd to keep them")
    shutil.chown(pair.mr.config, "root")
    program.reload()
    wait_for(lambda: f"reloaded {pair.mr.config}" in program.log(), "nemonetd to read it again")
    told = [event["detail"] for event in pair.mr.ask("events") if event["event"].startswith("configuration_")]
    assert told == [
        f"{pair.mr.config}: the old settings stay, and the log says what is wrong", pair.mr.config]
