"""What `make install` puts where, and that the programs run as systemd's units start them."""

import os
import pwd
import shutil
import subprocess

import pytest

from test_privileges import is_real_root, places, standing  # noqa: F401
from world import terminal
from world.node import wait_for

PROGRAMS = {"nemonetd", "babymdd", "had", "mrd", "mnd", "cnd", "shisactl"}
SERVICES = PROGRAMS - {"shisactl"}
# A virtual machine has the programs and the tests, and not what installs them.
pytestmark = pytest.mark.skipif(not os.path.exists("Makefile"), reason="what is installed is on the build machine")


@pytest.fixture
def installed(tmp_path):
    subprocess.run(
        ["make", "install", f"DESTDIR={tmp_path}", "PREFIX=/usr", "PROGRAM=.build/debug/shisa"], check=True,
        capture_output=True)
    return tmp_path


def unit(installed, name):
    """The settings of a unit, the last of each name; an empty value is one."""
    text = (installed / f"usr/lib/systemd/system/{name}.service").read_text()
    assert "@" not in text.replace("@system-service", ""), text
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def test_programs_pages_units_and_samples_are_installed_and_nothing_else(installed):
    files = {str(path.relative_to(installed)) for path in installed.rglob("*") if not path.is_dir()}
    pages = {path.rsplit("/", 1)[1] for path in files if path.startswith("usr/share/man/")}
    assert files == (
        {f"usr/sbin/{name}" for name in PROGRAMS | {"shisa"}}
        | {f"usr/lib/systemd/system/{name}.service" for name in SERVICES}
        | {f"usr/share/man/man{page[-1]}/{page}" for page in pages}
        | {f"usr/share/doc/shisa/samples/{name}" for name in os.listdir("docs/samples") if name.endswith(".conf")}
        | {"usr/lib/sysusers.d/shisa.conf"})
    assert {f"{name}.8" for name in PROGRAMS} | {"shisa.conf.5"} <= pages
    for name in PROGRAMS:
        assert os.readlink(installed / "usr/sbin" / name) == "shisa"
        said = subprocess.run([installed / "usr/sbin" / name, "--version"], capture_output=True, text=True, check=True)
        assert said.stdout.startswith(name), said
    # Keys are for root and the group of the programs, and what a person wrote there stays.
    assert os.stat(installed / "etc/shisa/keys").st_mode & 0o777 == 0o750
    os.chmod(installed / "etc/shisa/keys", 0o700)
    subprocess.run(
        ["make", "install", f"DESTDIR={installed}", "PREFIX=/usr", "PROGRAM=.build/debug/shisa"], check=True,
        capture_output=True)
    assert os.stat(installed / "etc/shisa/keys").st_mode & 0o777 == 0o700


def test_without_a_build_installing_says_what_to_do(tmp_path):
    result = subprocess.run(
        ["make", "install", f"DESTDIR={tmp_path}", "PROGRAM=nowhere/shisa"], capture_output=True, text=True)
    assert result.returncode != 0 and "make release" in result.stderr
    assert not os.listdir(tmp_path)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_finds_no_fault_with_the_units(installed):
    units = [str(path) for path in sorted((installed / "usr/lib/systemd/system").iterdir())]
    for path in units:
        # Verified where the programs are; systemd looks whether they can be run.
        text = open(path).read()
        with open(path, "w") as file:
            file.write(text.replace("=/usr/sbin/", f"={installed}/usr/sbin/"))
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    for path in units:
        # 0 is as closed as can be, 10 is open; what nemonetd needs costs it some.
        limit = "30" if "nemonetd" in path else "15"
        result = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", f"--threshold={limit}", path], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout


@pytest.mark.skipif(not is_real_root(), reason="only the real root can become another user")
def test_programs_run_with_the_rights_that_their_units_give(installed, places, make_pair_of):  # noqa: F811
    pair = make_pair_of()
    nobody = pwd.getpwnam("nobody")
    os.chown("/run/shisa", nobody.pw_uid, nobody.pw_gid)
    os.chmod("/dev/net/tun", 0o666)
    for system in (pair.ha, pair.mr):
        # `unit` names what was installed; here each is started as its unit would have it.
        shutil.chown(system.config, user="nobody")
        for folder, _, names in os.walk(os.path.join(system.node.directory, "keys")):
            for name in names:
                shutil.chown(os.path.join(folder, name), user="nobody")
            shutil.chown(folder, user="nobody")
    pair.mr.socket = "/run/shisa/mobility.sock"
    for name in ("nemonetd", "babymdd", "mrd"):
        settings = unit(installed, name)
        assert settings["User"] == "shisa" and settings["NoNewPrivileges"] == "yes"
        rights = [right.removeprefix("CAP_").lower() for right in settings["AmbientCapabilities"].split()]
        assert settings["CapabilityBoundingSet"] == settings["AmbientCapabilities"]
        given = ",".join(["-all", *(f"+{right}" for right in rights)])
        # A network of its own, with nothing in it.
        alone = ["unshare", "--net"] if settings.get("PrivateNetwork") == "yes" else []
        assert bool(alone) == (name == "mrd")
        program = pair.mr.node.start(
            name, *alone, "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs",
            f"--inh-caps={given}", f"--ambient-caps={given}", f"--bounding-set={given}",
            pair.mr.binary(name), "--config", pair.mr.config, "--socket", pair.mr.socket, "--log-level", "debug")
        pair.mr.programs[name] = program
        if name == "nemonetd":
            wait_for(pair.mr.status_ready, "nemonetd to answer")
    pair.ha.start("nemonetd")
    assert unit(installed, "had")["PrivateNetwork"] == unit(installed, "mnd")["PrivateNetwork"] == "yes"
    pair.ha.node.start(
        "had", "unshare", "--net", pair.ha.binary("had"), "--config", pair.ha.config, "--socket", pair.ha.socket)
    pair.mr.wait_registered()
    pair.wait_reachable()
    for name, program in pair.mr.programs.items():
        found = standing(program)
        assert found["users"] == {str(nobody.pw_uid)} and found["no_new"] == "1", (name, found)
        assert found["CapEff"] == (1 << 12 | 1 << 13 if name == "nemonetd" else 0), (name, found)
        assert program.stop() == 0, program.log()


def test_a_shell_on_a_machine_has_its_own_socket_where_shisactl_looks(make_pair_of):
    pair = make_pair_of().start()
    for system, expected in ((pair.mr, "registrations"), (pair.ha, "bindings")):
        command = terminal.inside(system.node.name, f"hostname; {system.binary('shisactl')} {expected}")
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        assert result.stdout.startswith(system.node.name + "\n")
        assert "CARE-OF ADDRESS" in result.stdout and "2001:db8:1::100" in result.stdout, result.stdout
