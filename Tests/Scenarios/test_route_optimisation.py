"""A mobile host and a correspondent without the way over the home agent, and both ends none the wiser."""

import subprocess
import time

import pytest

from packets import mobility
from scapy.layers.inet6 import HAO, IPv6, IPv6ExtHdrRouting, UDP
from scapy.utils import rdpcap
from world import configuration
from world.flow import Flow
from world.node import PATIENCE, wait_for
from world.system import MobileRouterSystem
from world.world import CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, HOME_PREFIX

HOME_TEST_INIT, CARE_OF_TEST_INIT, HOME_TEST, CARE_OF_TEST = "1", "2", "3", "4"
BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT, BINDING_ERROR = "5", "6", "7"


def policy(text):
    return f"policy = {{ route_optimization = {{ {text} }}; }};"


class Talk:
    """One TCP connection from the mobile host to the correspondent, a line at a time, by programs that choose no address."""

    def __init__(self, pair, address=CORRESPONDENT):
        self.server = pair.cn.node.start("echo", "python3", "-c", _ECHO)
        wait_for(lambda: ":7778" in pair.cn.node.run("ss", "-tln").stdout, "the correspondent to listen")
        self.client = pair.world.mr.start(
            "talk", "python3", "-c", _TALK, address, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, word):
        """Says a word; gives the addresses of both ends as each end sees them."""
        self.client.process.stdin.write(word.encode() + b"\n")
        self.client.process.stdin.flush()
        answer = self.client.process.stdout.readline().decode().split()
        assert answer[:1] == [word], answer
        return answer[1:]


# Each end tells which address it sees at the other one.
_ECHO = """
import socket
with socket.create_server(("::", 7778), family=socket.AF_INET6) as server:
    connection, peer = server.accept()
    file = connection.makefile("rw")
    for line in file:
        file.write(line.strip() + " " + connection.getpeername()[0] + chr(10))
        file.flush()
"""

_TALK = """
import socket, sys
connection = socket.create_connection((sys.argv[1], 7778), 10)
connection.settimeout(20)
file = connection.makefile("rw")
for line in sys.stdin:
    file.write(line)
    file.flush()
    print(file.readline().strip(), connection.getpeername()[0], connection.getsockname()[0], flush=True)
"""

SEEN = [HOME_ADDRESS, CORRESPONDENT, HOME_ADDRESS]


def fields(node, path, read_filter, *names):
    options = [option for name in names for option in ("-e", name)]
    result = node.run("tshark", "-n", "-r", path, "-Y", read_filter, "-T", "fields", "-E", "separator=|", *options)
    return [line.split("|") for line in result.stdout.splitlines()]


def test_traffic_begins_through_the_home_agent_and_then_goes_directly(make_triangle_of):
    pair = make_triangle_of().start(direct=False)
    flow = pair.flow()
    route = pair.mn.wait_direct(CORRESPONDENT)
    binding = pair.cn.wait_bound()
    care_of = pair.mn.registration()["care_of_address"]
    assert route["care_of_address"] == binding["care_of_address"] == care_of
    assert route["lifetime"] == binding["lifetime"] == 420
    assert binding["home_agent"] == CORRESPONDENT
    time.sleep(0.3)
    capture, path = pair.world.capture(pair.world.access1, "up0", "ip6")
    assert pair.packets_through_home_agent() == 0
    capture.stop()
    up, down = flow.stop()
    assert up.lost == 0 and down.lost == 0
    # On the wire: a Home Address option one way, a type 2 routing header the other.
    headers = [packet[IPv6] for packet in rdpcap(path) if UDP in packet]
    sent = [(header.src, header[HAO].hoa if HAO in header else None) for header in headers if header.dst == CORRESPONDENT]
    came = [(header.dst, *(header[IPv6ExtHdrRouting].addresses if IPv6ExtHdrRouting in header else []))
            for header in headers if header.src == CORRESPONDENT]
    assert len(sent) > 50 / PATIENCE and len(came) > 50 / PATIENCE
    assert set(sent) == set(came) == {(care_of, HOME_ADDRESS)}, (set(sent), set(came))
    assert pair.mn.counters("mnd")["route_installed"] >= 1
    assert pair.cn.counters("cnd")["binding_created"] == 1
    assert pair.mn.events("route_installed") and pair.cn.events("binding_created")
    assert pair.world.spoofed("access1") == 0


def test_a_connection_survives_beginning_hand_over_and_end_and_sees_the_home_address_only(make_triangle_of):
    pair = make_triangle_of().start(direct=False)
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    talk = Talk(pair)
    assert talk.say("before") == SEEN
    pair.talk_until_direct("eth0")
    assert talk.say("direct") == SEEN
    pair.world.cables["eth0"].unplug()
    pair.talk_until_direct("eth1")
    assert pair.cn.wait_bound()["care_of_address"] == pair.mn.registration()["care_of_address"]
    assert talk.say("moved") == SEEN
    pair.mn.tell("routes", "never", CORRESPONDENT)
    wait_for(lambda: not pair.cn.direct_bindings(), "the correspondent to forget the node")
    assert talk.say("after") == SEEN
    assert pair.mn.route(CORRESPONDENT)["state"] == "excluded"
    assert pair.both_ways()


def test_a_hand_over_of_optimised_traffic_loses_little(make_triangle_of):
    pair = make_triangle_of().start()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    flow = pair.flow()
    time.sleep(0.5)
    pair.world.cables["eth0"].unplug()
    pair.mn.wait_direct(CORRESPONDENT, "eth1")
    time.sleep(0.5)
    up, down = flow.stop()
    assert up.lost < 200 and down.lost < 200
    assert pair.both_ways()


def test_who_is_on_the_never_list_learns_nothing(make_triangle_of):
    pair = make_triangle_of(host={"extra": policy('never = [ "2001:db8:c::/64" ];')}).start(direct=False)
    capture, path = pair.world.capture(pair.world.cn, "eth0", "ip6")
    assert pair.both_ways()
    time.sleep(1)
    capture.stop()
    care_of = pair.mn.registration()["care_of_address"]
    assert pair.world.cn.run("tcpdump", "-n", "-r", path, f"ip6 protochain 135 or host {care_of}").stdout == ""
    assert pair.mn.route("2001:db8:c::/64")["state"] == "excluded"
    assert pair.cn.counters("cnd")["home_test_init_received"] == 0
    # A person changes his mind, and again.
    assert "does not rest" in pair.mn.tell("routes", "retry", CORRESPONDENT, check=False).stderr
    pair.mn.tell("routes", "allow", "2001:db8:c::/64")
    pair.talk_until_direct()
    pair.mn.tell("routes", "never", CORRESPONDENT)
    wait_for(lambda: not pair.cn.direct_bindings(), "the correspondent to forget the node")
    assert "is not excluded" in pair.mn.tell("routes", "allow", "2001:db8:c::/64", check=False).stderr


def test_switched_off_everything_goes_through_the_home_agent(make_triangle_of):
    pair = make_triangle_of(host={"extra": policy("enabled = false;")}).start(direct=False)
    assert pair.both_ways()
    time.sleep(1)
    assert pair.mn.route("::/0")["state"] == "excluded"
    assert pair.cn.counters("cnd")["home_test_init_received"] == 0


@pytest.mark.kernel
def test_a_correspondent_that_lost_everything_says_so_and_is_optimised_again(make_triangle_of):
    pair = make_triangle_of().start()
    # Nearer to the acknowledgement a Binding Error could have crossed it.
    time.sleep(1.1)
    for name in ("cnd", "nemonetd"):
        pair.cn.programs[name].kill()
    pair.cn.start("nemonetd", "cnd")
    assert not pair.cn.direct_bindings()

    # What comes before cnd is there again is dropped without a word.
    def told():
        pair.world.mr.ping(CORRESPONDENT)
        return pair.mn.counters("mnd")["correspondent_binding_error_received"] >= 1
    wait_for(told, "a Binding Error")
    pair.talk_until_direct()
    pair.cn.wait_bound()
    assert pair.both_ways()
    assert any("binding_error" in detail for detail in pair.mn.events("route_removed"))
    assert pair.cn.counters("cnd")["binding_error_sent"] >= 1


def test_a_killed_cnd_goes_on_and_is_taken_over(make_triangle_of):
    pair = make_triangle_of(host={"extra": policy("lifetime = 8;")}).start()
    pair.cn.programs["cnd"].kill()
    assert pair.packets_through_home_agent(0.3) == 0
    pair.cn.start("cnd")
    wait_for(lambda: pair.cn.counters("cnd").get("binding_restored") == 1, "the binding to be taken over")
    flow = pair.flow()
    # The nonces are gone: the refresh is answered with 138 and tests anew, before the binding ends.
    wait_for(
        lambda: pair.mn.counters("mnd")["correspondent_acknowledgement_received_expired_nonces"] >= 1, "status 138", 15)
    pair.mn.wait_direct(CORRESPONDENT)
    up, down = flow.stop()
    assert up.lost == 0 and down.lost == 0
    assert pair.mn.counters("mnd")["correspondent_binding_error_received"] == 0


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_without_cnd_packets_turn_to_the_home_agent_before_the_binding_ends(make_triangle_of, how):
    pair = make_triangle_of(host={"extra": policy("lifetime = 8;")}).start()
    flow = pair.flow()
    getattr(pair.cn.programs["cnd"], how)()
    wait_for(lambda: not (pair.mn.route(CORRESPONDENT) or {"forwards": False})["forwards"], "the route to end", 20)
    wait_for(lambda: not pair.cn.direct_bindings(), "the binding to end", 20)
    # Now they take the way that they took before.
    assert pair.packets_through_home_agent(0.5) > 0
    up, down = flow.stop()
    assert up.lost <= 20 and down.lost <= 20
    assert pair.both_ways()


def test_a_correspondent_without_mobility_is_left_alone(make_triangle_of):
    pair = make_triangle_of()
    pair.cn.start = lambda *names: None
    pair.start(direct=False)
    def resting():
        pair.world.mr.ping(CORRESPONDENT)
        row = pair.mn.route(CORRESPONDENT)
        return row if row and row["state"] == "resting" else None
    row = wait_for(resting, "the correspondent to rest", 20)
    assert row["reason"] == "unsupported" and 500 < row["remaining"] <= 600
    wait_for(lambda: pair.mn.counters("mnd")["peer_rested_unsupported"] == 1, "the counters")
    sent = pair.mn.counters("mnd")["home_test_init_sent"]
    assert sent >= 1
    assert pair.both_ways()
    assert pair.mn.counters("mnd")["home_test_init_sent"] == sent
    pair.mn.tell("routes", "retry", CORRESPONDENT)
    wait_for(lambda: pair.mn.counters("mnd")["home_test_init_sent"] > sent, "another try")


def test_who_is_refused_rests(make_triangle_of):
    pair = make_triangle_of(correspondent={"group": f'prohibited = [ "{HOME_PREFIX}" ];'}).start(direct=False)
    def resting():
        pair.world.mr.ping(CORRESPONDENT)
        row = pair.mn.route(CORRESPONDENT)
        return row if row and row["state"] == "resting" else None
    assert wait_for(resting, "the correspondent to rest", 20)["reason"] == "refused"
    wait_for(
        lambda: pair.mn.counters("mnd")["correspondent_acknowledgement_received_administratively_prohibited"] == 1
        and pair.cn.counters("cnd")["acknowledgement_sent_administratively_prohibited"] == 1, "both to count it")
    assert pair.both_ways()


def test_lifetimes_are_what_the_correspondent_grants_and_are_renewed_without_a_loss(make_triangle_of):
    pair = make_triangle_of(correspondent={"lifetime": 8}).start()
    first = pair.mn.route(CORRESPONDENT)
    assert first["lifetime"] == 8 and pair.cn.wait_bound()["lifetime"] == 8
    flow = pair.flow()
    wait_for(lambda: pair.mn.route(CORRESPONDENT)["sequence"] >= first["sequence"] + 2, "two renewals", 30)
    up, down = flow.stop()
    assert up.lost == 0 and down.lost == 0
    assert pair.cn.counters("cnd")["binding_refreshed"] >= 2


def test_home_again_nothing_is_left_at_the_correspondent(make_triangle_of):
    pair = make_triangle_of(
        way_home=True, agent={"group": 'link = "home0";'}, host={"uplinks": (("eth0", 10), ("eth2", 20))}).start()
    talk = Talk(pair)
    assert talk.say("away") == SEEN
    pair.world.cables["eth2"].plug()
    pair.mn.wait_home()
    wait_for(lambda: not pair.cn.direct_bindings(), "the correspondent to forget the node")
    wait_for(lambda: pair.mn.route(CORRESPONDENT) is None, "the route to go")
    assert talk.say("home") == SEEN
    pair.wait_reachable()
    pair.world.cables["eth2"].unplug()
    pair.mn.wait_registered("eth0")
    pair.talk_until_direct()
    assert talk.say("away") == SEEN


@pytest.mark.parametrize("first", ["eth0", "eth1"])
def test_a_killed_mnd_goes_on_directly_and_is_taken_over(make_triangle_of, first):
    """Whichever uplink came first, and has the kernel's default route: the packets leave by the one that they are of."""
    pair = make_triangle_of()
    if first == "eth1":
        pair.world.cables["eth0"].unplug()
        pair.start(uplink="eth1")
        pair.world.cables["eth0"].plug()
        pair.mn.wait_registered("eth0")
        pair.talk_until_direct("eth0")
    else:
        pair.start()
    flow = pair.flow()
    pair.mn.programs["mnd"].kill()
    assert pair.packets_through_home_agent(0.3) == 0
    sequence = pair.mn.route(CORRESPONDENT)["sequence"]
    pair.mn.start("mnd")
    wait_for(lambda: pair.mn.counters("mnd").get("route_restored") == 1, "the route to be taken over")
    wait_for(lambda: pair.mn.route(CORRESPONDENT)["sequence"] == (sequence + 1) % 65536, "the tests to be done anew")
    pair.mn.wait_direct(CORRESPONDENT)
    up, down = flow.stop()
    assert up.lost == 0 and down.lost == 0


def test_a_restarted_nemonetd_hears_the_routes_again(make_triangle_of):
    pair = make_triangle_of().start()
    sequence = pair.mn.route(CORRESPONDENT)["sequence"]
    for system in (pair.mn, pair.cn):
        system.programs["nemonetd"].kill()
        system.start("nemonetd")
    pair.mn.wait_direct(CORRESPONDENT)
    pair.cn.wait_bound()
    pair.wait_reachable()
    assert pair.both_ways()
    assert pair.packets_through_home_agent(0.3) == 0
    assert pair.mn.route(CORRESPONDENT)["sequence"] == sequence


def test_mnd_that_ends_tells_the_correspondent_first(make_triangle_of):
    pair = make_triangle_of().start()
    assert pair.mn.programs["mnd"].stop() == 0
    wait_for(lambda: not pair.cn.direct_bindings(), "the correspondent to forget the node")
    wait_for(lambda: pair.ha.binding() is None, "the home agent to forget the node")
    assert pair.mn.ask("routes") == []
    wait_for(lambda: pair.cn.counters("cnd")["binding_deregistered"] == 1, "the correspondent to count it")


def test_a_binding_that_a_person_revokes_comes_back_if_it_is_used(make_triangle_of):
    pair = make_triangle_of().start()
    time.sleep(1.1)
    pair.cn.tell("revoke", HOME_ADDRESS)
    wait_for(lambda: pair.cn.counters("cnd")["binding_revoked"] == 1, "the binding to be revoked")
    pair.talk_until_direct()
    assert pair.both_ways()


def test_thirty_per_cent_loss_delays_it_and_does_not_prevent_it(make_triangle_of):
    pair = make_triangle_of(shaped=("eth0",)).start(direct=False)
    pair.world.cables["eth1"].unplug()
    pair.world.cables["eth0"].shape(delay=20, loss=0.3)
    pair.talk_until_direct("eth0", timeout=120)
    pair.world.cables["eth0"].shape(delay=20, loss=0)
    pair.mn.wait_direct(CORRESPONDENT, timeout=60)
    assert pair.both_ways()


def test_had_and_cnd_share_a_machine(make_triangle_of):
    """The home agent's machine is a correspondent at its other address."""
    pair = make_triangle_of()
    address = "2001:db8:f3::2"
    pair.ha.configure(open(pair.ha.config).read() + "correspondent = { };\n")
    pair.cn = pair.ha
    pair.ha.start("nemonetd", "had", "cnd")
    pair.mn.start("nemonetd", "babymdd", "mnd")
    pair.mn.wait_registered("eth0")
    def direct():
        pair.world.mr.ping(address)
        row = pair.mn.route(address)
        return row if row and row["forwards"] else None
    wait_for(direct, "packets to go directly", 20)
    kinds = {row["kind"] for row in pair.ha.ask("bindings")}
    assert kinds == {"home", "correspondent"}
    assert pair.world.mr.ping(address, count=3)
    # The way to everybody else is the tunnel as before, and either program minds its own messages.
    assert pair.world.mr.ping(CORRESPONDENT, count=3)
    def each_answered():
        counters = pair.ha.counters("had")
        return counters["binding_update_received"] == counters["acknowledgement_sent_accepted"] > 0
    wait_for(each_answered, "had to have answered each Binding Update")
    assert pair.ha.counters("cnd")["home_registration_left"] == 0
    status = pair.ha.node.run(pair.ha.binary("shisactl"), "--socket", pair.ha.socket, "status").stdout
    assert ", 1 direct" in status


@pytest.mark.kernel
def test_two_mobile_hosts_talk_directly(make_triangle_of):
    """Each is the other's correspondent, at its home address."""
    other_home = "2001:db8:1::200"
    nodes = [
        configuration.node("file:keys/router.key", prefixes=()),
        configuration.node("file:keys/other.key", address=other_home, prefixes=(), name="tram-3")]
    pair = make_triangle_of(
        agent={"nodes": nodes}, host={"uplinks": (("eth0", 10),), "extra": _at(HOME_ADDRESS)})
    other = MobileRouterSystem(pair.world, pair.world.second_mobile())
    other.configure(configuration.mobile_host(address=other_home, uplinks=(("eth0", 10),), extra=_at(other_home)))
    other.key("home.key", pair.ha.key("other.key"))
    pair.ha.start("nemonetd", "had")
    for system in (pair.mn, other):
        system.start("nemonetd", "babymdd", "mnd", "cnd")
    for system in (pair.mn, other):
        system.wait_registered("eth0")

    def direct():
        pair.world.mr.ping(other_home)
        rows = [pair.mn.route(other_home), other.route(HOME_ADDRESS)]
        return rows if all(row and row["forwards"] and row["state"] == "bound" for row in rows) else None
    rows = wait_for(direct, "both to send directly", 30)
    assert rows[0]["care_of_address"].startswith("2001:db8:a1:")
    assert rows[1]["care_of_address"].startswith("2001:db8:a2:")
    assert pair.world.mr.ping(other_home, count=3)
    flow = Flow(pair.world.mr, HOME_ADDRESS, other.node, other_home)
    # Through the home agent it would be two hundred.
    assert pair.packets_through_home_agent(PATIENCE) < 20
    up, down = flow.stop()
    assert up.lost == 0 and down.lost == 0


def _at(address):
    return f'correspondent = {{ addresses = [ "{address}" ]; }};'


@pytest.mark.hostile
def test_an_unknown_message_is_answered_once(make_triangle_of):
    pair = make_triangle_of()
    pair.ha.configure(open(pair.ha.config).read() + "correspondent = { };\n")
    pair.ha.start("nemonetd", "had", "cnd")
    source, address = CORRESPONDENT, HOME_AGENT
    capture, path = pair.world.capture(pair.world.cn, "eth0", "ip6 proto 135")
    pair.world.cn.send_packets([mobility(source, address, 99, bytes(10))])
    wait_for(lambda: fields(pair.world.cn, path, "mip6.mhtype == 7", "mip6.be.status"), "a Binding Error")
    time.sleep(0.5)
    capture.stop()
    assert fields(pair.world.cn, path, "mip6.mhtype == 7", "mip6.be.status") == [["2"]]


def test_tshark_finds_no_fault_with_a_life_of_route_optimisation(make_triangle_of):
    pair = make_triangle_of(host={"extra": policy("lifetime = 12;")})
    captures = [
        pair.world.capture(pair.world.access1, "up0", "ip6"), pair.world.capture(pair.world.access2, "up0", "ip6"),
        pair.world.capture(pair.world.cn, "eth0", "ip6")]
    pair.start()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    time.sleep(1.1)
    pair.cn.tell("revoke", HOME_ADDRESS)
    wait_for(lambda: not pair.cn.direct_bindings(), "the binding to end")
    pair.talk_until_direct()
    pair.world.cables["eth0"].unplug()
    pair.talk_until_direct("eth1")
    assert pair.mn.programs["mnd"].stop() == 0
    wait_for(lambda: not pair.cn.direct_bindings(), "the correspondent to forget the node")
    time.sleep(0.3)
    kinds = set()
    for capture, path in captures:
        capture.stop()
        faults = pair.world.mr.run(
            "tshark", "-n", "-r", path, "-o", "ipv6.checksum:TRUE", "-Y",
            "mipv6 && (_ws.malformed || _ws.expert.severity >= 6291456)", "-V", check=False).stdout
        assert faults == ""
        kinds |= {row[0] for row in fields(pair.world.mr, path, "mipv6", "mip6.mhtype")}
    assert {
        HOME_TEST_INIT, CARE_OF_TEST_INIT, HOME_TEST, CARE_OF_TEST, BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT,
        BINDING_ERROR,
    } <= kinds
