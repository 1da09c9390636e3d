"""The finished image, looked at from outside: its layout, its sizes, and what a person finds on it."""

import os
import pathlib
import re
import struct
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BOARD = os.environ.get("BOARD") or "qemu-virt"
IMAGE = TOP / f"build/images/shisa-{BOARD}.img"
WORK = TOP / f"build/board/{BOARD}"
MEBIBYTE = 1024 * 1024
MEGABYTE = 1000 * 1000
SECTOR = 512


@pytest.fixture(scope="module", autouse=True)
def image_is_there():
    reason = os.environ.get("SHISA_IMAGE_UNAVAILABLE")
    if reason:
        pytest.skip(reason)
    assert IMAGE.exists(), f"make image BOARD={BOARD} made no image"


def partitions():
    """The MBR's four entries: (bootable, type, first sector, number of sectors)."""
    with open(IMAGE, "rb") as file:
        record = file.read(SECTOR)
    assert record[510:] == b"\x55\xaa"
    entries = [struct.unpack_from("<B3xB3xII", record, 446 + 16 * number) for number in range(4)]
    return [(status == 0x80, kind, first, count) for status, kind, first, count in entries]


def octets(offset, count):
    with open(IMAGE, "rb") as file:
        file.seek(offset)
        return file.read(count)


def boot_partition(command, *arguments):
    return subprocess.run(
        [command, "-i", f"{IMAGE}@@16M", *arguments], capture_output=True, text=True, check=True,
        env=dict(os.environ, MTOOLS_SKIP_CHECK="1")).stdout


def squashfs(*arguments):
    return subprocess.run(
        ["unsquashfs", *arguments], capture_output=True, text=True, check=True, cwd=TOP).stdout


def test_the_medium_has_four_partitions_that_do_not_overlap():
    table = partitions()
    assert [kind for _, kind, _, _ in table] == [0x0C, 0x83, 0x83, 0x83]
    assert [bootable for bootable, _, _, _ in table] == [True, False, False, False]
    assert table[0][2] * SECTOR == 16 * MEBIBYTE
    for (_, _, first, count), (_, _, following, _) in zip(table, table[1:]):
        assert first + count <= following
    assert (table[3][2] + table[3][3]) * SECTOR <= IMAGE.stat().st_size


def test_each_partition_holds_its_file_system():
    boot, root, spare, data = (first * SECTOR for _, _, first, _ in partitions())
    assert octets(boot + 82, 5) == b"FAT32"
    assert octets(root, 4) == b"hsqs"
    assert octets(spare, 4) == bytes(4)
    assert octets(data + 1024 + 56, 2) == b"\x53\xef"


def test_a_slot_is_big_enough_for_its_root():
    _, _, first, count = partitions()[1]
    used = struct.unpack("<Q", octets(first * SECTOR + 40, 8))[0]
    assert used <= count * SECTOR


def test_the_boot_partition_has_the_settings_and_what_starts_the_kernel():
    names = boot_partition("mdir", "-/", "-b", "::").split()
    for name in ("shisa.conf", "boot.scr", "a/Image.gz", "a/initrd", "keys/README.txt"):
        assert f"::/{name}" in names
    assert "key = \"file:keys/home.key\"" in boot_partition("mtype", "::shisa.conf")


def test_the_image_carries_no_key():
    assert not [name for name in boot_partition("mdir", "-/", "-b", "::").split() if name.endswith(".key")]


def test_the_settings_on_the_image_are_ones_that_the_programs_accept(tmp_path):
    program = TOP / ".build/debug/shisa"
    if not program.exists():
        pytest.skip("there is no .build/debug/shisa; swift build makes it")
    (tmp_path / "shisa.conf").write_text(boot_partition("mtype", "::shisa.conf"))
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys/home.key"
    key.write_text("00112233445566778899aabbccddeeff\n")
    key.chmod(0o600)
    for name in ("nemonetd", "babymdd", "mrd"):
        check = subprocess.run(
            [program, name, "--check", "--config", tmp_path / "shisa.conf"], capture_output=True, text=True)
        assert check.returncode == 0, check.stderr


def test_the_root_has_every_program_under_its_name():
    listing = squashfs("-lls", WORK / "images/root.squashfs")
    for path in ("usr/sbin/nemonetd", "usr/sbin/babymdd", "usr/sbin/mrd", "usr/sbin/shisamodem", "usr/bin/shisactl",
                 "usr/bin/shisaconf"):
        assert re.search(rf"squashfs-root/{path} -> \S*shisa\n", listing)
    for path in ("usr/bin/shisa", "bin/ip", "usr/sbin/nft", "usr/sbin/dnsmasq", "usr/libexec/shisa/hosts", "sbin/wpa_supplicant",
                 "usr/sbin/hostapd", "sbin/iw", "usr/libexec/shisa/radio", "bin/busybox", "usr/bin/qmicli", "usr/bin/mbimcli",
                 "usr/sbin/pppd", "usr/sbin/chat", "usr/sbin/dhcpcd", "usr/libexec/shisa/addresses", "usr/sbin/chronyd",
                 "usr/bin/chronyc", "usr/libexec/shisa/clock"):
        assert re.search(rf"^-rwxr-xr-x root/root .* squashfs-root/{path}\n", listing, re.MULTILINE)
    assert re.search(r"^-rw-r--r-- root/root .* squashfs-root/usr/libexec/shisa/keeping\n", listing, re.MULTILINE)
    for path, target in (("etc/shisa/shisa.conf", "/boot/shisa.conf"), ("var/lib/chrony", "/data/chrony"),
                         ("var/lib/dhcpcd", "/run/dhcpcd")):
        assert re.search(rf"squashfs-root/{path} -> {target}\n", listing)


def test_the_root_has_the_drivers_of_what_is_plugged_in():
    listing = squashfs("-l", WORK / "images/root.squashfs")
    for folder, names in (
            ("net/usb", ("cdc_ether", "cdc_ncm", "rndis_host", "qmi_wwan", "cdc_mbim", "huawei_cdc_ncm", "sierra_net", "r8152")),
            ("usb/serial", ("option", "qcserial", "sierra")), ("usb/class", ("cdc-acm",))):
        for name in names:
            assert re.search(rf"/kernel/drivers/{folder}/{name}\.ko\n", listing), name


def test_everything_on_the_root_belongs_to_root_and_nothing_is_open_to_all():
    for line in squashfs("-lls", WORK / "images/root.squashfs").splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root", line
        assert mode[0] == "l" or mode[8] != "w", line
        assert "s" not in mode[1:], line


def test_shisa_is_an_arm_program_without_symbols_or_libraries_and_at_most_nine_megabytes():
    program = WORK / "shisa"
    assert program.stat().st_size <= 9 * MEGABYTE
    assert struct.unpack_from("<H", program.read_bytes(), 18)[0] == 183  # EM_AARCH64
    sections = subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True).stdout
    assert ".symtab" not in sections
    assert ".interp" not in sections


def test_shisa_speaks_of_the_programs_that_the_board_has_and_of_no_other():
    octets = (WORK / "shisa").read_bytes()
    for summary in (b"the tunnel manager of Shisa", b"the movement detector of Shisa", b"the mobile router of Shisa"):
        assert summary in octets
    for summary in (b"the home agent of Shisa", b"the correspondent node of Shisa", b"the mobile host of Shisa"):
        assert summary not in octets


def test_the_download_is_at_most_sixty_four_megabytes():
    assert os.path.getsize(f"{IMAGE}.zst") <= 64 * MEGABYTE


def test_the_checksums_and_the_list_of_packages_are_those_of_the_image():
    subprocess.run(["sha256sum", "--check", "--quiet", f"shisa-{BOARD}.sha256"], cwd=IMAGE.parent, check=True)
    manifest = (IMAGE.parent / f"shisa-{BOARD}.manifest").read_text()
    for package in ("busybox-static", "nftables", "linux-image-", "swiftlang"):
        assert re.search(rf"^{package}\S* \S", manifest, re.MULTILINE)
