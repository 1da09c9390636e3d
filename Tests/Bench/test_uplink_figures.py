"""What `make bench` calls a leak."""

import bench  # noqa: F401, which knows where the world is
import uplink_figures

CHANGES = 5400
NOTHING = {"descriptors of mrd": 0, "descriptors of nemonetd": 0, "routes": 0, "kilobytes of mrd": 4}


def test_nothing_that_leaks_is_made_up_for_by_what_there_is_less_of():
    def leaked(**grown):
        return uplink_figures._leaked({**NOTHING, **{name.replace("_", " "): by for name, by in grown.items()}}, CHANGES)

    assert leaked() == 0
    assert leaked(descriptors_of_mrd=2, routes=-2) == 2 == leaked(routes=2, descriptors_of_mrd=-2)
    assert leaked(descriptors_of_mrd=1, descriptors_of_nemonetd=-1) == 1


def test_memory_may_grow_by_less_than_the_smallest_piece_at_each_change():
    least = CHANGES * 32 // 1024
    assert uplink_figures._leaked({**NOTHING, "kilobytes of mrd": least}, CHANGES) > 0
    assert uplink_figures._leaked({**NOTHING, "kilobytes of mrd": least // 3}, CHANGES) == 0
