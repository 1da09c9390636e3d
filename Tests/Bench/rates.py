"""The highest rate that a way carries, found by trying. Measures nothing itself."""

#: The share of packets that may be lost.
TOLERATED = 0.001
#: How close the answer is to the least rate that lost too much, where nothing else is said.
CLOSE = 1.04


def highest(attempt, close=CLOSE, tries=14):
    """The packets a second that arrive at the highest rate at which at most `TOLERATED` are lost.

    `attempt(rate)` sends so many packets a second, as many as it can where `rate` is None, and gives how many a second were
    sent and how many arrived. A try that loses too much once is made again: others use the machine, too.
    """
    sent, received = attempt(None)
    if _kept(sent, received):
        return received
    good, bad, best = 0.0, sent, 0.0
    # Most ways carry under too much about what they can.
    rate = received * 0.9 if received > sent / 100 else sent / 2
    for _ in range(tries):
        sent, received = attempt(rate)
        if not _kept(sent, received):
            sent, received = attempt(rate)
        if _kept(sent, received):
            good, best = rate, max(best, received)
            # Where it sends less than it was asked to, more cannot be had.
            if sent < rate * 0.95:
                break
        else:
            bad = rate
        if good and bad / good < close:
            break
        rate = (good * bad) ** 0.5 if good else bad / 2
    return best


def _kept(sent, received):
    return sent > 0 and sent - received <= sent * TOLERATED
