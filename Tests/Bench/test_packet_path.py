"""How `make bench` counts the instructions of a packet."""

import packet_path


def test_what_a_called_function_costs_is_its_own():
    text = """events: Ir
fn=(1) main
1 10
+1 5
cfn=(2) work
calls=7 100
2 700
fn=(2)
100 690
cfn=(3) leaf
calls=1 1
* 10
fn=(3)
* 10
totals: 715
"""
    found = packet_path.costs(text.splitlines(keepends=True))
    assert found == {"main": 15, "work": 690, "leaf": 10} and sum(found.values()) == 715


def test_a_difference_of_two_runs_leaves_the_start_out(monkeypatch):
    monkeypatch.setattr(packet_path, "_callgrind", lambda _, number: {"start": 10_000, "work": 100 * number, "free": 7 * number})
    assert packet_path._difference(("x",), (10, 110)) == (107, [("work", 100), ("free", 7), ("start", 0)])
