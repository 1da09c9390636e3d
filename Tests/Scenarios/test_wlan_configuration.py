"""What shisaconf writes for WLANs, read by wpa_supplicant and hostapd themselves."""

import hashlib
import os
import re
import shutil
import subprocess
import threading

import pytest

SHISA = os.path.abspath(".build/debug/shisa")

# What has a meaning of its own in one of the files on the way, in one of the two programs, or in a shell.
PASSPHRASES = [
    "the cat sat on the mat",
    " blanks at both ends ",
    '"quoted" and "again"',
    '"""""""""',
    "back\\slash \\n \\x41 \\",
    "a # b #######",
    "# a comment?",
    "secret|mac=ff:ff:ff:ff:ff:ff|id=x",
    "${HOME} $(reboot) `reboot` ; & > <",
    "ext:somewhere",
    'P"printf\\n"',
    "0123456789abcdef" * 3 + "0123456789abcde",
    "~" * 63,
    "wpa=0=key=value",
    "}ssid={}{}{",
    "%s%n%d%x",
]
SSIDS = [b"Depot", b"a", bytes(32), bytes(range(32)), b'" \n}network={\n#', b"\xff\xfe\x00\x0a", "Café ☕".encode(), b"hex:00"]

ROWS = [(passphrase, SSIDS[number % len(SSIDS)]) for number, passphrase in enumerate(PASSPHRASES)]


def quoted(text):
    """A string of libconfig."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def printed(path, kind, interface):
    answer = subprocess.run([SHISA, "shisaconf", kind, interface, "--config", path], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def settings(path, network, access_point):
    path.write_text(f"""
        home = {{ agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; prefixes = [ "2001:db8:10::/60" ]; insecure = true; }};
        uplinks = ( {{ interface = "wlan0"; type = "wlan"; networks = ( {{ {network} }} ); }} );
        ingress = ( {{ interface = "wlan1"; access_point = {{ {access_point} }}; }} );
    """)
    path.chmod(0o600)


def dumped(text, title):
    """The octets that a program has dumped under a title, last."""
    found = re.findall(rf"^{re.escape(title)} - hexdump_ascii\(len=(\d+)\):\n((?:     .*\n)*)", text, re.MULTILINE)
    assert found, f"no {title} in:\n{text}"
    length, lines = found[-1]
    octets = b"".join(bytes.fromhex(line[5:52].replace(" ", "")) for line in lines.splitlines())
    assert len(octets) == int(length)
    return octets


def join(tmp_path, text):
    """wpa_supplicant's own account of a configuration file, without a radio."""
    path = tmp_path / "wpa_supplicant.conf"
    path.write_text(text)
    said = subprocess.run(
        ["wpa_supplicant", "-dd", "-K", "-Dnl80211", "-i", "no-radio", "-c", path], capture_output=True, timeout=20).stdout
    said = said.decode(errors="replace")
    assert "Failed to read or parse" not in said and "unknown" not in said and "Line " not in said.replace("Line: ", ""), said
    return said


def serve(tmp_path, text):
    """hostapd's own account of a configuration file, without a radio; that takes a country and a driver of its own."""
    path = tmp_path / "hostapd.conf"
    lines = [line for line in text.splitlines() if not line.startswith(("country_code=", "ieee80211d=", "ieee80211h=", "ctrl_interface="))]
    path.write_text("\n".join(lines).replace("driver=nl80211", "driver=none").replace("interface=wlan1", "interface=lo") + "\n")
    with subprocess.Popen(
            ["hostapd", "-dd", "-K", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace") as process:
        ending = threading.Timer(60, process.kill)
        ending.start()
        said = ""
        # It goes on after this, for a radio that never comes; a file that is wrong ends it.
        for line in process.stdout:
            said += line
            if "Deauthenticate all stations" in line:
                break
        ending.cancel()
        process.kill()
    assert "Line " not in said and "errors found" not in said, said
    return said


@pytest.fixture(autouse=True)
def programs_are_there():
    for name in ("wpa_supplicant", "hostapd"):
        if not shutil.which(name):
            pytest.skip(f"there is no {name} on this machine")


@pytest.mark.parametrize("passphrase,ssid", ROWS)
def test_a_name_and_a_passphrase_of_any_kind_reach_both_programs_as_they_are(tmp_path, passphrase, ssid):
    path = tmp_path / "shisa.conf"
    (tmp_path / "a.psk").write_text(passphrase + "\n")
    (tmp_path / "a.psk").chmod(0o600)
    written = [quoted(passphrase)] if not passphrase.startswith("file:") else []
    for psk in [*written, '"file:a.psk"']:
        group = f'ssid = "hex:{ssid.hex()}"; security = "wpa2-wpa3"; psk = {psk};'
        settings(path, group, group)
        said = join(tmp_path, printed(path, "wpa_supplicant", "wlan0"))
        assert dumped(said, "ssid") == ssid
        assert dumped(said, "PSK (ASCII passphrase)") == passphrase.encode()
        said = serve(tmp_path, printed(path, "hostapd", "wlan1"))
        assert dumped(said, "SAE: SSID") == dumped(said, "SSID") == ssid
        assert dumped(said, "SAE: password") == dumped(said, "PSK (ASCII passphrase)") == passphrase.encode()
        # What WPA2 makes of the two (IEEE 802.11 §J.4), by another implementation.
        key = hashlib.pbkdf2_hmac("sha1", passphrase.encode(), ssid, 4096, 32)
        assert key.hex(" ") in said


@pytest.mark.parametrize("ssid", SSIDS)
def test_a_name_of_any_kind_reaches_both_programs_without_a_passphrase(tmp_path, ssid):
    path = tmp_path / "shisa.conf"
    group = f'ssid = "hex:{ssid.hex()}"; security = "open";'
    settings(path, group, group)
    said = join(tmp_path, printed(path, "wpa_supplicant", "wlan0"))
    assert dumped(said, "ssid") == ssid
    assert "key_mgmt: 0x4\n" in said  # NONE
    assert "wpa=0" in printed(path, "hostapd", "wlan1")
    serve(tmp_path, printed(path, "hostapd", "wlan1"))


def test_both_programs_know_every_line(tmp_path):
    path = tmp_path / "shisa.conf"
    key = "0f" * 32
    rows = {
        "wpa3": ("the cat sat on the mat", 0x400 | 0x800),
        "wpa2-wpa3": ("the cat sat on the mat", 0x400 | 0x800 | 0x40 | 0x100 | 0x2),
        "wpa2": (key, 0x40 | 0x100 | 0x2),
    }
    for security, (psk, methods) in rows.items():
        common = f'ssid = "Depot"; security = "{security}"; psk = "{psk}"; hidden = true;'
        settings(
            path, common + 'priority = 7; bssid = "02:00:5e:00:53:01";',
            common + 'band = "5 GHz"; channel = 44; country = "DE"; max_stations = 3;')
        said = join(tmp_path, printed(path, "wpa_supplicant", "wlan0"))
        assert f"key_mgmt: {hex(methods)}\n" in said
        assert "priority=7 (0x7)" in said and "scan_ssid=1 (0x1)" in said and "BSSID - hexdump(len=6): 02 00 5e 00 53 01" in said
        assert f"ieee80211w={2 if security == 'wpa3' else 1} " in said
        serve(tmp_path, printed(path, "hostapd", "wlan1"))
