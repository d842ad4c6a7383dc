//! What the tests stand on: programs started with chosen ends and given an end in time, servers and clients made of
//! plain sockets, terminals, payloads. Nothing here sleeps: each wait is for an event and has a limit that fails the
//! test. It does not know what nsock should do.

#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "each test file uses a part of this; a test has a clock of its own, and says on stderr what it skips"
)]

use std::ffi::{OsStr, OsString};
use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process, kill_process_group};
use serde_json::Value;
use socket2::SockRef;

pub(crate) use rustix::process::Signal;

/// How long anything here is waited for before the test fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The program under test.
pub(crate) const NSOCK: &str = env!("CARGO_BIN_EXE_nsock");

/// The host that everything here happens on.
pub(crate) const HOST: &str = "127.0.0.1";

/// nsock with some arguments.
pub(crate) fn nsock(args: &[&str]) -> Program {
    Program::new(NSOCK).args(args)
}

/// nsock connecting to a port of this host.
pub(crate) fn dial(port: u16, args: &[&str]) -> Program {
    nsock(args).args([HOST, &port.to_string()])
}

/// nsock listening on a free port of this host, telling its events as JSON.
pub(crate) fn listen(args: &[&str]) -> Program {
    nsock(&["--json", "-l"]).args(args).args([HOST, "0"])
}

/// A shell script, in which `"$NSOCK"` is the program under test.
pub(crate) fn shell(script: &str) -> Program {
    Program::new("sh").args(["-c", script]).env("NSOCK", NSOCK)
}

/// A program that is about to run: nothing on stdin, stdout and stderr collected.
pub(crate) struct Program {
    command: Command,
    words: String,
    stdin: In,
    stdout: Out,
    group: bool,
}

enum In {
    Given,
    Held,
    Fed(Vec<u8>),
}

enum Out {
    Given,
    Held,
    Collected,
}

impl Program {
    /// A program with no arguments yet.
    pub(crate) fn new(path: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(path.as_ref());
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command.env_remove("NO_COLOR").env("TERM", "xterm").env("LC_ALL", "C").env("RUST_BACKTRACE", "0");
        Self {
            words: Path::new(&path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into()),
            command,
            stdin: In::Given,
            stdout: Out::Collected,
            group: false,
        }
    }

    /// With these arguments too.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        for arg in args {
            self.words += " ";
            self.words += &arg.as_ref().to_string_lossy();
            self.command.arg(arg);
        }
        self
    }

    /// With this variable in its environment.
    pub(crate) fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self
    }

    /// With this on stdin.
    pub(crate) fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.command.stdin(stdin);
        self.stdin = In::Given;
        self
    }

    /// With a regular file of these bytes on stdin.
    pub(crate) fn stdin_file(self, bytes: &[u8]) -> Self {
        self.stdin(file_of(bytes))
    }

    /// With these bytes on stdin, through a pipe that then ends.
    pub(crate) fn stdin_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.command.stdin(Stdio::piped());
        self.stdin = In::Fed(bytes.into());
        self
    }

    /// With a pipe on stdin that the test writes and ends: [`Run::stdin`].
    pub(crate) fn hold_stdin(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self.stdin = In::Held;
        self
    }

    /// With this as stdout.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self.stdout = Out::Given;
        self
    }

    /// With a pipe as stdout that the test reads, or not: [`Run::stdout`].
    pub(crate) fn hold_stdout(mut self) -> Self {
        self.command.stdout(Stdio::piped());
        self.stdout = Out::Held;
        self
    }

    /// With this as stderr: no line and no event of it can be waited for.
    pub(crate) fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.command.stderr(stderr);
        self
    }

    /// As the first of a process group, which is killed with it.
    pub(crate) fn group(mut self) -> Self {
        self.command.process_group(0);
        self.group = true;
        self
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Run {
        if let Out::Collected = self.stdout {
            self.command.stdout(Stdio::piped());
        }
        let began = Instant::now();
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("start {}: {error}", self.words));
        let pid = Pid::from_child(&child);
        let mut stdin = child.stdin.take().map(|pipe| File::from(OwnedFd::from(pipe)));
        if let In::Fed(bytes) = self.stdin {
            let mut pipe = stdin.take().expect("stdin was asked to be a pipe");
            thread::spawn(move || pipe.write_all(&bytes)); // fails when nobody reads on, which the outcome tells
        }
        let mut stdout = child.stdout.take().map(|pipe| File::from(OwnedFd::from(pipe)));
        let collected = match self.stdout {
            Out::Collected => stdout.take().map(|pipe| task(move || slurp(pipe))),
            Out::Given | Out::Held => None,
        };
        let told = Told::default();
        match child.stderr.take() {
            Some(pipe) => told.listen(pipe),
            None => told.change(|told| told.ended = true),
        }
        Run {
            words: self.words,
            pid,
            group: self.group,
            began,
            stdin,
            stdout,
            collected,
            told,
            exit: Some(watch(child)),
        }
    }

    /// Starts it and waits until it has ended.
    pub(crate) fn run(self) -> Outcome {
        self.spawn().finish()
    }
}

/// Lets time pass: only for peers that are slow by nature, and where nothing is to happen for a while.
pub(crate) fn pass(seconds: f64) {
    thread::sleep(Duration::from_secs_f64(seconds));
}

/// A program that runs; killed when the test lets go of it before its end.
pub(crate) struct Run {
    words: String,
    pid: Pid,
    group: bool,
    began: Instant,
    /// Its stdin, where the test holds it. Dropping it is the end of stdin.
    pub(crate) stdin: Option<File>,
    /// Its stdout, where the test holds it. Dropping it is a reader that leaves.
    pub(crate) stdout: Option<File>,
    collected: Option<Task<Vec<u8>>>,
    told: Told,
    exit: Option<Receiver<(ExitStatus, Instant)>>,
}

impl Run {
    /// The number of its process.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits for the first JSON event of this name on stderr.
    pub(crate) fn event(&self, name: &str) -> Value {
        self.events(name, 1).pop().expect("one event was waited for")
    }

    /// Waits for so many JSON events of this name on stderr.
    pub(crate) fn events(&self, name: &str, count: usize) -> Vec<Value> {
        self.wait_told(&format!("{count} '{name}' events"), |lines| {
            let mut events = events_of(lines);
            events.retain(|event| event["event"] == name);
            (events.len() >= count).then_some(events)
        })
    }

    /// Waits for the JSON event that tells of the peer's end.
    pub(crate) fn peer_ended(&self) {
        self.wait_told("the peer's end", |lines| {
            events_of(lines).iter().any(|event| event["event"] == "half_close" && event["by"] == "peer").then_some(())
        });
    }

    /// Waits for a line on stderr that contains this text.
    pub(crate) fn line(&self, text: &str) -> String {
        self.wait_told(&format!("a line with {text:?}"), |lines| lines.iter().find(|line| line.contains(text)).cloned())
    }

    /// Waits until it listens, which `--json` or `-v` must tell, and gives the port.
    pub(crate) fn port(&self) -> u16 {
        self.wait_told("the port it listens on", |lines| {
            events_of(lines)
                .iter()
                .find(|event| event["event"] == "listen")
                .and_then(|event| event["port"].as_u64()?.try_into().ok())
                .or_else(|| {
                    let words = lines.iter().find_map(|line| line.strip_prefix("Listening on "))?;
                    words.split_whitespace().nth(1)?.parse().ok()
                })
        })
    }

    /// Waits until it listens, and connects.
    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect((HOST, self.port())).expect("connect to what listens")
    }

    /// What it has told on stderr so far.
    pub(crate) fn told(&self) -> String {
        self.told.lines().concat()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("send a signal");
    }

    /// Ends all of its group who still live, as Ctrl-C would: but a test that runs in the background may have been told
    /// to ignore SIGINT, and so would they.
    pub(crate) fn end_group(&self) {
        let _ = kill_process_group(self.pid, Signal::TERM);
    }

    /// Waits until what it has told is what the test seeks, it has ended, or the limit has passed.
    pub(crate) fn told_until(&self, mut seek: impl FnMut(&str) -> bool) {
        self.told.until(|told| (told.ended || seek(&told.lines.concat())).then_some(()));
    }

    /// Whether it has not ended yet.
    pub(crate) fn runs(&self) -> bool {
        match fs::read_to_string(format!("/proc/{}/stat", self.pid())) {
            Ok(stat) => !matches!(stat_fields(&stat).first().copied(), Some("Z" | "X")),
            Err(_) => false,
        }
    }

    /// Its resident memory in KiB.
    pub(crate) fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most resident memory it ever had, in KiB.
    pub(crate) fn most_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// How many descriptors it has.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("read /proc/PID/fd").count()
    }

    fn status(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("read /proc/PID/status");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field of a live process");
        let number = line.split_whitespace().next().expect("a number");
        number.parse().expect("a number")
    }

    /// The processor time it has used, in ticks.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("read /proc/PID/stat");
        let fields = stat_fields(&stat);
        [11, 12].map(|n: usize| fields[n].parse::<u64>().expect("a number")).iter().sum()
    }

    /// Waits until it has ended; fails the test when that takes too long.
    pub(crate) fn finish(mut self) -> Outcome {
        self.stdin = None;
        self.outcome()
    }

    /// The same, but its stdin stays open meanwhile.
    pub(crate) fn finish_with_stdin_open(mut self) -> Outcome {
        self.outcome()
    }

    fn outcome(&mut self) -> Outcome {
        let exit = self.exit.as_ref().expect("a run is finished once");
        let (status, ended) = match exit.recv_timeout(LIMIT) {
            Ok(exit) => exit,
            Err(_) => {
                let told = self.told();
                panic!("{}: still runs after {LIMIT:?}; it told:\n{told}", self.words); // and is killed by Drop
            }
        };
        self.exit = None;
        self.told.until(|told| told.ended.then_some(())).expect("stderr ends with the program");
        Outcome {
            words: self.words.clone(),
            code: status.code(),
            signal: status.signal(),
            took: ended - self.began,
            stdout: self.collected.take().map(Task::join).unwrap_or_default(),
            stderr: self.told(),
        }
    }

    fn wait_told<T>(&self, what: &str, mut seek: impl FnMut(&[String]) -> Option<T>) -> T {
        let found = self.told.until(|told| match seek(&told.lines) {
            Some(found) => Some(Some(found)),
            None => told.ended.then_some(None),
        });
        found.flatten().unwrap_or_else(|| panic!("{}: waited for {what}; it told:\n{}", self.words, self.told()))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(exit) = self.exit.take()
            && exit.try_recv().is_err()
        {
            let kill = if self.group { kill_process_group } else { kill_process };
            let _ = kill(self.pid, Signal::KILL);
            let _ = exit.recv_timeout(LIMIT);
        }
    }
}

/// The fields of /proc/PID/stat after the name, which may hold anything.
fn stat_fields(stat: &str) -> Vec<&str> {
    stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect()
}

/// Waits for a child's end in a thread, since nothing else can do it with a limit.
fn watch(mut child: Child) -> Receiver<(ExitStatus, Instant)> {
    let (sender, exit) = channel();
    thread::spawn(move || {
        let status = child.wait().expect("wait for a child");
        sender.send((status, Instant::now()))
    });
    exit
}

/// What a program says on stderr, line by line.
#[derive(Clone, Default)]
struct Told(Arc<(Mutex<Lines>, Condvar)>);

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    ended: bool,
}

impl Told {
    fn listen(&self, pipe: impl Read + Send + 'static) {
        let told = self.clone();
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                told.change(|told| told.lines.push(String::from_utf8_lossy(&line).into_owned()));
                line.clear();
            }
            told.change(|told| told.ended = true);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.0.0.lock().expect("no thread panics with it"));
        self.0.1.notify_all();
    }

    fn lines(&self) -> Vec<String> {
        self.0.0.lock().expect("no thread panics with it").lines.clone()
    }

    /// Waits until the test finds what it seeks; none when the limit has passed.
    fn until<T>(&self, mut seek: impl FnMut(&Lines) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + LIMIT;
        let mut lines = self.0.0.lock().expect("no thread panics with it");
        loop {
            if let Some(found) = seek(&lines) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            lines = self.0.1.wait_timeout(lines, left).expect("no thread panics with it").0;
        }
    }
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Outcome {
    words: String,
    /// Its exit status, where no signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// From start to end.
    pub(crate) took: Duration,
    /// What it wrote, where that was collected.
    pub(crate) stdout: Vec<u8>,
    /// What it told.
    pub(crate) stderr: String,
}

impl Outcome {
    /// Asserts its exit status.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let Self { words, stderr, .. } = &self;
        assert_eq!((self.code, self.signal), (Some(code), None), "exit status of {words}; it told:\n{stderr}");
        self
    }

    /// Asserts that a signal ended it.
    #[track_caller]
    pub(crate) fn died_of(self, signal: Signal) -> Self {
        let Self { words, stderr, .. } = &self;
        assert_eq!((self.code, self.signal), (None, Some(signal.as_raw())), "end of {words}; it told:\n{stderr}");
        self
    }

    /// Asserts that it told nothing.
    #[track_caller]
    pub(crate) fn silent(self) -> Self {
        assert_eq!(self.stderr, "", "stderr of {}", self.words);
        self
    }

    /// Asserts what it wrote.
    #[track_caller]
    pub(crate) fn wrote(self, bytes: &[u8]) -> Self {
        same(&self.stdout, bytes);
        self
    }

    /// Asserts that it told one line, and gives it.
    #[track_caller]
    pub(crate) fn one_line(&self) -> &str {
        let line = self.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("no whole line: {:?}", self.stderr));
        assert!(!line.contains('\n'), "one line was to be told by {}:\n{line}", self.words);
        line
    }

    /// Asserts when it ended, after its start.
    #[track_caller]
    pub(crate) fn within(self, least: f64, most: f64) -> Self {
        within(self.took, least, most);
        self
    }

    /// A number in its JSON event of this name.
    #[track_caller]
    pub(crate) fn number(&self, event: &str, field: &str) -> u64 {
        let event = self.event(event);
        event[field].as_u64().unwrap_or_else(|| panic!("no number {field} in {event}"))
    }

    /// Its JSON events.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines: Vec<String> = self.stderr.lines().map(Into::into).collect();
        events_of(&lines)
    }

    /// Its JSON event of this name; the last, where there are several.
    #[track_caller]
    pub(crate) fn event(&self, name: &str) -> Value {
        let found = self.events().into_iter().rfind(|event| event["event"] == name);
        found.unwrap_or_else(|| panic!("no '{name}' event in:\n{}", self.stderr))
    }
}

fn events_of(lines: &[String]) -> Vec<Value> {
    lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Asserts how long something took, in seconds: the least is the promise, the most is generous.
#[track_caller]
pub(crate) fn within(took: Duration, least: f64, most: f64) {
    let seconds = took.as_secs_f64();
    assert!((least..=most).contains(&seconds), "took {seconds:.3} s, not {least} to {most}");
}

/// Work in a thread, which must be done in time.
pub(crate) struct Task<T> {
    done: Receiver<T>,
    thread: JoinHandle<()>,
}

/// Does something in a thread.
pub(crate) fn task<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Task<T> {
    let (sender, done) = channel();
    let thread = thread::spawn(move || {
        let _ = sender.send(work()); // nobody listens when the test has failed
    });
    Task { done, thread }
}

impl<T> Task<T> {
    /// Waits for what came of it; fails the test when that takes too long, or when the work has panicked.
    #[track_caller]
    pub(crate) fn join(self) -> T {
        match self.done.recv_timeout(LIMIT) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => panic!("a thread of the test is not done after {LIMIT:?}"),
            Err(RecvTimeoutError::Disconnected) => match self.thread.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => panic!("a thread of the test left nothing"),
            },
        }
    }
}

/// A server for one client, in a thread.
pub(crate) struct Server<T> {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// Its port.
    pub(crate) port: u16,
    work: Task<T>,
}

/// Serves one client on a free port of this host.
pub(crate) fn server<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> Server<T> {
    let listener = listener();
    let addr = listener.local_addr().expect("the address of a listener");
    let work = task(move || {
        let (stream, _) = listener.accept().expect("accept a client");
        drop(listener);
        serve(stream)
    });
    Server { addr, port: addr.port(), work }
}

impl<T> Server<T> {
    /// Waits for what came of it.
    #[track_caller]
    pub(crate) fn join(self) -> T {
        self.work.join()
    }
}

/// A listening socket on a free port of this host.
pub(crate) fn listener() -> TcpListener {
    TcpListener::bind((HOST, 0)).expect("listen on a free port")
}

/// A port of this host that nobody listens on: bound by the socket that comes with it, so that nobody else gets it.
pub(crate) fn closed_port() -> (u16, socket2::Socket) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: SocketAddr = (HOST.parse::<std::net::IpAddr>().expect("an address"), 0).into();
    socket.bind(&any.into()).expect("bind a free port");
    let bound = socket.local_addr().expect("the address of a socket");
    (bound.as_socket().expect("an IP address").port(), socket)
}

/// Reads to the end.
pub(crate) fn slurp(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).expect("read to the end");
    bytes
}

/// Reads so many bytes.
pub(crate) fn take(mut from: impl Read, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    from.read_exact(&mut bytes).expect("read so many bytes");
    bytes
}

/// Asserts that neither a byte nor an end comes for so long.
#[track_caller]
pub(crate) fn stays_silent(mut stream: &TcpStream, seconds: f64) {
    stream.set_read_timeout(Some(Duration::from_secs_f64(seconds))).expect("SO_RCVTIMEO");
    match stream.read(&mut [0; 1]) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
        other => panic!("silence was to last for {seconds} s, but {other:?} came"),
    }
    stream.set_read_timeout(None).expect("SO_RCVTIMEO");
}

/// Closes the sending side of a socket.
pub(crate) fn half_close(stream: &TcpStream) {
    stream.shutdown(std::net::Shutdown::Write).expect("half-close");
}

/// Closes a socket with RST.
pub(crate) fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    drop(stream);
}

/// Bytes that look random and are the same in each run.
pub(crate) fn payload(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Asserts that bytes are the same, without printing megabytes.
#[track_caller]
pub(crate) fn same(got: &[u8], want: &[u8]) {
    if got == want {
        return;
    }
    let at = got.iter().zip(want).take_while(|(a, b)| a == b).count();
    let show = |bytes: &[u8]| {
        bytes[at.min(bytes.len())..].iter().take(40).copied().collect::<Vec<u8>>().escape_ascii().to_string()
    };
    panic!(
        "{} bytes came, {} were to come; they differ from byte {at} on:\n  came {}\n  want {}",
        got.len(),
        want.len(),
        show(got),
        show(want)
    );
}

/// An unnamed regular file of these bytes, at its start.
pub(crate) fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("fill a temporary file");
    file.rewind().expect("rewind a temporary file");
    file
}

/// All bytes of a file, whatever its offset, which stays.
pub(crate) fn contents(file: &File) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let mut bytes = vec![0; usize::try_from(file.metadata().expect("size of a file").len()).expect("a size")];
    file.read_exact_at(&mut bytes, 0).expect("read a file");
    bytes
}

/// A pipe: what is written to the second is read from the first.
pub(crate) fn pipe() -> (File, File) {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).expect("a pipe");
    (read.into(), write.into())
}

/// A FIFO in a directory of its own.
pub(crate) fn fifo() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a FIFO");
    (dir, path)
}

/// A FIFO that a program can be told to write a port to (`--port-file`), and whose reader waits for it.
pub(crate) struct PortFile {
    /// Its path.
    pub(crate) path: PathBuf,
    read: BufReader<File>,
    _dir: tempfile::TempDir,
}

impl PortFile {
    /// A new one.
    pub(crate) fn new() -> Self {
        let (dir, path) = fifo();
        // Open for both: neither this open nor the writer's has to wait for the other side.
        let read = BufReader::new(File::options().read(true).write(true).open(&path).expect("open a FIFO"));
        Self { path, read, _dir: dir }
    }

    /// `--port-file` and its path.
    pub(crate) fn args(&self) -> [OsString; 2] {
        ["--port-file".into(), self.path.clone().into()]
    }

    /// Waits for the port.
    pub(crate) fn port(mut self) -> u16 {
        let line = task(move || {
            let mut line = String::new();
            self.read.read_line(&mut line).expect("read a FIFO");
            line
        });
        line.join().trim().parse().expect("a port number")
    }
}

/// A terminal: what a program sees, and the side that a person would sit at.
pub(crate) struct Terminal {
    /// The person's side.
    pub(crate) person: File,
    /// The program's side; programs get clones of it.
    pub(crate) line: File,
}

impl Terminal {
    /// A new one, with the settings that the system gives it.
    pub(crate) fn new() -> Self {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&person).expect("grantpt");
        unlockpt(&person).expect("unlockpt");
        let name = ptsname(&person, Vec::new()).expect("ptsname");
        let nocttty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).expect("a flag");
        let line = File::options()
            .read(true)
            .write(true)
            .custom_flags(nocttty)
            .open(OsStr::new(name.to_str().expect("a path of ASCII")))
            .expect("open a terminal");
        Self { person: person.into(), line }
    }

    /// A handle for a program's stdin, stdout or stderr.
    pub(crate) fn stdio(&self) -> Stdio {
        self.line.try_clone().expect("duplicate a descriptor").into()
    }
}

/// The status flags of an open file description, `O_NONBLOCK` among them.
pub(crate) fn nonblocking(fd: &impl std::os::fd::AsFd) -> bool {
    rustix::fs::fcntl_getfl(fd).expect("F_GETFL").contains(rustix::fs::OFlags::NONBLOCK)
}

/// A descriptor as a Stdio, with the test keeping its own.
pub(crate) fn share(fd: &impl std::os::fd::AsFd) -> Stdio {
    fd.as_fd().try_clone_to_owned().map(OwnedFd::into).expect("duplicate a descriptor")
}

/// Says that a test could not be done here.
pub(crate) fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

/// Fails with the value shown: for what a `match` in a test does not expect.
#[track_caller]
pub(crate) fn unexpected(what: &impl Debug) -> ! {
    panic!("unexpected: {what:?}");
}
