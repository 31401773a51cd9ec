#!/bin/sh
# The parent of one test server. It ends the server, and deletes its data, when nobody has been
# holding FOLDER/users for IDLE_SECS, when it is told to (SIGTERM), or when the server ended itself.
# usage: watchdog.sh FOLDER KIND DATA STOP_SIGNAL IDLE_SECS
folder=$1 kind=$2 data=$3 stop_signal=$4 idle_limit=$5

# Nothing that the starter happened to have open may stay open as long as the server runs.
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
server=

stop() {
    trap '' TERM INT HUP
    rm -f "$folder/$kind.json" "$folder/$kind.watchdog"
    if [ -n "$server" ]; then
        kill -s "$stop_signal" "$server" 2>/dev/null
        wait "$server" 2>/dev/null
    fi
    n=0
    while [ -e "$data" ] && [ $n -lt 50 ]; do
        rm -rf "$data" 2>/dev/null || sleep 0.1
        n=$((n + 1))
    done
    exit 0
}
trap stop TERM INT HUP

# Descriptor 6 says that a watchdog lives. The server must not inherit it.
exec 6>"$folder/$kind.alive"
flock -w 30 6 || exit 1
echo $$ >"$folder/$kind.watchdog"
sh "$data/start.sh" >"$folder/$kind.log" 2>&1 </dev/null 6>&- &
server=$!

idle=0
while kill -0 "$server" 2>/dev/null; do
    sleep 1 6>&- &
    wait $! # a signal interrupts `wait`, not `sleep`
    if [ ! -d "$folder" ]; then
        stop
    elif flock -n "$folder/users" true 6>&-; then
        idle=$((idle + 1))
    else
        idle=0
    fi
    if [ $idle -ge "$idle_limit" ]; then
        # A newcomer takes `users` first and the lock second: with both in hand, nobody comes.
        exec 7>>"$folder/users" 8>>"$folder/$kind.lock"
        if flock -n 8 && flock -n 7; then
            rm -f "$folder/$kind.json"
            rm -rf "$folder"/tmp-*
            exec 7>&- 8>&-
            stop
        fi
        exec 7>&- 8>&-
    fi
done
stop
