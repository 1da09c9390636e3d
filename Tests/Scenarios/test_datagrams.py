"""UDP in bursts: the kernel hands them over in one piece where it can, and is handed them so, and nobody outside sees it."""

import platform

import pytest

import datagrams
from test_traffic import parties

# One datagram, a short one, a full burst, one with a short end, and one octet.
LENGTHS = [1000, 17, 30_000, 20_480, 1, 44_001]
#: Since which Linux a TUN device takes several datagrams in one piece.
JOINING = (6, 2)


@pytest.mark.kernel
@pytest.mark.parametrize("direction", ["up", "down"])
def test_bursts_of_datagrams_arrive_as_they_were_sent(make_pair_of, direction):
    pair = make_pair_of().start()
    pair.wait_reachable()
    joined, path = pair.world.capture(pair.world.mr, "shisa0", "udp and ip6[4:2] > 1500")
    assert datagrams.exchange([parties(pair.world)[direction]], LENGTHS) == [datagrams.expected(LENGTHS)]
    joined.stop()
    if tuple(int(part) for part in platform.release().split(".")[:2]) >= JOINING:
        assert pair.world.mr.run("tcpdump", "-n", "-q", "-r", path).stdout, "every datagram went by itself"
