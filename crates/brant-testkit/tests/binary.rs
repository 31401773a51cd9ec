//! How programs are run, stopped and read. `sh` stands for the program under test.

use std::time::{Duration, Instant};

use brant_testkit::{Brant, Output, Signal, sqlite};

fn sh(brant: &Brant, script: &str) -> Output {
    brant.run(["-c", script])
}

#[test]
fn reports_code_and_both_outputs() {
    let out = sh(&Brant::new("sh"), "echo result; echo progress >&2; exit 3");
    assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (3, "result\n", "progress\n"));
}

#[test]
fn database_gives_folder_and_environment() {
    let db = sqlite();
    let brant = Brant::new("sh").on(&db).env("MORE", "1").env("MORE", "2");
    let out = sh(&brant, r#"pwd; echo "$GOOSE_DRIVER $GOOSE_DBSTRING $MORE $TZ""#).expect_code(0);
    assert_eq!(out.stdout, format!("{}\nsqlite3 {} 2 UTC\n", db.dir().display(), db.dbstring()));
    assert_eq!(out.redacted_stdout(), "DIR\nsqlite3 DIR/test.db 2 UTC\n");
}

#[test]
fn environment_that_leads_astray_is_taken_away() {
    let script = "env | grep -E '^(GOOSE_|BRANT_|PG|DATABASE_URL)' | sort";
    assert_eq!(sh(&Brant::new("sh").env("PGHOST", "mine"), script).stdout, "PGHOST=mine\n");
}

#[test]
fn standard_input_is_the_text_given() {
    assert_eq!(sh(&Brant::new("sh").stdin("y\n"), "cat").stdout, "y\n");
    assert_eq!(sh(&Brant::new("sh"), "cat").stdout, "");
}

#[test]
fn redacted_text_holds_all_there_is() {
    let out =
        sh(&Brant::new("sh").mask("secret", "***"), "echo 'OK (1.2ms) secret'; echo at 127.0.0.1:4321 >&2");
    assert_eq!(out.redact(), "exit code 0\n--- stdout\nOK (DUR) ***\n--- stderr\nat 127.0.0.1:PORT\n");
}

#[test]
fn kill_and_signals_end_it() {
    let brant = Brant::new("sh");
    let start = Instant::now();
    let out = brant.start(["-c", "echo before; exec sleep 60"]).kill_after(Duration::from_millis(300));
    assert_eq!((out.code, out.stdout.as_str()), (-9, "before\n"));
    for (signal, code) in [(Signal::Term, -15), (Signal::Int, -2)] {
        // Where the tests run in the background of a shell, SIGINT is ignored, until `env` has begun.
        let mut running = Brant::new("env").start(["--default-signal", "sleep", "60"]);
        while running.is_running() {
            running.signal(signal);
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(running.wait().code, code);
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn dropping_a_running_program_kills_it() {
    let mut running = Brant::new("sh").start(["-c", "exec sleep 60"]);
    assert!(running.is_running());
    let pid = running.pid();
    drop(running);
    assert!(!std::path::Path::new("/proc").join(pid.to_string()).exists());
}
