//! The pages are true: every command in their `console` blocks runs, and prints what the page shows beneath it.
//!
//! A line that begins with `$ ` is a command, and the lines after it are what it prints, stdout and stderr as on one
//! screen; a line `...` stands for any lines, and `…` within one for any text. A command that ends in ` &` runs until
//! its block ends, as in a window of its own where Ctrl-C is then typed. Blocks are independent of each other: each has
//! its own directory and ports. What no two runs have in common (times, rates, the ports that the kernel chose) is not
//! compared. A block that cannot run in a test is marked `console no_run`, and says why.

mod common;
#[path = "common/peers_needs.rs"]
mod needs;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::sync::{LazyLock, Mutex};
use std::thread;

use common::*;

#[test]
fn the_exercises_print_what_their_page_shows() {
    holds("docs/exercises.md");
}

#[test]
fn the_readme_prints_what_it_shows() {
    holds("README.md");
}

#[test]
fn the_chinese_readme_prints_what_it_shows() {
    holds("README.zh-CN.md");
}

#[test]
fn the_chinese_readme_has_the_same_commands() {
    let commands = |page| {
        let steps = blocks(&read(page)).into_iter().flat_map(|block| block.steps);
        steps.map(|step| step.command).collect::<Vec<_>>()
    };
    assert_eq!(commands("README.md"), commands("README.zh-CN.md"));
}

/// Programs that a machine may lack.
const PEERS: [&str; 2] = ["python3", "telnet"];

/// What a command says first that others wait for.
const READY: [&str; 3] = ["Listening on ", "Bound on ", "Connection to "];

/// What Ctrl-C adds.
const INTERRUPTED: &str = " closed by a signal ";

struct Block {
    /// The word after `console`.
    mark: String,
    steps: Vec<Step>,
}

struct Step {
    /// Where on the page, from 1.
    line: usize,
    command: String,
    background: bool,
    shown: Vec<String>,
}

fn read(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{page}: {error}"))
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (line, text) in (1..).zip(page.lines()) {
        match &mut open {
            None => {
                let mark = text.strip_prefix("```console").map(|mark| mark.trim().to_owned());
                open = mark.map(|mark| Block { mark, steps: Vec::new() });
            }
            Some(_) if text == "```" => blocks.extend(open.take()),
            Some(block) => match (text.strip_prefix("$ "), block.steps.last_mut()) {
                (Some(words), _) => {
                    let command = words.strip_suffix(" &").unwrap_or(words).to_owned();
                    let background = words.ends_with(" &");
                    block.steps.push(Step { line, command, background, shown: Vec::new() });
                }
                (None, Some(step)) => step.shown.push(text.to_owned()),
                (None, None) => panic!("line {line}: a console block begins with a command"),
            },
        }
    }
    assert!(open.is_none(), "a console block does not end");
    blocks
}

/// Runs all blocks of a page, at the same time, and fails with all that they print otherwise than shown.
fn holds(page: &str) {
    let blocks = blocks(&read(page));
    assert!(!blocks.is_empty(), "{page} has no console block");
    let stale: String = thread::scope(|scope| {
        let plays: Vec<_> = blocks.iter().map(|block| scope.spawn(|| play_twice(page, block))).collect();
        plays.into_iter().map(|play| play.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    assert!(stale.is_empty(), "the page (-) is not what is printed (+):\n{stale}");
}

/// Runs a block, and once more where it differs from the page: somebody on this machine may have knocked at its ports
/// (a scan finds every listener). What differs both times.
fn play_twice(page: &str, block: &Block) -> String {
    let stale = play(page, block);
    if stale.is_empty() {
        return stale;
    }
    let _ = std::io::stderr().write_all(format!("TRIED AGAIN:{stale}").as_bytes()); // past the capture
    play(page, block)
}

/// Runs a block. What differs from the page.
fn play(page: &str, block: &Block) -> String {
    if let Some(why) = barred(block) {
        needs::skip(&format!("{page}, line {}: {why}", block.steps[0].line));
        return String::new();
    }
    let place = tempfile::tempdir().expect("a temporary directory");
    let ports = Ports::free(block);
    let mut behind = Vec::new();
    let mut stale = String::new();
    for step in &block.steps {
        if step.background {
            behind.push((step, begin(step, &ports, place.path())));
        } else {
            let printed = screen(&ports.there(&step.command), place.path()).run().stderr;
            stale += &difference(page, step, &ports.back(&printed));
        }
    }
    for (step, run) in behind {
        let before: Vec<_> = step.shown.iter().take_while(|line| !line.contains(INTERRUPTED)).cloned().collect();
        run.told_until(|told| matches(&before, &lines(&ports.back(told))));
        run.end_group();
        stale += &difference(page, step, &ports.back(&run.finish().stderr));
    }
    stale
}

/// Why a block cannot run here.
fn barred(block: &Block) -> Option<String> {
    let words = |step: &Step| step.command.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let missing =
        block.steps.iter().flat_map(words).find(|word| PEERS.contains(&&**word) && needs::find(word).is_none());
    match missing {
        _ if block.mark == "no_run" => Some("it is marked no_run".into()),
        Some(_) if needs::required() => None, // and fails
        missing => missing.map(|program| format!("{program} is not installed")),
    }
}

/// A command, both of whose outputs come as one.
fn screen(command: &str, place: &Path) -> Program {
    let bin = Path::new(NSOCK).parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let script = format!("cd '{}' && exec 1>&2\n{command}", place.display());
    shell(&script).env("PATH", &format!("{bin}:{path}")).group()
}

/// Starts a command, and waits until it listens, or stands connected, if the page says so.
fn begin(step: &Step, ports: &Ports, place: &Path) -> Run {
    let command = ports.there(&step.command);
    let tells = step.shown.first().is_some_and(|line| READY.iter().any(|ready| line.starts_with(ready)));
    if tells {
        let run = screen(&command, place).spawn();
        run.told_until(|told| !told.is_empty());
        run
    } else if command.contains("nsock -l") || command.contains("nsock -u -l") {
        let file = PortFile::new();
        let words = format!("nsock --port-file '{}' ", file.path.display());
        let run = screen(&command.replacen("nsock ", &words, 1), place).spawn();
        file.port();
        run
    } else {
        screen(&command, place).spawn()
    }
}

/// The ports of a block, and free ones in their place: all as far from those as the first, so that ranges stay ranges.
struct Ports {
    named: HashSet<u16>,
    shift: u16,
}

impl Ports {
    fn free(block: &Block) -> Self {
        static SERVICES: LazyLock<String> =
            LazyLock::new(|| std::fs::read_to_string("/etc/services").unwrap_or_default());
        static TAKEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
        let mut named = HashSet::new();
        for word in block.steps.iter().flat_map(|step| step.command.split([' ', ',', ':'])) {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
                named.extend((first..=last).filter(|port| (1024..EPHEMERAL).contains(port)));
            }
        }
        let highest = named.iter().max().copied().unwrap_or_default();
        let first = 3_000 + u16::try_from(std::process::id() % 9_000).expect("a remainder");
        let mut taken = TAKEN.lock().expect("no thread panics with it");
        let taken = taken.get_or_insert_default();
        let free = |port: u16| {
            !taken.contains(&port)
                && !SERVICES.contains(&format!("{port}/"))
                && TcpListener::bind(("0.0.0.0", port)).is_ok()
                && UdpSocket::bind(("0.0.0.0", port)).is_ok()
        };
        let mut shifts = first..EPHEMERAL - highest;
        let shift = shifts.find(|shift| named.iter().all(|port| free(port + shift))).expect("free ports");
        taken.extend(named.iter().map(|port| port + shift));
        Self { named, shift }
    }

    /// What is run for what is shown.
    fn there(&self, text: &str) -> String {
        renumber(text, |port| self.named.contains(&port).then(|| port + self.shift))
    }

    /// What is shown for what was printed.
    fn back(&self, text: &str) -> String {
        renumber(text, |port| port.checked_sub(self.shift).filter(|port| self.named.contains(port)))
    }
}

/// From here on the kernel chooses.
const EPHEMERAL: u16 = 32_768;

/// Changes numbers of a text that are words of their own.
fn renumber(text: &str, change: impl Fn(u16) -> Option<u16>) -> String {
    words(
        text,
        |c| c.is_alphanumeric() || c == '.',
        |word| match word.parse().ok().and_then(&change) {
            Some(number) => number.to_string(),
            None => word.to_owned(),
        },
    )
}

/// Changes each word of a text, a word being made of such characters.
fn words(text: &str, is_word: impl Fn(char) -> bool, mut change: impl FnMut(&str) -> String) -> String {
    let mut changed = String::new();
    let mut rest = text;
    while let Some(from) = rest.find(&is_word) {
        changed += &rest[..from];
        rest = &rest[from..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        changed += &change(&rest[..end]);
        rest = &rest[end..];
    }
    changed + rest
}

/// The lines of a text without what no two runs have in common.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(plain).collect()
}

fn plain(line: &str) -> String {
    let line = match line.split_once(" (and :: ") {
        Some((line, _)) => line.to_owned(), // not every machine has IPv6
        None => line.replace('\r', ""),
    };
    let line = words(
        &line,
        |c| c.is_ascii_alphanumeric() || ".-:/".contains(c),
        |word| match word {
            "B/s" | "KiB/s" | "MiB/s" | "GiB/s" => "RATE".into(),
            _ if word.len() > 19 && word.contains('T') && word.matches(':').count() == 2 => "DATE".into(),
            _ => words(word, |c| c.is_ascii_alphanumeric() || c == '.', varying),
        },
    );
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A word that is a time, a measured number or a port that the kernel chose, made the same in each run.
fn varying(word: &str) -> String {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number = digits.parse::<f64>().is_ok();
    match &word[digits.len()..] {
        "ms" | "s" | "m" if number => "TIME".into(),
        "" if number && digits.contains('.') => "NUMBER".into(),
        "" if digits.parse().is_ok_and(|port: u16| port >= EPHEMERAL) => "PORT".into(),
        _ => word.to_owned(),
    }
}

/// Whether a page's lines, with its `...`, are these.
fn matches(page: &[String], printed: &[String]) -> bool {
    match page.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "..." => (0..=printed.len()).any(|from| matches(rest, &printed[from..])),
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(line, others)| alike(&plain(first), line) && matches(rest, others))
        }
    }
}

/// Whether a page's line, with its `…`, is this one.
fn alike(page: &str, printed: &str) -> bool {
    match page.split_once('…') {
        Some((head, tail)) => printed.strip_prefix(head).is_some_and(|rest| {
            let mut ends = rest.char_indices().map(|(at, _)| &rest[at..]).chain([""]);
            ends.any(|end| alike(tail, end))
        }),
        None => page == printed,
    }
}

fn difference(page: &str, step: &Step, printed: &str) -> String {
    if matches(&step.shown, &lines(printed)) {
        return String::new();
    }
    let mut text = format!("\n{page}, line {}: $ {}\n", step.line, step.command);
    for line in &step.shown {
        let _ = writeln!(text, "- {line}");
    }
    for line in printed.lines() {
        let _ = writeln!(text, "+ {}", line.replace('\r', ""));
    }
    text
}
