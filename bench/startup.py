#!/usr/bin/env python3
"""Measures the start: `--version`, 60 times, CPU and peak memory; and the size of the program.

    startup.py [--runs N] [--sqlite-only PROGRAM] [--peers] [--json FILE]
"""

import argparse
import json
from pathlib import Path

import lab


def measure(tools, runs):
    found = {name: [] for name, _ in tools}
    for _ in range(runs):
        for name, program in tools:
            found[name].append(lab.run([program, "--version"], may_fail=True))
    for name, program in tools:
        of = found[name]
        row = {"tool": name, "runs": runs, "bytes": Path(program).resolve().stat().st_size}
        for key in ("wall", "cpu", "rss"):
            row[key] = dict(zip(("median", "min", "max"), lab.middle([getattr(run, key) for run in of])))
        yield row


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=60)
    options.add_argument("--sqlite-only", help="brant built with only the feature `sqlite`")
    options.add_argument("--peers", action="store_true")
    options.add_argument("--json", default="startup.json")
    options = options.parse_args()
    tools = [("brant", str(lab.BRANT))]
    if options.sqlite_only:
        tools.append(("brant (sqlite)", options.sqlite_only))
    if options.peers:
        tools += [(tool.name, str(tool.program)) for tool in lab.peers()]
    tools.append(("/bin/true", "/bin/true"))
    rows = list(measure(tools, options.runs))
    print("| tool | CPU ms | wall ms | RSS MiB | program MB |\n|---|---|---|---|---|")
    for row in rows:
        span = lambda of, unit=1: f"{of['median'] / unit:.1f} ({of['min'] / unit:.1f}–{of['max'] / unit:.1f})"
        print(f"| {row['tool']} | {span(row['cpu'])} | {span(row['wall'])} | {span(row['rss'], 1024)} "
              f"| {row['bytes'] / 1e6:.2f} |")
    Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
