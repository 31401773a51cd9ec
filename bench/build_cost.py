#!/usr/bin/env python3
"""What brant adds to an application's cold release build: CPU time and size, beside sqlx with its own migrator.

    build_cost.py [--rounds N] [--json FILE]

Two programs that migrate a PostgreSQL pool of sqlx: one by `sqlx::migrate!`, one by `brant::embed!` through
`brant-sqlx`. Each is built from nothing, in turns.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQLX = '{ version = "0.9", default-features = false, features = ["runtime-tokio", "postgres"%s] }'
APPS = {
    "sqlx": (
        "sqlx = " + SQLX % ', "macros", "migrate"',
        "sqlx::migrate!().run(&pool).await.unwrap();",
    ),
    "brant": (
        f'sqlx = {SQLX % ""}\nbrant = {{ path = "{ROOT}/crates/brant" }}\n'
        f'brant-sqlx = {{ path = "{ROOT}/crates/brant-sqlx", features = ["postgres"] }}',
        'brant::Migrator::new(brant::embed!("migrations")).up(&brant_sqlx::postgres(&pool)).await.unwrap();',
    ),
}
MAIN = """#[tokio::main]
async fn main() {
    let pool = sqlx::PgPool::connect(&std::env::args().nth(1).unwrap()).await.unwrap();
    %s
}
"""
# sqlx's files hold no annotations, brant's do; each program embeds one of its own kind.
SQL = {"sqlx": "CREATE TABLE t (id int);\n", "brant": "-- +goose Up\nCREATE TABLE t (id int);\n"}


def write(app, folder):
    dependencies, call = APPS[app]
    (folder / "src").mkdir(parents=True)
    (folder / "migrations").mkdir()
    (folder / "migrations/1_t.sql").write_text(SQL[app])
    (folder / "src/main.rs").write_text(MAIN % call)
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "app-{app}"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n[profile.release]\nstrip = true\n'
        f'\n[dependencies]\ntokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}\n{dependencies}\n'
    )
    shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=folder, check=True)


def build(app, folder):
    shutil.rmtree(folder / "target", ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["cargo", "build", "--release", "--quiet", "--target-dir", folder / "target"], cwd=folder, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, (folder / "target/release" / f"app-{app}").stat().st_size


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--json", default="build_cost.json")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folders = {app: Path(folder) / app for app in APPS}
        for app, path in folders.items():
            write(app, path)
        found = {app: [] for app in APPS}
        for _ in range(options.rounds):
            for app, path in folders.items():
                found[app].append(build(app, path))
    rows = []
    for app, runs in found.items():
        cpu = [run[0] for run in runs]
        rows.append({"app": app, "runs": len(runs), "cpu_seconds": statistics.median(cpu), "bytes": runs[-1][1]})
        print(f"{app:6} {rows[-1]['cpu_seconds']:6.1f} s of CPU   {rows[-1]['bytes'] / 1e6:.2f} MB")
    print(f"brant adds {rows[1]['cpu_seconds'] - rows[0]['cpu_seconds']:.1f} s and "
          f"{(rows[1]['bytes'] - rows[0]['bytes']) / 1e6:.2f} MB")
    Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
