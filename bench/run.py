#!/usr/bin/env python3
"""Measures fresh `up`, `status`, no-op `up` and `down-to 0`, beside the database's own client and other tools.

    run.py [--engine E]... [--n N]... [--on tmpfs|disk] [--rounds R] [--operations O...] [--peers] [--quiet SECONDS] [--json FILE]

In each round every tool has its turn on a fresh database (A B C, then B C A, …), so what else the machine does hits
all of them alike; judge by the ratios. `client` is the database's own client (psql, mariadb, sqlite3) with the same
SQL, grouped as brant groups it, with the same history rows. `client, same` counts the history's rows in the database
that brant has made, right after brant's `status` or no-op `up`.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import lab
import sets

OPERATIONS = ["up", "status", "noop", "down"]
ROUNDS = {10: 15, 100: 15, 1000: 15, 5000: 5}


def measure(place, n, rounds, tools, repeats, operations):
    folders = sets.write(lab.work() / "sets", n, {t.format for t in tools if t.format})
    runs = {}
    broken = set()
    for i in range(rounds):
        turn = tools[i % len(tools):] + tools[: i % len(tools)]
        for tool in turn:
            if tool.name in broken:
                continue
            database = place.fresh()
            folder = folders.get(tool.format)
            try:
                for operation in operations:
                    do = getattr(tool, operation, None)
                    is_short = operation in ("status", "noop")
                    for _ in range(repeats if is_short and do else 1):
                        if do:
                            runs.setdefault((tool.name, operation), []).append(with_server(place, do, database, folder))
                        if tool.name == "brant" and is_short:  # the same database, so the journal's rows too
                            same = lab.Floor.status(None, database, None)
                            runs.setdefault(("client, same", operation), []).append(same)
            except RuntimeError as why:
                broken.add(tool.name)
                print(f"{tool.name} on {place.engine}, {n}: {str(why)[-600:]}", file=sys.stderr)
            database.drop()
    return runs


def with_server(place, do, database, folder):
    before = place.cpu()
    run = do(database, folder)
    time.sleep(0.02 if place.cpu() else 0)  # until the session's process has ended
    run.both = run.cpu + place.cpu() - before
    return run


def rows(engine, where, n, runs):
    for (tool, operation), of in runs.items():
        values = {key: [getattr(run, key) for run in of] for key in ("wall", "cpu", "rss", "both")}
        row = {"engine": engine, "on": where, "n": n, "tool": tool, "operation": operation, "runs": len(of)}
        for key, list_ in values.items():
            row[key] = dict(zip(("median", "min", "max"), lab.middle(list_)))
        base = runs.get(("client, same", operation)) or runs.get(("client", operation))
        for key in ("wall", "cpu", "both"):
            if base and all(getattr(run, key) for run in base) and len(base) == len(of):
                ratios = [getattr(run, key) / getattr(b, key) for run, b in zip(of, base)]
                row[f"{key}_to_client"] = dict(zip(("median", "min", "max"), lab.middle(ratios)))
        brants = runs.get(("brant", operation))
        if brants and len(brants) >= len(of):
            ratios = [b.wall / run.wall for run, b in zip(of, brants)]
            row["brant_to_it"] = dict(zip(("median", "min", "max"), lab.middle(ratios)))
        yield row


def markdown(rows):
    lines = ["| engine | on | N | operation | tool | wall ms | to client | CPU ms | to client | with server | to client | RSS MiB | brant to it | runs |",
             "|" + "---|" * 14]

    def span(of, digits=1):
        shown = lambda v: f"{v:.0f}" if v >= 100 else f"{v:.{digits}f}"
        return f"{shown(of['median'])} ({shown(of['min'])}–{shown(of['max'])})"

    for row in rows:
        ratio = {key: span(row[key], 2) if key in row else "–"
                 for key in ("wall_to_client", "cpu_to_client", "both_to_client", "brant_to_it")}
        lines.append(
            f"| {row['engine']} | {row['on']} | {row['n']} | {row['operation']} | {row['tool']} | {span(row['wall'])} "
            f"| {ratio['wall_to_client']} | {span(row['cpu'])} | {ratio['cpu_to_client']} "
            f"| {span(row['both'])} | {ratio['both_to_client']} "
            f"| {row['rss']['median'] / 1024:.1f} | {ratio['brant_to_it']} | {row['runs']} |"
        )
    return "\n".join(lines)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", action="append", choices=lab.ENGINES)
    options.add_argument("--n", action="append", type=int)
    options.add_argument("--on", default="tmpfs", choices=["tmpfs", "disk"])
    options.add_argument("--disk", default="/var/tmp", help="a folder on a disk, for --on disk")
    options.add_argument("--rounds", type=int)
    options.add_argument("--repeats", type=int, default=1, help="of status and no-op in a round")
    options.add_argument("--operations", nargs="+", default=OPERATIONS, choices=OPERATIONS)
    options.add_argument("--peers", action="store_true", help="measure the other tools too")
    options.add_argument("--quiet", type=int, default=0, help="wait so many seconds for a quiet machine")
    options.add_argument("--json", default="bench.json")
    options = options.parse_args()
    result = {"brant": lab.Brant().version(), "cores": os.cpu_count(), "load": [], "versions": {}, "rows": []}
    for engine in options.engine or lab.ENGINES:
        place = lab.place(engine, options.disk if options.on == "disk" else "/dev/shm")
        result["versions"][engine] = place.version()
        for n in options.n or sets.SIZES:
            tools = [lab.Brant(), lab.Floor(n)] + (lab.peers() if options.peers else [])
            before = lab.wait_for_quiet(patience=options.quiet)
            runs = measure(place, n, options.rounds or ROUNDS.get(n, 5), tools, options.repeats, options.operations)
            new = list(rows(engine, options.on, n, runs))
            result["rows"] += new
            result["load"].append({"engine": engine, "n": n, "before": before, "after": lab.load()})
            print(f"\nload {before:.1f} → {lab.load():.1f}\n{markdown(new)}", flush=True)
            Path(options.json).write_text(json.dumps(result, indent=1))
        place.stop()
    Path(options.json).with_suffix(".md").write_text(markdown(result["rows"]) + "\n")


if __name__ == "__main__":
    main()
