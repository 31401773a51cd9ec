//! A TCP proxy between the program under test and its server: it counts turns, delays, cuts, and falls silent.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the proxy does to the traffic besides passing it on.
#[derive(Clone, Debug, Default)]
pub struct ProxyOptions {
    /// How long bytes travel, each way.
    pub delay: Duration,
    /// Where the line breaks, once.
    pub cut: Option<Cut>,
    /// After the cut no new connections are accepted.
    pub for_good: bool,
    /// A connection on which a client sends this text (within one packet) is silent from there on: nothing passes any
    /// more, not even its end, as behind a network that forgot it.
    pub silent_at: Option<String>,
}

/// Where the line breaks. All connections are cut, and new ones are accepted again, unless it is for good.
#[derive(Clone, Debug)]
pub enum Cut {
    /// After that many bytes from clients reached the server.
    AfterClientBytes(u64),
    /// After that many bytes from the server reached clients.
    AfterServerBytes(u64),
    /// When a client sends this text (within one packet): the server never sees the packet.
    BeforeText(String),
    /// When a client sends this text: the server sees the packet, and its answer is lost.
    AfterText(String),
}

/// A running proxy. It ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 and passes everything on to `upstream`.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(upstream: SocketAddr) -> Proxy {
        Proxy::with(upstream, ProxyOptions::default())
    }

    /// As [`Proxy::start`], with delays or a cut.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn with(upstream: SocketAddr, options: ProxyOptions) -> Proxy {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| Ok((l.local_addr()?, l)));
        let (addr, listener) = bound.unwrap_or_else(|why| panic!("no port for a proxy: {why}"));
        let ProxyOptions { delay, cut, for_good, silent_at } = options;
        let state = Mutex::new(State { cut, ..State::default() });
        let ended = AtomicBool::new(false);
        let shared = Arc::new(Shared { upstream, delay, for_good, silent_at, state, ended });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || accepting.accept(&listener));
        Proxy { addr, shared }
    }

    /// Where clients connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How often a client spoke after the server had (or first), over all connections: on a slow
    /// line, the time that a run can't avoid is this number times the round trip.
    pub fn turns(&self) -> u64 {
        self.shared.state().turns
    }

    /// How many connections were opened so far.
    pub fn n_connections(&self) -> u64 {
        self.shared.state().n_connections
    }

    /// Whether the cut that was ordered has happened.
    pub fn was_cut(&self) -> bool {
        self.shared.state().was_cut
    }

    /// Cuts all connections now.
    pub fn cut_now(&self) {
        self.shared.state().cut_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.cut_now();
        let _ = TcpStream::connect(self.addr); // wakes the listener
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Client,
    Server,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    delay: Duration,
    for_good: bool,
    silent_at: Option<String>,
    state: Mutex<State>,
    ended: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    client_spoke_last: bool,
    turns: u64,
    n_connections: u64,
    bytes_from_client: u64,
    bytes_from_server: u64,
    cut: Option<Cut>,
    cut_at_answer: bool,
    was_cut: bool,
    streams: Vec<TcpStream>,
}

/// Bytes on their way, with the time at which they arrive.
type Packet = (Instant, Vec<u8>);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        while let Ok((client, _)) = listener.accept() {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            if self.for_good && self.state().was_cut {
                continue;
            }
            // A server that refuses shows itself as a connection that is closed at once.
            if let Ok(server) = TcpStream::connect(self.upstream) {
                let _ = self.join(&client, &server);
            }
        }
    }

    fn join(self: &Arc<Self>, client: &TcpStream, server: &TcpStream) -> std::io::Result<()> {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        {
            let mut state = self.state();
            state.n_connections += 1;
            state.streams.extend([client.try_clone()?, server.try_clone()?]);
        }
        let silent = Arc::new(AtomicBool::new(false));
        self.pump(client.try_clone()?, server.try_clone()?, From::Client, &silent);
        self.pump(server.try_clone()?, client.try_clone()?, From::Server, &silent);
        Ok(())
    }

    /// Two threads for one way, so that a delay is the line's length and not its width.
    fn pump(self: &Arc<Self>, source: TcpStream, sink: TcpStream, from: From, silent: &Arc<AtomicBool>) {
        let (sender, receiver) = channel();
        let shared = Arc::clone(self);
        let (read_silent, write_silent) = (Arc::clone(silent), Arc::clone(silent));
        std::thread::spawn(move || shared.read(source, from, &sender, &read_silent));
        std::thread::spawn(move || write(sink, &receiver, &write_silent));
    }

    fn read(&self, mut source: TcpStream, from: From, sender: &Sender<Packet>, silent: &AtomicBool) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n) = source.read(&mut buffer) {
            if n == 0 {
                return;
            }
            let falls_silent = |text: &String| from == From::Client && contains(&buffer[..n], text);
            if self.silent_at.as_ref().is_some_and(falls_silent) {
                silent.store(true, Ordering::SeqCst);
            }
            if silent.load(Ordering::SeqCst) {
                continue;
            }
            let passed = self.state().pass(&buffer[..n], from);
            if sender.send((Instant::now() + self.delay, passed)).is_err() {
                return;
            }
        }
    }
}

impl State {
    /// Counts what came, breaks the line if its time has come, and returns what goes on.
    fn pass(&mut self, bytes: &[u8], from: From) -> Vec<u8> {
        if from == From::Client && !self.client_spoke_last {
            self.turns += 1;
        }
        self.client_spoke_last = from == From::Client;
        let count = match from {
            From::Client => &mut self.bytes_from_client,
            From::Server => &mut self.bytes_from_server,
        };
        let before = *count;
        *count += bytes.len() as u64;
        let n = self.n_until_cut(bytes, from, before);
        if n < bytes.len() {
            self.cut = None;
            self.was_cut = true;
            self.cut_all();
        }
        bytes[..n].to_vec()
    }

    fn n_until_cut(&mut self, bytes: &[u8], from: From, before: u64) -> usize {
        let room = |limit: u64| usize::try_from(limit.saturating_sub(before)).unwrap_or(usize::MAX);
        match (&self.cut, from) {
            (Some(Cut::AfterClientBytes(limit)), From::Client)
            | (Some(Cut::AfterServerBytes(limit)), From::Server) => room(*limit).min(bytes.len()),
            (Some(Cut::BeforeText(text)), From::Client) if contains(bytes, text) => 0,
            (Some(Cut::AfterText(text)), From::Client) if contains(bytes, text) => {
                self.cut_at_answer = true;
                bytes.len()
            }
            (Some(Cut::AfterText(_)), From::Server) if self.cut_at_answer => 0,
            _ => bytes.len(),
        }
    }

    fn cut_all(&mut self) {
        for stream in self.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn write(mut sink: TcpStream, receiver: &Receiver<Packet>, silent: &AtomicBool) {
    for (arrival, bytes) in receiver {
        std::thread::sleep(arrival.saturating_duration_since(Instant::now()));
        if sink.write_all(&bytes).is_err() {
            break;
        }
    }
    if !silent.load(Ordering::SeqCst) {
        let _ = sink.shutdown(Shutdown::Write);
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len().max(1)).any(|part| part == text.as_bytes())
}
