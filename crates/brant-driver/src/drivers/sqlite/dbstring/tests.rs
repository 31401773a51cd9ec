//! Tables of connection strings.

use super::*;

/// The place and whatever is not as usual, to keep the table readable.
fn brief(read: &DbString) -> String {
    let mut words = vec![match &read.place {
        Place::File(path) => format!("file {}", path.display()),
        Place::Memory(name) => format!("memory {name}").trim_end().to_owned(),
        Place::Temporary => "temporary".to_owned(),
    }];
    if read.mode != Mode::Create {
        words.push(format!("{:?}", read.mode));
    }
    if read.begin != Begin::Deferred {
        words.push(format!("{:?}", read.begin));
    }
    if read.busy_timeout != BUSY_TIMEOUT {
        words.push(format!("{:?}", read.busy_timeout));
    }
    words.extend(read.vfs.iter().map(|name| format!("vfs {name}")));
    words.extend(read.uri_parameters.iter().map(|(key, value)| format!("{key}={value}")));
    words.extend(read.pragmas.iter().cloned());
    words.join("|")
}

#[test]
fn connection_strings_are_read() {
    let table = [
        ("x.db", "file x.db"),
        ("./dir/x.db", "file ./dir/x.db"),
        ("/a b/x%20y", "file /a b/x%20y"),
        ("", "temporary"),
        ("file:", "temporary"),
        (":memory:", "memory"),
        ("sqlite::memory:", "memory"),
        ("sqlite://:memory:", "memory"),
        ("file::memory:", "memory"),
        ("file::memory:?cache=shared", "memory|cache=shared"),
        ("file:m?mode=memory&cache=shared", "memory m|cache=shared"),
        ("sqlite:x.db", "file x.db"),
        ("sqlite3:x.db", "file x.db"),
        ("sqlite://x.db", "file x.db"),
        ("sqlite3:///abs/x.db", "file /abs/x.db"),
        ("sqlite:/abs/x%20y.db", "file /abs/x y.db"),
        ("sqlite:file:x.db?mode=ro", "file x.db|Read"),
        ("file:x.db", "file x.db"),
        ("file:/abs/x.db", "file /abs/x.db"),
        ("file:///abs/x.db", "file /abs/x.db"),
        ("file://localhost/abs/x.db", "file /abs/x.db"),
        ("file:x%3Fy.db", "file x?y.db"),
        ("file:x.db#fragment?mode=ro", "file x.db"),
        ("file:x.db?mode=ro", "file x.db|Read"),
        ("file:x.db?mode=rw", "file x.db|Write"),
        ("file:x.db?mode=rwc", "file x.db"),
        ("x.db?mode=rw", "file x.db|Write"),
        ("x.db?", "file x.db"),
        ("x.db?&", "file x.db"),
        (
            "x.db?cache=private&immutable=1&nolock=0&psow=yes",
            "file x.db|cache=private|immutable=1|nolock=0|psow=1",
        ),
        ("x.db?vfs=unix-excl", "file x.db|vfs unix-excl"),
        ("x.db?_pragma=foreign_keys(1)", "file x.db|foreign_keys(1)"),
        ("x.db?_pragma=foreign_keys=1", "file x.db|foreign_keys=1"),
        ("x.db?_pragma=foreign_keys%281%29", "file x.db|foreign_keys(1)"),
        ("x.db?_pragma=main.journal_mode(wal)", "file x.db|main.journal_mode(wal)"),
        ("x.db?_pragma=optimize", "file x.db|optimize"),
        ("x.db?_pragma=busy_timeout(100)", "file x.db|100ms"),
        ("x.db?_pragma=busy_timeout=0", "file x.db|0ns"),
        ("x.db?_pragma=busy_timeout(-1)", "file x.db|0ns"),
        (
            "x.db?_pragma=synchronous(2)&_pragma=busy_timeout(7)&_pragma=cache_size(9)",
            "file x.db|7ms|cache_size(9)|synchronous(2)",
        ),
        ("x.db?_txlock=immediate", "file x.db|Immediate"),
        ("x.db?_txlock=EXCLUSIVE", "file x.db|Exclusive"),
        ("x.db?_txlock=deferred", "file x.db"),
        ("x.db?_time_format=sqlite&_time_integer_format=unix_milli&_inttotime=1&_loc=auto", "file x.db"),
        ("x.db?_mutex=full", "file x.db"),
        ("x.db?_fk=on", "file x.db|foreign_keys(1)"),
        ("x.db?_foreign_keys=FALSE", "file x.db|foreign_keys(0)"),
        ("x.db?_timeout=50", "file x.db|50ms"),
        ("x.db?_busy_timeout=50&_journal=wal", "file x.db|50ms|journal_mode(WAL)"),
        ("x.db?_journal_mode=DELETE&_sync=1", "file x.db|journal_mode(DELETE)|synchronous(1)"),
        ("x.db?_synchronous=full&_locking=exclusive", "file x.db|locking_mode(EXCLUSIVE)|synchronous(FULL)"),
        ("x.db?_locking_mode=normal&_cache_size=-2000", "file x.db|cache_size(-2000)|locking_mode(NORMAL)"),
        ("x.db?_vacuum=full&_cslike=1", "file x.db|auto_vacuum(full)|case_sensitive_like(1)"),
        ("x.db?_auto_vacuum=2&_case_sensitive_like=no", "file x.db|auto_vacuum(2)|case_sensitive_like(0)"),
        (
            "x.db?_defer_fk=1&_rt=1&_query_only=1",
            "file x.db|defer_foreign_keys(1)|query_only(1)|recursive_triggers(1)",
        ),
        (
            "x.db?_ignore_check_constraints=1&_writable_schema=1",
            "file x.db|ignore_check_constraints(1)|writable_schema(1)",
        ),
        ("x.db?_secure_delete=DEFAULT", "file x.db"),
        ("x.db?_secure_delete=fast", "file x.db|secure_delete(FAST)"),
    ];
    for (text, expected) in table {
        match DbString::parse(text) {
            Ok(read) => assert_eq!(brief(&read), expected, "{text}"),
            Err(error) => panic!("{text}: {error}"),
        }
    }
}

#[test]
fn nothing_is_passed_over() {
    let table = [
        ("x.db?nosuch=1", "unknown parameter `nosuch`"),
        ("x.db?_nosuch", "unknown parameter `_nosuch`"),
        ("file:x.db?Mode=ro", "unknown parameter `Mode`"),
        ("x.db?mode=x", "invalid mode: x (one of ro, rw, rwc, memory)"),
        ("x.db?mode=memory", "`mode=memory` behind a plain path: write file:NAME?mode=memory"),
        ("x.db?cache=x", "invalid cache: x (one of shared, private)"),
        ("x.db?immutable=x", "invalid immutable: x (on or off)"),
        ("x.db?_txlock=x", "invalid _txlock: x (one of deferred, immediate, exclusive)"),
        ("x.db?_pragma=", "invalid _pragma:  (write _pragma=name(value))"),
        ("x.db?_pragma=a(1);drop", "invalid _pragma: a(1);drop (write _pragma=name(value))"),
        ("x.db?_pragma=a(1", "invalid _pragma: a(1 (write _pragma=name(value))"),
        ("x.db?_pragma=a b(1)", "invalid _pragma: a b(1) (write _pragma=name(value))"),
        ("x.db?_pragma=busy_timeout(x)", "invalid busy_timeout: x (milliseconds)"),
        ("x.db?_timeout=5s", "invalid busy_timeout: 5s (milliseconds)"),
        ("x.db?_fk=2", "invalid _fk: 2 (on or off)"),
        ("x.db?_cache_size=1%3Bx", "invalid _cache_size: 1;x (a whole number)"),
        ("x.db?_sync=4", "invalid _sync: 4 (one of OFF, NORMAL, FULL, EXTRA, 0, 1, 2, 3)"),
        ("x.db?_time_format=x", "invalid _time_format: x (one of sqlite, datetime)"),
        (
            "x.db?_auth_user=u&_auth_pass=secret",
            "`_auth_user` is not supported: this build has no user authentication",
        ),
        ("x.db?_auth_pass=secret", "`_auth_pass` is not supported: this build has no user authentication"),
        ("x.db?_auth", "`_auth` is not supported: this build has no user authentication"),
        ("file://host/x.db", "the host `host` in a file: URI (write file:/path)"),
        ("file:x%zz", "invalid escape \"%zz\" in the path"),
        ("x.db?_fk=%zz", "invalid escape \"%zz\""),
    ];
    for (text, expected) in table {
        assert_eq!(DbString::parse(text).err().as_deref(), Some(expected), "{text}");
    }
}
