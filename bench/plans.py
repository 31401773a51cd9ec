#!/usr/bin/env python3
"""Measures `plan` where there are many files: by default 5,000 that are all pending, and 5,000 of which one is. Then
`plan --sql`, `plan --out`, and the `apply` of that one.

    plans.py [--engine postgres|mariadb|sqlite]... [--files N] [--rounds R] [--json FILE]
"""

import argparse
import json
from pathlib import Path

import lab
import sets


def measure(engine, options):
    place, brant = lab.place(engine, options.on), lab.Brant()
    all_files = sets.write(lab.work() / "sets", options.files, ["goose"])["goose"]
    but_one = sets.write(lab.work() / "sets", options.files - 1, ["goose"])["goose"]
    fresh, in_use = place.fresh(), place.fresh()
    brant.up(in_use, but_one)
    approved, script = (str(lab.work() / f"{engine}-{name}") for name in ("plan.json", "script.sql"))
    found = {}
    for _ in range(options.rounds):
        for state, db in (("all pending", fresh), ("one pending", in_use)):
            for words in (["plan"], ["plan", "--sql", "--out", script], ["plan", "--out", approved]):
                run = lab.run(brant._args(db, all_files, *words))
                found.setdefault(f"`{' '.join(words[:2])}`, {state}", []).append(run)
        # The plan that was written last is that of one file; taking it back makes room for the next round.
        found.setdefault("`apply`, one pending", []).append(lab.run(brant._args(in_use, all_files, "apply", approved)))
        lab.run(brant._args(in_use, all_files, "down"))
    place.stop()
    return {what: [[run.wall, run.cpu, run.rss] for run in runs] for what, runs in found.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", action="append", choices=lab.ENGINES)
    options.add_argument("--files", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--on", default="/dev/shm")
    options.add_argument("--json", default="plans.json")
    options = options.parse_args()
    print(f"{options.files} files\n| | command | wall, ms | CPU, ms | peak memory, MiB |\n|---|---|---|---|---|")
    rows = {}
    for engine in options.engine or lab.ENGINES:
        rows[engine] = measure(engine, options)
        for what, runs in rows[engine].items():
            wall, cpu, rss = (lab.middle([run[i] for run in runs]) for i in range(3))
            shown = (f"{median:.0f} ({least:.0f}–{most:.0f})" for median, least, most in (wall, cpu))
            print(f"| {engine} | {what} | {' | '.join(shown)} | {rss[0] / 1024:.1f} |", flush=True)
    Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
