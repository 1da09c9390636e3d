"""That .ci/conformance finds what is wrong in a table, and that ours holds against the sources."""

import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
HEAD = "# Conformance\n\n## RFC 6275, section 9\n\n| section | requirement | code | test | remark |\n|---|---|---|---|---|\n"
GOOD = "| 9.6/1-2 | an entry ends | Cache.swift | CacheTests/expiry, test_cache.py/test_it_ends | |\n"


@pytest.fixture
def judge(tmp_path):
    """Runs the script over a small project of two requirements, one piece of code and two tests."""
    for folder in ("docs", "Sources/Core", "Tests/Scenarios", "results"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Sources/Core/Cache.swift").write_text("struct Cache {}\n")
    (tmp_path / "Tests/CacheTests.swift").write_text(
        '@Suite("A cache") struct CacheTests {\n    @Test("An entry ends", arguments: [1, 2])\n    func expiry(_ n: Int) {}\n}\n')
    (tmp_path / "Tests/Scenarios/test_cache.py").write_text("def test_it_ends():\n    pass\n")
    (tmp_path / "requirements").write_text("# a comment\n6275 9.6 2\n")

    def run(rows, swift="", pytest="", with_results=True, complete=False):
        (tmp_path / "docs/conformance.md").write_text(HEAD + rows)
        (tmp_path / "results/swift.xml").write_text(
            f'<testsuites><testsuite><testcase classname="CoreTests.CacheTests" name="expiry(_:)">{swift}</testcase>'
            f'</testsuite></testsuites>')
        (tmp_path / "results/pytest.xml").write_text(
            '<testsuites><testsuite><testcase classname="Tests.Scenarios.test_cache" name="test_it_ends[1]"/>'
            f'<testcase classname="Tests.Scenarios.test_cache" name="test_it_ends[2]">{pytest}</testcase></testsuite></testsuites>')
        command = [sys.executable, str(TOP / ".ci/conformance"), "--docs", str(tmp_path / "docs"), "--sources", str(tmp_path / "Sources"),
                   "--tests", str(tmp_path / "Tests"), "--requirements", str(tmp_path / "requirements")]
        if with_results:
            command += ["--results", str(tmp_path / "results")]
        if complete:
            command.append("--complete")
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stderr == ""
        return done.returncode, done.stdout

    run.results = tmp_path / "results"
    return run


def test_a_table_that_is_right_passes(judge):
    assert judge(GOOD) == (0, "The conformance table has 1 rows: 1 with tests, 0 with a reason; 0 faults\n")


def test_a_reason_stands_for_a_test(judge):
    code, said = judge("| 9.6/1-2 | an entry ends | | | left out: nothing ends here |\n")
    assert code == 0 and "0 with tests, 1 with a reason" in said


@pytest.mark.parametrize("rows, complaint", [
    (GOOD.replace("9.6/1-2", "9.6/1"), "RFC 6275 9.6/2 has no row"),
    (GOOD.replace("9.6/1-2", "9.6/1-3"), "conformance.md:7: RFC 6275 9.6 has no requirement 3"),
    (GOOD.replace("CacheTests/expiry", "CacheTests/expired"), "conformance.md:7: there is no test CacheTests/expired"),
    (GOOD.replace("CacheTests/expiry", "OtherTests/expiry"), "conformance.md:7: there is no test OtherTests/expiry"),
    (GOOD.replace("test_it_ends", "test_it_begins"), "conformance.md:7: there is no test test_cache.py/test_it_begins"),
    (GOOD.replace("Cache.swift", "Store.swift"), "conformance.md:7: Store.swift is nowhere below Sources"),
    ("| 9.6/1-2 | an entry ends | Cache.swift | | |\n", "conformance.md:7: names no test and gives no reason"),
    (GOOD.replace("Cache.swift", ""), "conformance.md:7: names a test and no code"),
    (GOOD.replace("an entry ends", ""), "conformance.md:7: says no requirement"),
    (GOOD.replace("9.6/1-2", "§9.6"), "conformance.md:7: '§9.6' is no section"),
    (GOOD.replace(" | |", " |"), "conformance.md:7: 4 columns"),
])
def test_a_table_that_is_wrong_fails(judge, rows, complaint):
    code, said = judge(rows)
    assert code == 1 and f"conformance: {complaint}" in said


def test_a_named_test_that_failed_fails(judge):
    code, said = judge(GOOD, swift="<failure/>")
    assert code == 1 and "CacheTests/expiry failed" in said
    code, said = judge(GOOD, pytest="<error/>")
    assert code == 1 and "test_it_ends failed" in said


def test_a_named_test_that_did_not_run_fails(judge):
    code, said = judge(GOOD)
    assert code == 0
    (judge.results / "other.xml").write_text("<testsuites/>")
    rows = GOOD.replace("CacheTests/expiry", "CacheTests/never")
    (judge.results.parent / "Tests/NeverTests.swift").write_text("struct CacheTests {\n    @Test func never() {}\n}\n")
    code, said = judge(rows)
    assert code == 1 and "CacheTests/never did not run" in said
    assert judge(rows, with_results=False)[0] == 0


def test_a_named_test_that_was_skipped_is_a_fault(judge):
    code, said = judge(GOOD, swift='<skipped message="no root"/>')
    assert code == 1 and "CacheTests/expiry was skipped" in said
    code, said = judge(GOOD, pytest="<skipped/>")
    assert code == 0 and "skipped" not in said


def test_what_is_open_or_not_begun_counts_when_all_is_to_be_there(judge):
    rows = "| 9.6/1-2 | an entry ends | | | open: nobody did it |\n"
    assert judge(rows)[0] == 0
    code, said = judge(rows, complete=True)
    assert code == 1 and "conformance.md:7: open: nobody did it" in said
    rows = "| 9.7 | something else | Cache.swift | CacheTests/expiry | |\n"
    assert judge(rows)[0] == 0
    code, said = judge(rows, complete=True)
    assert code == 1 and "RFC 6275 9.6/1 has no row" in said
    assert judge(GOOD, complete=True)[0] == 0


def test_requirements_are_counted_by_section(tmp_path):
    namespace = {"__file__": str(TOP / ".ci/conformance"), "__name__": "conformance"}
    exec(compile((TOP / ".ci/conformance").read_text(), "conformance", "exec"), namespace)
    text = ("   9.6.  Cache ........ 3\n\n9.6.  Cache Replacement\n\n   An entry MUST\n   end.  It MAY stay.  It SHOULD NOT\n\n"
            "Perkins, et al.              Standards Track                  [Page 103]\n\fRFC 6275         Mobility Support      July 2011\n\n"
            "   stay.\n\n9.7.  Other\n\n   Nothing.\n\nAppendix A.  MUST\n\n   It MUST.\n")
    counted = namespace["requirements_of"](text, ["9"])
    assert {section: len(sentences) for section, sentences in counted.items()} == {"9.6": 2}
    assert counted["9.6"][1].strip() == "It SHOULD NOT stay."


def test_our_table_holds_against_the_sources():
    done = subprocess.run([sys.executable, str(TOP / ".ci/conformance")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
