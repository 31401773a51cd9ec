//! The proxy counts, delays and cuts as it says. The server here answers every line with the line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use brant_testkit::Proxy;
use brant_testkit::proxy::{Cut, ProxyOptions};

fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let reader = BufReader::new(stream.try_clone().unwrap());
                for line in reader.lines().map_while(Result::ok) {
                    if stream.write_all(format!("{line}\n").as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    addr
}

struct Line {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Line {
    fn to(proxy: &Proxy) -> Line {
        let stream = TcpStream::connect(proxy.addr()).unwrap();
        Line { reader: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// The next line, or nothing if the line was cut.
    fn receive(&mut self) -> Option<String> {
        let mut line = String::new();
        let n = self.reader.read_line(&mut line).unwrap_or(0);
        (n > 0).then_some(line)
    }

    fn ask(&mut self, text: &str) -> Option<String> {
        self.send(text);
        self.receive()
    }
}

fn cutting(cut: Cut) -> Proxy {
    Proxy::with(echo_server(), ProxyOptions { cut: Some(cut), ..ProxyOptions::default() })
}

#[test]
fn one_connection_falls_silent_and_others_do_not() {
    let silent_at = Some("hush".to_owned());
    let proxy = Proxy::with(echo_server(), ProxyOptions { silent_at, ..ProxyOptions::default() });
    let mut line = Line::to(&proxy);
    assert_eq!(line.ask("a\n").as_deref(), Some("a\n"));
    line.send("hush\n");
    line.send("b\n");
    assert_eq!(Line::to(&proxy).ask("c\n").as_deref(), Some("c\n"));
    drop(proxy);
    assert_eq!(line.receive(), None, "nothing of it came back");
}

#[test]
fn a_cut_for_good_lets_nobody_in_again() {
    let cut = Some(Cut::BeforeText("cut".to_owned()));
    let proxy = Proxy::with(echo_server(), ProxyOptions { cut, for_good: true, ..ProxyOptions::default() });
    assert_eq!(Line::to(&proxy).ask("cut\n"), None);
    assert_eq!(Line::to(&proxy).ask("a\n"), None);
}

#[test]
fn counts_turns_over_all_connections() {
    let proxy = Proxy::start(echo_server());
    let mut line = Line::to(&proxy);
    for _ in 0..3 {
        assert_eq!(line.ask("a\n").as_deref(), Some("a\n"));
    }
    assert_eq!(Line::to(&proxy).ask("b\n").as_deref(), Some("b\n"));
    assert_eq!((proxy.turns(), proxy.n_connections()), (4, 2));
}

#[test]
fn what_is_sent_together_is_one_turn() {
    let proxy = Proxy::start(echo_server());
    let mut line = Line::to(&proxy);
    line.send("a\nb\nc\n");
    for want in ["a\n", "b\n", "c\n"] {
        assert_eq!(line.receive().as_deref(), Some(want));
    }
    assert_eq!(proxy.turns(), 1);
}

#[test]
fn delay_is_paid_per_turn_and_not_per_packet() {
    let delay = Duration::from_millis(60);
    let proxy = Proxy::with(echo_server(), ProxyOptions { delay, ..ProxyOptions::default() });
    let mut line = Line::to(&proxy);
    let start = Instant::now();
    for _ in 0..10 {
        line.send("a\n");
        std::thread::sleep(Duration::from_millis(1));
    }
    for _ in 0..10 {
        line.receive().unwrap();
    }
    let took = start.elapsed();
    assert!(took >= 2 * delay, "{took:?}");
    assert!(took < 10 * delay, "{took:?}");
}

#[test]
fn cuts_after_bytes_of_either_side_and_serves_again() {
    for cut in [Cut::AfterClientBytes(5), Cut::AfterServerBytes(5)] {
        let proxy = cutting(cut.clone());
        let mut line = Line::to(&proxy);
        assert_eq!(line.ask("abc\n").as_deref(), Some("abc\n"), "{cut:?}");
        assert!(!proxy.was_cut());
        line.send("def\n");
        assert_ne!(line.receive().as_deref(), Some("def\n"), "{cut:?}");
        assert!(proxy.was_cut());
        assert_eq!(Line::to(&proxy).ask("again\n").as_deref(), Some("again\n"), "{cut:?}");
    }
}

#[test]
fn cuts_before_or_after_a_text() {
    for cut in [Cut::BeforeText("COMMIT".into()), Cut::AfterText("COMMIT".into())] {
        let proxy = cutting(cut);
        let mut line = Line::to(&proxy);
        assert_eq!(line.ask("BEGIN\n").as_deref(), Some("BEGIN\n"));
        assert_eq!(line.ask("COMMIT\n"), None);
        assert!(proxy.was_cut());
    }
}

#[test]
fn cut_now_ends_every_connection() {
    let proxy = Proxy::start(echo_server());
    let (mut one, mut two) = (Line::to(&proxy), Line::to(&proxy));
    assert!(one.ask("a\n").is_some() && two.ask("a\n").is_some());
    proxy.cut_now();
    assert_eq!((one.receive(), two.receive()), (None, None));
}

#[test]
fn lost_answer_of_a_commit_leaves_it_committed() {
    if !brant_testkit::engines().contains(&brant_testkit::Engine::Postgres) {
        return;
    }
    let db = brant_testkit::postgres();
    for (cut, want) in [(Cut::BeforeText("COMMIT".into()), "0"), (Cut::AfterText("COMMIT".into()), "1")] {
        db.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int)").unwrap();
        let proxy =
            Proxy::with(db.server().addr(), ProxyOptions { cut: Some(cut), ..ProxyOptions::default() });
        let mut psql = std::process::Command::new(db.server().program("psql"));
        psql.args(["-X", "-q", &db.dbstring_through(proxy.addr())]);
        for sql in ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"] {
            psql.args(["-c", sql]);
        }
        assert!(!psql.output().unwrap().status.success());
        assert!(proxy.was_cut());
        assert_eq!(db.column("SELECT count(*) FROM t"), [want]);
    }
}
