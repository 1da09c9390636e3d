"""The two ends of a conversation, each a program on a node of its own, which begin and end together."""

import json
import os
import subprocess

from .node import PATIENCE


class TwoEnds:
    """Both listen when this is made, and speak until `stop`."""

    def __init__(self, name, program, first, second):
        """`first` and `second`: the node, and the arguments of the program before the file of its report."""
        self.name = name
        self.ends = []
        self.reports = []
        for node, arguments in (first, second):
            report = os.path.join(node.directory, f"{name}.json")
            self.reports.append(report)
            self.ends.append(
                node.start(name, "python3", program, *arguments, report, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        # Neither speaks before the other listens.
        for end in self.ends:
            if end.process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"{name} on {end.node.name} did not start:\n{end.log()}")
        for end in self.ends:
            end.process.stdin.write(b"go\n")
            end.process.stdin.flush()

    def stop(self):
        """Ends them; gives what each has reported."""
        for end in self.ends:
            end.process.stdin.close()
        for end in self.ends:
            if end.process.wait(20 * PATIENCE) != 0:
                raise RuntimeError(f"{self.name} on {end.node.name} failed:\n{end.log()}")
        return [json.load(open(report)) for report in self.reports]
