#!/usr/bin/env python3
"""Measures `status`, `check` and an `up` with nothing to do where the history is long: by default 100,000 rows in the
history and in the journal, of 5,000 files, each of which was applied many times.

    large_history.py [--engine postgres|mariadb|sqlite]... [--rows N] [--files N] [--rounds R] [--json FILE]
"""

import argparse
import hashlib
import json
from pathlib import Path

import lab

# A row for each number from 1, in three dialects.
NUMBERS = {
    "postgres": "(SELECT generate_series(1, {n}) AS i) AS numbers",
    "mariadb": "(SELECT seq AS i FROM seq_1_to_{n}) AS numbers",
    "sqlite": "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {n}) SELECT i FROM c)",
}
TEXT = {"postgres": "i::text", "mariadb": "CAST(i AS char)", "sqlite": "CAST(i AS text)"}
NOW = {"postgres": "now()", "mariadb": "UTC_TIMESTAMP(6)", "sqlite": "datetime('now')"}
FILE = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 1;\n"
CHECKSUM = hashlib.sha256(FILE.encode()).hexdigest()
COMMANDS = ["status", "check", "up"]


def fill(db, rows, files):
    """As if every version had been applied again and again, the last time in the order of versions."""
    numbers = NUMBERS[db.engine].format(n=rows)
    version = f"(i - 1) % {files} + 1"
    history = f"INSERT INTO goose_db_version (version_id, is_applied) SELECT {version}, true FROM {numbers} ORDER BY i"
    journal = (
        "INSERT INTO brant_journal (run_id, step, history_table, version_id, name, direction, state, statements_done, "
        "statements_total, checksum, token_hash, source, recorded_at, duration_ms, os_user, host, tool) SELECT "
        f"{TEXT[db.engine]}, 1, 'goose_db_version', {version}, '00001_some_migration.sql', 'up', 'done', 2, 2, "
        f"'{CHECKSUM}', '{'d' * 64}', '{'e' * 200}', {NOW[db.engine]}, 3, 'anna', 'host', 'brant' FROM {numbers} ORDER BY i"
    )
    for sql in ["DELETE FROM goose_db_version WHERE version_id = 1", "DELETE FROM brant_journal", history, journal]:
        lab.run(db.ask(sql))


def write(folder, files):
    folder.mkdir()
    for n in range(1, files + 1):
        (folder / f"{n:05}_m{n}.sql").write_text(FILE)


def measure(engine, options):
    place, brant = lab.place(engine, options.on), lab.Brant()
    db, first, all_files = place.fresh(), lab.work() / f"{engine}-first", lab.work() / f"{engine}-all"
    write(first, 1)
    write(all_files, options.files)
    brant.up(db, first)
    fill(db, options.rows, options.files)
    found = {}
    for _ in range(options.rounds):
        for command in COMMANDS:
            found.setdefault(command, []).append(lab.run(brant._args(db, all_files, command)))
    place.stop()
    return {command: [[run.wall, run.cpu, run.rss] for run in runs] for command, runs in found.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", action="append", choices=lab.ENGINES)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--files", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=11)
    options.add_argument("--on", default="/dev/shm")
    options.add_argument("--json", default="large-history.json")
    options = options.parse_args()
    print(f"{options.rows} rows, {options.files} files\n| | command | wall, ms | CPU, ms | peak memory, MiB |\n|---|---|---|---|---|")
    rows = {}
    for engine in options.engine or lab.ENGINES:
        rows[engine] = measure(engine, options)
        for command, runs in rows[engine].items():
            wall, cpu, rss = (lab.middle([run[i] for run in runs]) for i in range(3))
            shown = (f"{median:.0f} ({least:.0f}–{most:.0f})" for median, least, most in (wall, cpu))
            print(f"| {engine} | `{command}` | {' | '.join(shown)} | {rss[0] / 1024:.1f} |", flush=True)
    Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
