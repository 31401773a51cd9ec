//! What the system forbids: files that may not be read or written, a database that another process holds, a full disk.

mod support;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use brant_testkit::{Engine, TestDatabase};
use support::told::{GOOD, Told, dump, kept, on, put};

/// brant without root's rights: root may read and write whatever it wants.
fn as_nobody(db: &TestDatabase, args: &[&str]) -> String {
    let binary = db.dir().join("brant");
    std::fs::copy(env!("CARGO_BIN_EXE_brant"), &binary).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = match is_root {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&binary);
            command
        }
        false => Command::new(&binary),
    };
    command
        .current_dir(db.dir())
        .env_clear()
        .env("GOOSE_DRIVER", "sqlite3")
        .env("GOOSE_DBSTRING", db.dbstring());
    let output = command.args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let code = output.status.code().unwrap();
    db.redactor().apply(&format!("exit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}"))
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn rights_and_disks() {
    let mut told = Told::default();
    let db = kept(Engine::Sqlite);
    let database = db.dir().join("test.db");
    put(&db, "1_a.sql", GOOD);
    let (folder, file) = (db.dir().join("migrations"), db.dir().join("migrations/1_a.sql"));
    for path in [db.dir(), &folder, &file] {
        chmod(path, 0o755);
    }
    let mut nobody = |name: &str, args: &[&str]| {
        let before = dump(&db);
        let output = as_nobody(&db, args);
        assert_eq!(dump(&db), before, "{name}: {output}");
        told.add(name, &output);
    };
    chmod(&database, 0o444);
    nobody("a database that may not be written", &["up"]);
    nobody("a database that may not be written, status", &["status"]);
    chmod(&database, 0o000);
    nobody("a database that may not be read", &["status"]);
    chmod(&database, 0o644);
    chmod(&folder, 0o000);
    nobody("a directory that may not be read", &["up"]);
    chmod(&folder, 0o755);
    chmod(&file, 0o000);
    chmod(db.dir(), 0o777); // for the lock
    nobody("a file that may not be read", &["up"]);
    chmod(&file, 0o644);

    let mut holder =
        Command::new("sqlite3").arg(&database).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = holder.stdin.take().unwrap();
    stdin.write_all(b"BEGIN EXCLUSIVE;\nSELECT 'held';\n").unwrap();
    let mut held = [0; 5];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut held).unwrap();
    let dbstring = format!("file:{}?_pragma=busy_timeout(50)", database.display());
    let locked = on(&db).env("GOOSE_DBSTRING", &dbstring).run(["up"]);
    told.add("locked by another process", &locked.redact());
    drop(stdin);
    holder.wait().unwrap();

    if let Some(output) = on_a_full_disk() {
        told.add("the disk is full", &output);
        told.check("bad_rights__rights_and_disks", 7);
    }
}

/// On a file system of its own; as root only.
#[allow(clippy::print_stderr, reason = "says why a case is left out")]
fn on_a_full_disk() -> Option<String> {
    let db = kept(Engine::Sqlite);
    let disk = db.dir().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=128k", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "left out: the disk that is full, because no file system can be mounted without root's rights"
        );
        return None;
    }
    put(
        &db,
        "1_a.sql",
        b"-- +goose Up\nCREATE TABLE t (v text);\nINSERT INTO t VALUES (zeroblob(200000));\n",
    );
    let brant = on(&db).env("GOOSE_DBSTRING", disk.join("full.db"));
    let output = brant.run(["up"]);
    let version = brant.run(["version"]);
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(version.stdout, "goose: version 0\n", "{}", output.stderr);
    Some(output.redact())
}
