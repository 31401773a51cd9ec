#!/usr/bin/env python3
"""Counts round trips: how often a client speaks after it heard from the server, over all of its connections.

    turns.py [--engine postgres|mariadb]... [--n N] [--delay MS] [--peers] [--json FILE]

Everything goes through a proxy on this machine that delays bytes by MS (default 10) each way. The delay makes the
count honest: what a client sends ahead of its answers arrives before the first answer is on its way back. It also
shows the time that the round trips cost: (time through the proxy - time without it) / (2 x MS).
"""

import argparse
import json
import queue
import socket
import threading
import time
from pathlib import Path

import lab
import sets


class Proxy:
    def __init__(self, port, delay):
        self.upstream, self.delay = port, delay
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.reset()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        self.turns = self.connections = self.bytes_out = self.bytes_in = 0
        self.turns_by_connection = 0
        self.client_spoke_last = False

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.upstream))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            state = {"client_spoke_last": False}
            self._pump(client, server, state, True)
            self._pump(server, client, state, False)

    def _pump(self, source, sink, state, from_client):
        line = queue.Queue()

        def read():
            try:
                while data := source.recv(1 << 16):
                    if from_client:
                        self._client_spoke(state, data)
                    line.put((time.monotonic() + self.delay, data))
            except OSError:
                pass
            line.put(None)

        def write():
            try:
                while item := line.get():
                    time.sleep(max(0, item[0] - time.monotonic()))
                    if not from_client:
                        self._server_was_heard(state, item[1])
                    sink.sendall(item[1])
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        for work in (read, write):
            threading.Thread(target=work, daemon=True).start()

    def _client_spoke(self, state, data):
        with self.lock:
            self.bytes_out += len(data)
            self.turns += not self.client_spoke_last
            self.turns_by_connection += not state["client_spoke_last"]
            self.client_spoke_last = state["client_spoke_last"] = True

    def _server_was_heard(self, state, data):
        with self.lock:
            self.bytes_in += len(data)
            self.client_spoke_last = state["client_spoke_last"] = False


class SelectOne:
    """The database's own client with one query."""

    name, format = "client `select 1`", None

    def select(self, db, _):
        return lab.run(db.ask("select 1"))


OPERATIONS = [
    # label, what was applied before, what is called
    ("select", 0, "select"),
    ("up", 0, "up"),
    ("status", None, "status"),
    ("no-op up", None, "noop"),
    ("down-to 0", None, "down"),
    ("up in use", 1, "up"),
]


def measure(server, proxy, tool, n):
    """Counts for one tool: a fresh `up`, then status, no-op and down; then `up` where one is applied."""
    folder = sets.write(lab.work() / "sets", n, {tool.format})[tool.format] if tool.format else None
    rows, direct, far = [], server.fresh(), server.fresh()
    for label, before, call in OPERATIONS:
        do = getattr(tool, call, None)
        if not do:
            continue
        if before:
            direct, far = server.fresh(), server.fresh()
            first = sets.write(lab.work() / "first", before, {tool.format})[tool.format]
            tool.up(direct, first), tool.up(far, first)
        near = do(direct, folder)
        proxy.reset()
        run = do(far.through(proxy.port), folder)
        time.sleep(3 * proxy.delay + 0.05)  # the last words
        rows.append({
            "engine": server.engine, "tool": tool.name, "operation": label, "n": n, "turns": proxy.turns,
            "turns_by_connection": proxy.turns_by_connection, "connections": proxy.connections,
            "bytes_out": proxy.bytes_out, "bytes_in": proxy.bytes_in,
            "waits": (run.wall - near.wall) / (2000 * proxy.delay), "far_ms": run.wall, "near_ms": near.wall,
        })
        print("{engine:9} {tool:18} {operation:10} {turns:5} turns ({turns_by_connection} by connection, "
              "{connections} connections, {waits:.1f} waits), {far_ms:.0f} ms far, {near_ms:.0f} ms near"
              .format(**rows[-1]), flush=True)
    return rows


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", action="append", choices=["postgres", "mariadb"])
    options.add_argument("--n", type=int, default=100)
    options.add_argument("--delay", type=float, default=10)
    options.add_argument("--peers", action="store_true")
    options.add_argument("--json", default="turns.json")
    options = options.parse_args()
    rows = []
    for engine in options.engine or ["postgres", "mariadb"]:
        server = lab.place(engine)
        proxy = Proxy(server.port, options.delay / 1000)
        tools = [SelectOne(), lab.Brant()] + (lab.peers() if options.peers else [])
        for tool in tools:
            try:
                rows += measure(server, proxy, tool, options.n)
            except RuntimeError as why:
                print(f"{tool.name} on {engine}: {str(why)[-400:]}")
        server.stop()
    Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
