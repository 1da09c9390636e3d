"""What nemonetd makes of the order and the number of its clients' requests."""

import os
import pwd

import pytest
from mobility_client import Client, address, attribute, binding, event, mobility, u32, uplink
from test_privileges import is_real_root
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_AGENT

# A Binding Error: of no interest to whoever gets it.
MESSAGE = bytes([59, 2, 7, 0, 0, 0, 1, 0]) + address("2001:db8:1::100")
CARE_OF = "2001:db8:a1::77"
# So many that planning all of them takes longer than the 20 ms up to which nothing waits.
MANY = 10_000


def home(number):
    return f"2001:db8:1:0:1::{number:x}"


@pytest.fixture
def nemonetd(make_pair_of):
    """The home agent's nemonetd, and a way to be one of its clients."""
    pair = make_pair_of()
    pair.ha.start("nemonetd")
    clients = []

    def client(role, *addresses, name=None):
        clients.append(Client(pair.ha.socket, role, addresses, name))
        return clients[-1]

    yield pair.ha, client
    for each in clients:
        each.close()


@pytest.mark.hostile
@pytest.mark.parametrize("role, address, kind", [("home agent", HOME_AGENT, 0), ("correspondent", HOME_AGENT, 1)])
def test_acknowledgements_come_after_the_bindings_that_came_with_them(nemonetd, role, address, kind):
    system, client = nemonetd
    sender = client(role, address)
    message = mobility(address, CARE_OF, MESSAGE)

    def plans():
        counters = system.counters("nemonetd")
        return counters["plan_made"] + counters["plan_changed"]

    def announce(first):
        """Three bindings and three messages in one packet, and how often plans were made for them."""
        before = plans()
        bindings = [binding(home(first + number), CARE_OF, address, kind=kind) for number in range(3)]
        order = sender.packet(message, bindings[0], message, bindings[1], bindings[2], message)
        assert order == [1, 3, 4, 0, 2, 5]
        assert len(system.ask("bindings")) == first + 2
        return plans() - before

    # And they were brought into force once. News of the kernel's in between have a plan of their own.
    assert [announce(first) for first in (1, 4, 7)].count(1) >= 2


def test_what_the_kernel_refuses_to_ask_a_router_is_refused_and_counted(nemonetd):
    system, client = nemonetd
    detector = client("detector")
    # An uplink that went while the question was on its way.
    detector.request(*uplink(4711, "eth9", 1))
    for kind, more in ((0x43, (attribute(6, address("fe80::1")),)), (0x44, ())):
        with pytest.raises(AssertionError):
            detector.request(kind, attribute(1, u32(4711)), *more)
    wait_for(lambda: system.counters("nemonetd")["router_inquiry_failed"] == 2, "the refusals to be counted")


@pytest.mark.hostile
def test_a_mobile_nodes_messages_keep_their_place(nemonetd):
    system, client = nemonetd
    sender = client("mobile node")
    message = mobility(HOME_AGENT, CORRESPONDENT, MESSAGE)
    # Those of its answers that need what was announced before find it in force.
    assert sender.packet(message, (0x3A,), message, (0x32,)) == [0, 1, 2, 3]


def test_where_very_much_is_bound_everything_is_planned_now_and_then_and_nodes_at_once(nemonetd):
    system, client = nemonetd
    agent, detector = client("home agent", HOME_AGENT), client("detector")
    for first in range(0, MANY, 100):
        agent.packet(*(binding(home(number), CARE_OF, HOME_AGENT, kind=0) for number in range(first, first + 100)))
    plans = lambda: [system.counters("nemonetd")[name] for name in ("plan_made", "plan_changed")]
    wait_for(lambda: len(system.ask("tunnels")) == MANY, "all to be bound")
    made, changed = plans()
    rounds = 100
    for metric in range(rounds):
        detector.request(*uplink(4711, "eth9", metric))
        agent.request(*binding(home(MANY + metric), CARE_OF, HOME_AGENT, kind=0))
    # What was asked for last is not forgotten either.
    wait_for(lambda: any(row["metric"] == rounds - 1 for row in system.ask("uplinks")), "the last report")
    wait_for(lambda: len(system.ask("tunnels")) == MANY + rounds, "the nodes to be bound")
    # How often depends on the machine (ApplyPacerTests/share has the pace).
    wait_for(lambda: plans()[0] > made, "everything to be planned")
    assert plans()[1] > changed


@pytest.mark.skipif(not is_real_root(), reason="only the real root can become another user")
def test_the_name_of_a_monitor_counts_from_who_may_run_the_programs_alone(nemonetd):
    system, client = nemonetd
    named = client("monitor", name="lookout")
    # Whose the connection is, the kernel says at its beginning.
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        stranger = client("monitor", name="had")
    finally:
        os.seteuid(0)
    connected = [row["program"] for row in system.ask("status")["programs"]]
    # The last one is who asks.
    assert connected == ["lookout", "shisactl", "shisactl"]
    assert "programs  lookout " in system.tell("status").stdout
    named.request(*event("lookout", "seen"))
    for program, refusal in (("had", "shisactl cannot speak for had"), ("shisactl", "shisactl cannot send event")):
        with pytest.raises(AssertionError, match=refusal):
            stranger.request(*event(program, "seen"))
    assert [row["program"] for row in system.ask("events") if row["event"] == "seen"] == ["lookout"]
