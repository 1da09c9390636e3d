"""A plugin of pytest's by which tests that run in real time, scenarios and those of the board, are run once more when they
fail: `-p world.unsteady`. What says the same every time has one try.

What passes only then is no pass like others. Its result bears the property `failed_at_first`, by which `make test` tells of
it, and what the first failure said is printed at the end.
"""

import pytest

PROPERTY = "failed_at_first"
IN_REAL_TIME = ("Scenarios", "System")
FAILURES = []


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name in IN_REAL_TIME:
            item.add_marker(pytest.mark.flaky(reruns=1))


def name_of_run(item):
    """A name for what this run of a test leaves behind, which does not take that of the run before it."""
    return item.name + ("-again" if _is_again(item) else "")


def _is_again(item):
    return getattr(item, "execution_count", 1) > 1


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if _is_again(item):
        item.failed = False
        item.user_properties.append((PROPERTY, "yes"))


def pytest_runtest_logreport(report):
    if report.outcome == "rerun":
        FAILURES.append((report.nodeid, report.when, report.longreprtext))


def pytest_terminal_summary(terminalreporter):
    for name, when, text in FAILURES:
        terminalreporter.section(f"failed at first, in its {when}: {name}", sep="-")
        terminalreporter.line(text)
