"""Fuzz the router from the command line. Exit code 1: something was found."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from time import monotonic, process_time

from tests.router.fuzz.campaign import Campaign
from tests.router.fuzz.report import LISTED, Finding, Report
from tests.router.fuzz.shrink import kind_of, shrink

SHRUNK = 3
"""Cases of one kind that are shrunk; more of the kind are only listed."""
PORTION = 1000


def main() -> int:
    """Run the operations in portions over the processes; print progress and write the summary after each."""
    parser = argparse.ArgumentParser(prog="python -m tests.router.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--operations", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no portion after this time")
    parser.add_argument("--shrink", type=float, default=20.0, help="seconds to make one failing case smaller")
    parser.add_argument(
        "--output", type=Path, default=Path("fuzz-findings"), help="directory for failing cases and summary.json"
    )
    options = parser.parse_args()
    seeds = iter(range(options.seed * 1000, options.seed * 1000 + -(-options.operations // PORTION)))
    began, report, running = monotonic(), Report(options.seed), set[Future[Report]]()
    with ProcessPoolExecutor(options.processes) as pool:
        while True:
            while len(running) < options.processes and monotonic() - began < options.seconds:
                if (seed := next(seeds, None)) is None:
                    break
                count = min(PORTION, options.operations - (seed - options.seed * 1000) * PORTION)
                running.add(pool.submit(_portion, seed, count, options.output, options.shrink, report.kinds.copy()))
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for one in finished:
                report.add(one.result())
            seconds = monotonic() - began
            report.write(options.output / "summary.json", seconds)
            print(f"{report.operations} operations, {report.kinds.total()} failed, {seconds:.0f} s", flush=True)
    for name, number in [*sorted(report.counts.items()), *sorted(report.kinds.items())]:
        print(f"{number:8} {name}")
    return 1 if report.kinds else 0


def _portion(seed: int, count: int, output: Path, shrinking: float, known: Counter[str]) -> Report:
    """Run some operations. ``known``: how often each kind of failure was found before."""
    campaign, report, began = Campaign(seed), Report(seed), process_time()
    for case, problems in campaign.run(count):
        kind, file = kind_of(problems[0]), None
        report.kinds[kind] += 1
        if known[kind] + report.kinds[kind] <= SHRUNK:
            output.mkdir(parents=True, exist_ok=True)
            path = output / f"seed_{seed}_{report.kinds.total()}.py"
            path.write_text(shrink(case, problems, shrinking).print())
            print(f"{path}: {problems[0][:300]}", flush=True)
            file = str(path)
        if len(report.findings) < LISTED:
            report.findings.append(Finding.of(case, problems, file))
    report.operations, report.supergraphs, report.counts = campaign.operations, campaign.supergraphs, campaign.counts
    report.counts["CPU seconds"] = round(process_time() - began)
    return report


if __name__ == "__main__":
    sys.exit(main())
