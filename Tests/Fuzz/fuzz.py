#!/usr/bin/env python3
"""Runs the fuzz targets beside each other, each in a process of its own, and says what became of them: see docs/testing.md.

Without --coverage the inputs come from a seed that is printed, and nothing is needed but the program. With it they come from
libFuzzer, and what it finds is kept in build/fuzz/corpus for the next time.
"""

import argparse
import glob
import hashlib
import os
import random
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = "build/fuzz"
# Seconds of the clock on the wall that one input may take; of the processor's it is less.
WALL_PATIENCE = 120
# The worker's exit code where its memory grew.
HAS_GROWN = 3
# A crash is to end the process, and not to be explained by it: the explanation takes longer than the run. What is made once
# and kept looks like a leak where only Swift knows how to find it; growth is judged by what the process takes.
QUIET = {"SWIFT_BACKTRACE": "enable=no", "ASAN_OPTIONS": "symbolize=0:detect_leaks=0"}


class Run:
    """One target, by seed."""

    def __init__(self, program, target, seed, seconds, patience):
        self.program, self.target, self.seed, self.patience = program, target, seed, patience
        self.record = f"{RESULTS}/{target}.at"
        self.inputs, self.judged_at, self.processor = -1, 0.0, 0.0
        self.reason = None
        if os.path.exists(self.record):
            os.unlink(self.record)
        self.process = subprocess.Popen(
            [program, target, "--seed", str(seed), "--seconds", str(seconds), "--record", self.record,
             "--corpus", os.path.join(HERE, "Corpus", target)], env=dict(os.environ, **QUIET))

    def last(self):
        """How many inputs were begun, and the last."""
        try:
            with open(self.record, "rb") as file:
                octets = file.read()
            inputs, length = struct.unpack_from("=QQ", octets)
            return inputs, octets[16:16 + length]
        except (OSError, struct.error):
            return 0, b""

    def is_over(self):
        """Whether it ended, by itself or because one input took too long."""
        if self.process.poll() is not None:
            return True
        now, processor, (inputs, _) = time.monotonic(), self._processor_time(), self.last()
        if inputs != self.inputs:
            self.inputs, self.judged_at, self.processor = inputs, now, processor
        elif processor - self.processor > self.patience or now - self.judged_at > WALL_PATIENCE:
            self.process.kill()
            self.process.wait()
            self.reason = f"hangs: one input took more than {self.patience} seconds"
            return True
        return False

    def _processor_time(self):
        try:
            with open(f"/proc/{self.process.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            return 0.0

    def judge(self):
        """What is wrong, in lines for people; nothing where all held."""
        code = self.process.wait()
        if code == 0:
            return []
        inputs, last = self.last()
        again = f"{self.program} {self.target} --seed {self.seed} --seconds 60 --record {self.record} " \
                f"--corpus Tests/Fuzz/Corpus/{self.target}"
        if code == HAS_GROWN and not self.reason:
            return [f"{self.target}: its memory grew while it read {inputs} inputs", f"the same inputs again: {again}"]
        path = f"{RESULTS}/crash-{self.target}-{hashlib.sha256(last).hexdigest()[:12]}"
        with open(path, "wb") as file:
            file.write(last)
        return [f"{self.target}: {self.reason or f'ended with {code}'} at input {inputs} of seed {self.seed}",
                f"the input is {path}; again: {self.program} {self.target} {path}", f"the same inputs again: {again}"]


class CoverageRun:
    """One target, by libFuzzer."""

    def __init__(self, program, target, seed, seconds, patience):
        self.program, self.target = program, target
        kept = f"{RESULTS}/corpus/{target}"
        os.makedirs(kept, exist_ok=True)
        self.log = f"{RESULTS}/{target}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, target, f"-max_total_time={seconds}", f"-seed={seed % 2**32}", f"-timeout={patience}",
                 "-rss_limit_mb=1024", "-print_final_stats=1", "-use_value_profile=1",
                 f"-artifact_prefix={RESULTS}/{target}-", kept, *glob.glob(os.path.join(HERE, "Corpus", target))],
                env=dict(os.environ, **QUIET), stdout=log, stderr=subprocess.STDOUT)

    def is_over(self):
        return self.process.poll() is not None

    def judge(self):
        code = self.process.wait()
        with open(self.log, errors="replace") as file:
            lines = file.read().splitlines()
        inputs = [line.split()[-1] for line in lines if "number_of_executed_units" in line]
        coverage = [line for line in lines if " cov: " in line][-1:]
        if code == 0:
            print(f"{self.target}: {(inputs or ['?'])[0]} inputs, {' '.join(coverage[0].split()[1:6]) if coverage else ''}",
                  flush=True)
            return []
        written = [line.split("written to ")[1] for line in lines if "Test unit written to" in line]
        told = [line for line in lines if "does not hold" in line or "Fatal error" in line or line.startswith("SUMMARY")]
        return [f"{self.target}: ended with {code}, see {self.log}", *told,
                *(f"the input is {path}; again: {self.program} {self.target} {path}" for path in written)]


def campaign(options, targets, seed):
    """Shares the time out among all targets; gives what is wrong."""
    kind = CoverageRun if options.coverage else Run
    jobs = min(options.jobs, len(targets))
    each = max(1, int(options.seconds * jobs / len(targets)))
    waiting, running, wrong = list(targets), [], []
    while waiting or running:
        while waiting and len(running) < jobs:
            running.append(kind(options.program, waiting.pop(0), seed, each, options.patience))
        time.sleep(0.1)
        for run in [run for run in running if run.is_over()]:
            running.remove(run)
            complaint = run.judge()
            if complaint:
                wrong.append(complaint)
                print("\n".join(["", "FAILED " + complaint[0], *complaint[1:], ""]), flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=".build/debug/fuzz")
    parser.add_argument("--coverage", action="store_true", help="the program is built with libFuzzer")
    parser.add_argument("--target", action="append", help="one of those that the program names; all without it")
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together, by the clock on the wall")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--patience", type=int, default=10, help="seconds of the processor's time that one input may take")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1, 2**32)
    targets = options.target or subprocess.run(
        [options.program], check=True, capture_output=True, text=True).stdout.split()
    os.makedirs(RESULTS, exist_ok=True)
    print(f"fuzzing {len(targets)} targets with SEED={seed}", flush=True)
    wrong = campaign(options, targets, seed)
    print(f"{len(targets) - len(wrong)} targets held, {len(wrong)} did not", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
