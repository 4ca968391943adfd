"""Fuzz the router from the command line. Exit code 1: something was found."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from time import monotonic, process_time

from tests.router.fuzz.campaign import Campaign
from tests.router.fuzz.shrink import kind_of, shrink

SHRUNK = 3
"""Cases of one kind that are shrunk; more of the kind are only counted."""
PORTION = 1000


def main() -> int:
    """Run the operations in portions over the processes; print progress after each."""
    parser = argparse.ArgumentParser(prog="python -m tests.router.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--operations", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no portion after this time")
    parser.add_argument("--output", type=Path, default=Path("fuzz-findings"), help="directory for failing cases")
    options = parser.parse_args()
    seeds = range(options.seed * 1000, options.seed * 1000 + -(-options.operations // PORTION))
    began, done, failed, counts = monotonic(), 0, 0, Counter[str]()
    with ProcessPoolExecutor(options.processes) as pool:
        left = iter(seeds)
        running = {
            pool.submit(_portion, seed, min(PORTION, options.operations), options.output)
            for seed, _ in zip(left, range(options.processes), strict=False)
        }
        while running:
            finished = next(as_completed(running))
            running.discard(finished)
            campaign, failures = finished.result()
            done, failed, counts = done + campaign.operations, failed + failures, counts + campaign.counts
            print(
                f"{done} operations, {failed} failed, {monotonic() - began:.0f} s; {dict(sorted(counts.items()))}",
                flush=True,
            )
            if monotonic() - began < options.seconds and (seed := next(left, None)) is not None:
                running.add(pool.submit(_portion, seed, PORTION, options.output))
    return 1 if failed else 0


def _portion(seed: int, count: int, output: Path) -> tuple[Campaign, int]:
    campaign, kinds, began = Campaign(seed), Counter[str](), process_time()
    for case, problems in campaign.run(count):
        kind = kind_of(problems[0])
        kinds[kind] += 1
        if kinds[kind] <= SHRUNK:
            output.mkdir(exist_ok=True)
            path = output / f"seed_{seed}_{sum(kinds.values())}.py"
            path.write_text(shrink(case, problems).print())
            print(f"{path}: {problems[0][:300]}", flush=True)
    campaign.counts["CPU seconds"] = round(process_time() - began)
    return campaign, sum(kinds.values())


if __name__ == "__main__":
    sys.exit(main())
