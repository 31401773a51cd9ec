"""What the measurements share: throwaway servers, the tools measured, one measured run of a program."""

import atexit
import json
import os
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import sets

HERE = Path(__file__).resolve().parent
BRANT = Path(os.environ.get("BRANT", HERE.parent / "target/release/brant"))
PEERS = Path(os.environ.get("BRANT_PEERS", "/tmp/peers")) / "bin"
ENGINES = ["postgres", "mariadb", "sqlite"]
PASSWORD = secrets.token_hex(12)

# Nothing of the caller's may lead a program to another database.
ENV = {k: v for k, v in os.environ.items() if not re.match("GOOSE_|BRANT|PG|MYSQL_|DATABASE_URL", k)}
ENV.update(TZ="UTC", PGPASSWORD=PASSWORD, MYSQL_PWD=PASSWORD, PGCONNECT_TIMEOUT="20", NO_COLOR="1")

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs `atexit` runs

_work = {}  # folders of this process by their parent


def work(parent="/dev/shm"):
    """A folder of this run below `parent`, deleted at the end."""
    if parent not in _work:
        _work[parent] = Path(tempfile.mkdtemp(prefix="brant-bench-", dir=parent))
        _work[parent].chmod(0o755)
        atexit.register(shutil.rmtree, _work[parent], ignore_errors=True)
    return _work[parent]


# ---------------------------------------------------------------- one measured run


@dataclass
class Run:
    """What one run of a program cost: milliseconds, and KiB at the peak."""

    wall: float
    cpu: float
    rss: int
    code: int
    log: str
    both: float = 0  # processor time of program and server together


_spawn = None


def spawn():
    global _spawn
    if _spawn is None:
        _spawn = work() / "spawn"
        subprocess.run(["cc", "-O2", "-static", "-o", _spawn, HERE / "spawn.c"], check=True)
    return _spawn


def run(args, env=None, cwd=None, stdin=None, may_fail=False):
    folder = work()
    result, log = folder / "result", folder / "log"
    result.unlink(missing_ok=True)
    command = [spawn(), result, log, *args]
    with open(stdin or os.devnull) as source:
        subprocess.run(command, env={**ENV, **(env or {})}, cwd=cwd or folder, stdin=source, check=True)
    wall, user, system, rss, code = (int(word) for word in result.read_text().split())
    text = log.read_text(errors="replace")
    if code and not may_fail:
        raise RuntimeError(f"{args}: exit code {code}\n{text[-3000:]}")
    return Run(wall / 1000, (user + system) / 1000, rss, code, text)


# ---------------------------------------------------------------- servers


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def postgres_programs():
    """The newest PostgreSQL's own programs: Debian's `psql` in the search path is a Perl script before the real one."""
    if chosen := os.environ.get("BRANT_TEST_POSTGRES_BIN"):
        return Path(chosen)
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))


class Server:
    """A server of our own with its default settings (so fsync is on), on 127.0.0.1, ended with this process."""

    def __init__(self, engine, parent="/dev/shm", settings=()):
        self.engine, self.port = engine, free_port()
        self.user = "bench"
        self.home = work(parent) / f"{engine}-{self.port}"
        self.home.mkdir()
        self.number = 0
        owner = "postgres" if engine == "postgres" else "mysql"
        shutil.chown(self.home, owner)
        self.demote = ["runuser", "-u", owner, "--"] if os.getuid() == 0 else []
        self.log = open(self.home / "server.log", "w")
        (self._start_postgres if engine == "postgres" else self._start_mariadb)(settings)
        atexit.register(self.stop)
        self._wait()

    def _start_postgres(self, settings):
        programs = postgres_programs()
        password = self.home / "password"
        password.write_text(PASSWORD)
        shutil.chown(password, "postgres")
        data = self.home / "data"
        init = [programs / "initdb", "-D", data, "-U", self.user, f"--pwfile={password}", "-A", "scram-sha-256"]
        subprocess.run([*self.demote, *init, "-E", "UTF8", "--locale=C"], check=True, stdout=self.log)
        args = [programs / "postgres", "-D", data, "-p", str(self.port), "-k", self.home]
        args += ["-c", "listen_addresses=127.0.0.1", "-c", "dynamic_shared_memory_type=mmap"]
        args += [word for setting in settings for word in ("-c", setting)]
        self.process = subprocess.Popen([*self.demote, *args], stdout=self.log, stderr=self.log, cwd=self.home)
        self.pid_file = data / "postmaster.pid"

    def _start_mariadb(self, settings):
        data = self.home / "data"
        init = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"]
        init.append("--auth-root-authentication-method=normal")
        subprocess.run([*self.demote, *init], check=True, stdout=self.log, stderr=self.log)
        accounts = self.home / "accounts.sql"
        accounts.write_text(
            f"CREATE USER bench@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL PRIVILEGES ON *.* TO bench@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        self.pid_file = self.home / "pid"
        args = [server, "--no-defaults", f"--datadir={data}", f"--socket={self.home}/sock", f"--port={self.port}"]
        args += ["--bind-address=127.0.0.1", f"--pid-file={self.pid_file}", f"--init-file={accounts}"]
        args += ["--skip-name-resolve", *(f"--{setting}" for setting in settings)]
        self.process = subprocess.Popen([*self.demote, *args], stdout=self.log, stderr=self.log, cwd=self.home)

    def _wait(self):
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError((self.home / "server.log").read_text()[-3000:])
            if run(self.client() + self.say("SELECT 1"), may_fail=True).code == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.engine} does not start")

    def cpu(self):
        """Milliseconds of processor time that the server has taken so far, with its children."""
        pid, ticks = self.pid_file.read_text().split()[0], 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                of = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:  # it has ended
                continue
            if stat.parent.name == pid:
                ticks += sum(int(word) for word in of[11:15])
            elif of[1] == pid:
                ticks += int(of[11]) + int(of[12])
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")

    def stop(self):
        if self.process.poll() is not None:
            return
        try:
            pid = int(self.pid_file.read_text().split()[0])
            os.kill(pid, signal.SIGINT if self.engine == "postgres" else signal.SIGTERM)
            self.process.wait(60)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def client(self, database="", port=None):
        """The database's own client, ready for a script on standard input."""
        port = port or self.port
        if self.engine == "postgres":
            url = f"postgres://{self.user}@127.0.0.1:{port}/{database or 'postgres'}?sslmode=disable"
            return [postgres_programs() / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]
        words = ["mariadb", "--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--default-character-set=utf8mb4"]
        return words + [f"--port={port}", f"--user={self.user}"] + ([database] if database else [])

    def say(self, sql):
        return ["-c", sql] if self.engine == "postgres" else ["-e", sql]

    def fresh(self):
        self.number += 1
        name = f"b{self.number}"
        run(self.client() + self.say(f"CREATE DATABASE {name}"))
        return Database(self.engine, name, self)

    def version(self):
        flags = ["-A", "-t"] if self.engine == "postgres" else ["-N", "-B"]
        sql = "SHOW server_version" if self.engine == "postgres" else "SELECT VERSION()"
        return run(self.client() + flags + self.say(sql)).log.strip()


class Files:
    """Where SQLite's databases are."""

    engine = "sqlite"

    def __init__(self, parent="/dev/shm"):
        self.home, self.number = work(parent), 0

    def fresh(self):
        self.number += 1
        return Database("sqlite", str(self.home / f"b{self.number}.db"), self)

    def cpu(self):
        return 0

    def stop(self):
        pass

    def version(self):
        return run(["sqlite3", ":memory:", "select sqlite_version()"]).log.strip()


def place(engine, parent="/dev/shm", settings=()):
    return Files(parent) if engine == "sqlite" else Server(engine, parent, settings)


class Database:
    """A fresh database; its addresses as the tools want them."""

    def __init__(self, engine, name, place, port=None):
        self.engine, self.name, self.place = engine, name, place
        self.port = port or getattr(place, "port", None)

    def through(self, port):
        return Database(self.engine, self.name, self.place, port)

    def drop(self):
        if self.engine == "sqlite":
            for file in Path(self.name).parent.glob(Path(self.name).name + "*"):
                file.unlink()
        elif self.engine == "postgres":
            run(self.place.client() + self.place.say(f"DROP DATABASE {self.name} WITH (FORCE)"))
        else:
            run(self.place.client() + self.place.say(f"DROP DATABASE {self.name}"))

    def client(self):
        if self.engine == "sqlite":
            return ["sqlite3", "-batch", "-bail", "-init", "/dev/null", self.name]
        return self.place.client(self.name, self.port)

    def ask(self, sql):
        return self.client() + ([sql] if self.engine == "sqlite" else self.place.say(sql))

    @property
    def login(self):
        return f"{self.place.user}:{PASSWORD}"

    def go_dsn(self):
        if self.engine == "sqlite":
            return self.name
        if self.engine == "postgres":
            return self.url()
        return f"{self.login}@tcp(127.0.0.1:{self.port})/{self.name}"

    def url(self):
        if self.engine == "sqlite":
            return f"sqlite:{self.name}"
        if self.engine == "postgres":
            return f"postgres://{self.login}@127.0.0.1:{self.port}/{self.name}?sslmode=disable"
        return f"mysql://{self.login}@127.0.0.1:{self.port}/{self.name}"


# ---------------------------------------------------------------- tools


class Brant:
    """brant, and goose, which takes the same words."""

    format = "goose"

    def __init__(self, name="brant", program=None):
        self.name, self.program = name, str(program or BRANT)

    def _args(self, db, folder, *words):
        driver = {"sqlite": "sqlite3", "mariadb": "mysql"}.get(db.engine, db.engine)
        return [self.program, "-dir", str(folder), driver, db.go_dsn(), *words]

    def up(self, db, folder):
        return run(self._args(db, folder, "up"))

    noop = up

    def status(self, db, folder):
        return run(self._args(db, folder, "status"))

    def down(self, db, folder):
        return run(self._args(db, folder, "down-to", "0"))

    def version(self):
        return run([self.program, "--version"]).log.strip()


class Floor:
    """The database's own client with the same SQL, grouped as brant groups it, and the same history rows.

    For `status` and a no-op `up` it counts the rows of the history table."""

    name, format = "client", None

    def __init__(self, n):
        self.n = n

    def _script(self, db, what, text):
        file = work() / f"floor-{db.engine}-{self.n}-{what}.sql"
        if not file.exists():
            file.write_text(text(db.engine, self.n))
        return run(db.client(), stdin=file)

    def up(self, db, _):
        return self._script(db, "up", sets.floor_up)

    def down(self, db, _):
        return self._script(db, "down", sets.floor_down)

    def status(self, db, _):
        return run(db.ask("SELECT COUNT(*) FROM goose_db_version"))

    noop = status


class Sqlx:
    name = format = "sqlx"
    program = str(PEERS / "sqlx")

    def _run(self, db, folder, *words):
        url = db.url() + ("?mode=rwc" if db.engine == "sqlite" else "")
        return run([self.program, "migrate", *words, "--source", str(folder), "-D", url])

    def up(self, db, folder):
        return self._run(db, folder, "run")

    noop = up

    def status(self, db, folder):
        return self._run(db, folder, "info")

    def down(self, db, folder):
        return self._run(db, folder, "revert", "--target-version", "0")

    def version(self):
        return run([self.program, "--version"]).log.strip()


class Dbmate:
    name = format = "dbmate"
    program = str(PEERS / "dbmate")
    down = None

    def _run(self, db, folder, word):
        return run([self.program, "--no-dump-schema", "-d", str(folder), "--url", db.url(), word])

    def up(self, db, folder):
        return self._run(db, folder, "migrate")

    noop = up

    def status(self, db, folder):
        return self._run(db, folder, "status")

    def version(self):
        return run([self.program, "--version"]).log.strip()


class Refinery:
    name = format = "refinery"
    program = str(PEERS / "refinery")
    down = status = None

    def up(self, db, folder):
        if db.engine == "sqlite":
            Path(db.name).touch()  # refinery doesn't create it
        address = {"BENCH_URL": db.url().replace("sqlite:", "sqlite://")}
        return run([self.program, "migrate", "-e", "BENCH_URL", "-p", str(folder)], env=address)

    noop = up

    def version(self):
        return run([self.program, "--version"]).log.strip()


class SqlMigrate:
    name = format = "sql-migrate"
    program = str(PEERS / "sql-migrate")

    def _run(self, db, folder, *words):
        dialect = {"sqlite": "sqlite3", "mariadb": "mysql"}.get(db.engine, db.engine)
        address = db.go_dsn() + ("?parseTime=true" if db.engine == "mariadb" else "")
        config = work() / "dbconfig.yml"
        config.write_text(f"development:\n  dialect: {dialect}\n  datasource: {json.dumps(address)}\n  dir: {folder}\n")
        return run([self.program, *words, f"-config={config}"])

    def up(self, db, folder):
        return self._run(db, folder, "up")

    noop = up

    def status(self, db, folder):
        return self._run(db, folder, "status")

    def down(self, db, folder):
        return self._run(db, folder, "down", "-limit=0")

    def version(self):
        return "sql-migrate of Debian"


def peers():
    """The other tools that are installed (see install-peers.sh)."""
    found = [tool() for tool in (Sqlx, Refinery, Dbmate, SqlMigrate) if Path(tool.program).exists()]
    goose = PEERS / "goose"
    return ([Brant("goose", goose)] if goose.exists() else []) + found


# ---------------------------------------------------------------- numbers


def middle(values):
    """Median, least and most."""
    return statistics.median(values), min(values), max(values)


def span(values, digits=0):
    """`median (least–most)`."""
    mid, low, high = middle(values)
    shown = lambda v: f"{v / 1000:.2f} s" if v >= 10000 else f"{v:.{digits if v >= 20 else max(digits, 1)}f}"
    return f"{shown(mid)} ({shown(low)}–{shown(high)})"


def load():
    return os.getloadavg()[0]


def wait_for_quiet(limit=1.2, patience=0):
    """Waits until the machine is quiet, at most `patience` seconds; says how busy it is."""
    until = time.time() + patience
    while load() > limit and time.time() < until:
        time.sleep(5)
    return load()
