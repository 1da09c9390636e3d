"""What `make install` puts where, and that the programs run as systemd's units start them."""

import grp
import os
import pwd
import shutil
import subprocess

import pytest

from test_privileges import is_real_root, places, standing  # noqa: F401
from world import terminal
from world.node import wait_for

PROGRAMS = {"nemonetd", "babymdd", "had", "mrd", "mnd", "cnd", "shisamodem", "shisahooks", "shisactl", "shisaconf"}
SERVICES = PROGRAMS - {"shisamodem", "shisahooks", "shisactl", "shisaconf"}
AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs"]
# A virtual machine has the programs and the tests, and not what installs them.
pytestmark = pytest.mark.skipif(not os.path.exists("Makefile"), reason="what is installed is on the build machine")


def install(folder, *settings, program=".build/debug/shisa"):
    return subprocess.run(
        ["make", "install", f"DESTDIR={folder}", "PREFIX=/usr", f"PROGRAM={program}", *settings], capture_output=True,
        text=True)


@pytest.fixture
def installed(tmp_path):
    result = install(tmp_path)
    assert result.returncode == 0, result.stderr
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
        | {f"usr/lib/systemd/system/{name}.service" for name in SERVICES | {"shisahooks", "shisamodem"}}
        | {f"usr/share/man/man{page[-1]}/{page}" for page in pages}
        | {f"usr/share/doc/shisa/samples/{name}" for name in os.listdir("docs/samples") if name.endswith(".conf")}
        | {"usr/lib/sysusers.d/shisa.conf"})
    assert {f"{name}.8" for name in PROGRAMS} | {"shisa.conf.5"} <= pages
    for name in PROGRAMS:
        assert os.readlink(installed / "usr/sbin" / name) == "shisa"
        said = subprocess.run([installed / "usr/sbin" / name, "--version"], capture_output=True, text=True, check=True)
        assert said.stdout.startswith(name), said


def mode(path):
    return os.stat(path).st_mode & 0o7777


def test_the_folder_of_the_keys_is_the_programs_group_and_so_is_what_is_made_in_it(tmp_path):
    keys = tmp_path / "etc/shisa/keys"
    assert install(tmp_path, f"ACCOUNT={grp.getgrgid(os.getgid()).gr_name}").returncode == 0
    assert mode(keys) == mode(keys.parent) == 0o2750
    # A folder that others could write to has no hooks.
    assert mode(keys.parent / "hooks.d") & 0o777 == 0o755
    if not is_real_root():
        return
    shutil.rmtree(tmp_path)
    assert install(tmp_path, "ACCOUNT=nogroup").returncode == 0
    nogroup = grp.getgrnam("nogroup").gr_gid
    subprocess.run(["sh", "-c", 'umask 027; echo >"$0"', keys / "bus-17.key"], check=True)
    assert (mode(keys / "bus-17.key"), os.stat(keys / "bus-17.key").st_gid) == (0o640, nogroup)
    assert [(mode(path), os.stat(path).st_gid) for path in (keys, keys.parent)] == [(0o2750, nogroup)] * 2


def test_installing_again_leaves_the_folders_and_keys_that_are_there_alone(installed):
    keys = installed / "etc/shisa/keys"
    (keys / "bus-17.key").write_text("a person's")
    os.chmod(keys.parent, 0o711)
    os.chmod(keys, 0o700)
    assert install(installed).returncode == 0
    assert (mode(keys.parent), mode(keys), (keys / "bus-17.key").read_text()) == (0o711, 0o700, "a person's")
    # Nor does it where there are no keys yet.
    shutil.rmtree(keys)
    assert install(installed).returncode == 0
    assert (mode(keys.parent), mode(keys)) == (0o711, 0o2750)


def test_what_is_installed_can_be_read_by_all_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        assert install(tmp_path).returncode == 0
    finally:
        os.umask(before)
    for path in (tmp_path / "usr").rglob("*"):
        wanted = 0o755 if path.is_dir() or path.parent.name == "sbin" else 0o644
        assert path.is_symlink() or mode(path) == wanted, path


@pytest.mark.parametrize("page", ["", "had.8"])
def test_installing_fails_where_a_page_cannot_be_made(tmp_path, page):
    # `shisa man` or `shisa man had.8` fails; all else is as it should be.
    program = tmp_path / "shisa"
    program.write_text(
        f'#!/bin/sh\n[ "$1 $2" != "man {page}" ] || exit 1\nexec {os.path.abspath(".build/debug/shisa")} "$@"\n')
    program.chmod(0o755)
    assert install(tmp_path / "root", program=program).returncode != 0


def test_without_a_build_installing_says_what_to_do(tmp_path):
    result = install(tmp_path, program="nowhere/shisa")
    assert result.returncode != 0 and "make release" in result.stderr
    assert not os.listdir(tmp_path)


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
        # Hooks may need anything.
        limit = "30" if "nemonetd" in path or "shisamodem" in path else "100" if "shisahooks" in path else "15"
        result = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", f"--threshold={limit}", path], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout


def test_units_start_a_program_again_however_often_it_ends_and_keep_the_keys_from_who_has_no_use_for_them(installed):
    hidden = {name: set(unit(installed, name).get("InaccessiblePaths", "").split()) for name in SERVICES}
    keys, state = "-/etc/shisa/keys", "-/var/lib/shisa"
    assert hidden == {
        "had": set(), "mrd": {state}, "mnd": {state}, "cnd": {keys, state}, "babymdd": {keys, state},
        "nemonetd": {keys, state}}
    for name in SERVICES:
        text = (installed / f"usr/lib/systemd/system/{name}.service").read_text()
        # systemd takes no notice of it in another section.
        assert "StartLimitIntervalSec=0\n" in text[text.index("[Unit]"):text.index("[Service]")], name
        assert unit(installed, name)["Restart"] == "on-failure"


def bring_up_as_nobody(system, installed, name):
    """Starts a program as its unit would have it, with `nobody` in the place of the account."""
    settings = unit(installed, name)
    assert settings["User"] == settings["Group"] == "shisa" and settings["NoNewPrivileges"] == "yes"
    rights = [right.removeprefix("CAP_").lower() for right in settings["AmbientCapabilities"].split()]
    assert settings["CapabilityBoundingSet"] == settings["AmbientCapabilities"]
    given = ",".join(["-all", *(f"+{right}" for right in rights)])
    # A network of its own, with nothing in it.
    alone = ["unshare", "--net"] if settings.get("PrivateNetwork") == "yes" else []
    assert bool(alone) == (name in ("mrd", "had"))
    program = system.node.start(
        name, *alone, *AS_NOBODY, f"--inh-caps={given}", f"--ambient-caps={given}", f"--bounding-set={given}",
        system.binary(name), "--config", system.config, "--socket", system.socket, "--log-level", "debug")
    system.programs[name] = program
    if name == "nemonetd":
        wait_for(system.status_ready, "nemonetd to answer")


@pytest.mark.skipif(not is_real_root(), reason="only the real root can become another user")
def test_programs_run_with_the_rights_that_their_units_give(installed, places, make_pair_of):  # noqa: F811
    pair = make_pair_of()
    nobody = pwd.getpwnam("nobody")
    os.chown("/run/shisa", nobody.pw_uid, nobody.pw_gid)
    for system in (pair.ha, pair.mr):
        # Root's, and the group's to read, as the recipe makes them.
        keys = os.path.join(system.node.directory, "keys")
        for path in (system.config, keys, *(os.path.join(keys, name) for name in os.listdir(keys))):
            shutil.chown(path, "root", "nogroup")
            os.chmod(path, 0o2750 if path == keys else 0o640)
        system.socket = f"/run/shisa/{system.node.name}.sock"
    for name in ("nemonetd", "had"):
        bring_up_as_nobody(pair.ha, installed, name)
    for name in ("nemonetd", "babymdd", "mrd"):
        bring_up_as_nobody(pair.mr, installed, name)
    assert unit(installed, "mnd")["PrivateNetwork"] == unit(installed, "cnd")["PrivateNetwork"] == "yes"
    pair.mr.wait_registered()
    pair.wait_reachable()
    for system in (pair.ha, pair.mr):
        for name, program in system.programs.items():
            found = standing(program)
            assert found["users"] == {str(nobody.pw_uid)} and found["no_new"] == "1", (name, found)
            assert found["CapEff"] == (1 << 12 | 1 << 13 if name == "nemonetd" else 0), (name, found)
    # A key that only root can read: root finds no fault, the unit's account does, and had goes on by what it has.
    key = os.path.join(pair.ha.node.directory, "keys/router.key")
    shutil.chown(key, group="root")
    check = [pair.ha.binary("had"), "--config", pair.ha.config, "--check"]
    assert pair.ha.node.run(*check, check=False).returncode == 0
    found = pair.ha.node.run(*AS_NOBODY, *check, check=False)
    assert found.returncode == 78 and f"cannot read {key}: no permission to read it" in found.stderr, found
    pair.ha.programs["had"].reload()
    wait_for(lambda: "no permission to read it" in pair.ha.programs["had"].log(), "had to refuse the file")
    assert pair.ha.binding()
    for system in (pair.mr, pair.ha):
        for program in reversed(list(system.programs.values())):
            assert program.stop() == 0, program.log()


def test_a_shell_on_a_machine_has_its_own_socket_where_shisactl_looks(make_pair_of):
    pair = make_pair_of().start()
    for system, expected in ((pair.mr, "registrations"), (pair.ha, "bindings")):
        command = terminal.inside(system.node.name, f"hostname; {system.binary('shisactl')} {expected}")
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        assert result.stdout.startswith(system.node.name + "\n")
        assert "CARE-OF ADDRESS" in result.stdout and "2001:db8:1::100" in result.stdout, result.stdout
