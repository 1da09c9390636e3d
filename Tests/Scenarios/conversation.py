"""What is to go on whatever happens to the uplinks: one TCP connection and a stream of UDP both ways."""

from world.node import PATIENCE, wait_for
from world.transfer import Transfer
from world.world import CORRESPONDENT

#: Whatever happens, either half of a conversation stands still for less than this, in seconds: TCP waits, after an outage, for
#: about as long again as that took. No promise about time is tested with it.
LONGEST = 20


class Conversation:
    """The TCP connection and the UDP stream, with what they suffered."""

    def __init__(self, pair):
        self.pair = pair
        self.transfer = Transfer(pair.world.host, pair.world.cn, CORRESPONDENT)
        wait_for(
            lambda: pair.world.cn.run("ss", "-Htn", "state", "established", "sport", "=", "5100").stdout, "the connection")
        self.flow = pair.flow()

    def stop(self, what, planned=False, longest=LONGEST):
        """Ends it, and gives what the two directions of the stream suffered. Where nothing was cut off (`planned`), all has come
        in order."""
        assert self.transfer.alive
        # While the transfer ends, so does the stream: what came of both is known only then.
        octets, pause = self.transfer.stop()
        up, down = self.flow.stop()
        print(f"{what}: up {up}, down {down}, TCP {octets} octets, longest pause {pause * 1000:.0f} ms")
        assert octets > 0 and up.repeated == 0 and down.repeated == 0
        assert not planned or (up.disordered, down.disordered) == (0, 0)
        assert max(pause, up.gap(), down.gap()) < longest * PATIENCE
        return up, down
