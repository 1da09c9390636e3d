"""What nemonetd makes of the order and the number of its clients' requests."""

import pytest
from mobility_client import Client, address, binding, mobility, uplink
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

    def client(role, *addresses):
        clients.append(Client(pair.ha.socket, role, addresses))
        return clients[-1]

    yield pair.ha, client
    for each in clients:
        each.close()


@pytest.mark.hostile
@pytest.mark.parametrize("role, address, kind", [("home agent", HOME_AGENT, 0), ("correspondent", HOME_AGENT, 1)])
def test_acknowledgements_come_after_the_bindings_that_came_with_them(nemonetd, role, address, kind):
    system, client = nemonetd
    sender = client(role, address)
    before = system.counters("nemonetd")["plan_made"], system.counters("nemonetd")["plan_changed"]
    message = mobility(address, CARE_OF, MESSAGE)
    order = sender.packet(
        message, binding(home(1), CARE_OF, address, kind=kind), message, binding(home(2), CARE_OF, address, kind=kind),
        binding(home(3), CARE_OF, address, kind=kind), message)
    assert order == [1, 3, 4, 0, 2, 5]
    # And they were brought into force once.
    after = system.counters("nemonetd")["plan_made"], system.counters("nemonetd")["plan_changed"]
    assert sum(after) - sum(before) == 1
    assert len(system.ask("bindings")) == 3


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
