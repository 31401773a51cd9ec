#!/usr/bin/env python3
"""Measures what a migrated database for each test costs: made, connected to and asked something; dropped; and, to
compare with, all migrations run on an empty database.

    test_databases.py [--engine postgres|mariadb|sqlite]... [--n N] [--processes P] [--rounds R] [--on shm|disk]
                      [--program FILE] [--json FILE]

`first` is the first database of a process, which looks for what died processes left, and connects; `next` are those
after it. The program is built by

    cargo build --release -p brant --example test_database_cost --features testing,postgres,mysql,sqlite
"""

import argparse
import json
from pathlib import Path

import lab
import sets

PROGRAM = lab.HERE.parent / "target/release/examples/test_database_cost"
PARENTS = {"shm": "/dev/shm", "disk": "/var/tmp"}


def measure(engine, options):
    parent = PARENTS[options.on]
    folder = sets.write(lab.work(), options.n, ["goose"])["goose"]
    place = lab.place(engine, parent)
    login = f"{getattr(place, 'user', '')}:{lab.PASSWORD}@127.0.0.1:{getattr(place, 'port', '')}"
    url = {
        "sqlite": "sqlite:",
        "postgres": f"postgres://{login}/postgres?sslmode=disable",
        "mariadb": f"mysql://{login}/mysql",
    }[engine]
    found = {}
    for number in range(options.processes + 1):
        env = {"TMPDIR": str(lab.work(parent))}
        log = lab.run([options.program, url, folder, str(options.rounds)], env=env).log
        for line in log.splitlines():
            what, milliseconds = line.split()
            # The first process of all makes the template.
            what = "template" if (number, what) == (0, "first") else what
            found.setdefault(what, []).append(float(milliseconds))
    place.stop()
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", action="append", choices=lab.ENGINES)
    options.add_argument("--n", type=int, default=200)
    options.add_argument("--processes", type=int, default=10)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--on", choices=PARENTS, default="shm")
    options.add_argument("--program", default=str(PROGRAM))
    options.add_argument("--json", default="test-databases.json")
    options = options.parse_args()
    rows = {engine: measure(engine, options) for engine in options.engine or lab.ENGINES}
    kinds = ["template", "first", "next", "drop", "migrate"]
    print(f"| ms, {options.n} migrations | {' | '.join(kinds)} |\n|---|{'---|' * len(kinds)}")
    for engine, found in rows.items():
        spans = (lab.middle(found[kind]) for kind in kinds)
        cells = (f"{median:.1f} ({least:.1f}–{most:.1f})" for median, least, most in spans)
        print(f"| {engine} | {' | '.join(cells)} |")
    Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
