//! Every answering mode, fed on a clock that is stepped: however the bytes are cut between two steps, it answers the
//! same at each; what it says is bounded, it is never stuck, and without a delay it says what a plain reading of the
//! stream gives. Input: mode, flags, template, greeting-like stop word (a line each), steps of bytes and time, then the
//! bytes.
#![no_main]

use std::rc::Rc;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use nsock::session::stop_word::SILENCE;
use nsock::session::{MODES, Mode, Out, Reaction, Script, Session, Template};
use nsock_fuzz::{Input, cut};

/// What a session says before it wants to be emptied, and the longest message.
const ENOUGH: usize = 64 * 1024;

/// What a run of the target may feed.
const MOST: usize = ENOUGH + 1_000;

const SILENT: u64 = SILENCE.as_millis() as u64;

/// Bytes, and the milliseconds after them.
type Step = (Vec<u8>, u64);

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mode = input.one_of(&[&MODES[0], &MODES[1], &MODES[3]]); // --reply differs from --hello by its texts only
    let flags = input.byte();
    let text = String::from_utf8_lossy(&input.line().iter().copied().take(64).collect::<Vec<_>>()).into_owned();
    let Ok(template) = Template::parse(&text) else {
        return;
    };
    let word = input.line();
    let stop = (flags & 1 > 0).then(|| word.into());
    let delay = Duration::from_millis([0, 0, 30, 1_000][usize::from(flags >> 1 & 3)]);
    let script = Rc::new(Script { greeting: Vec::new(), text: template, stop, delay });
    let lengths = input.lengths();
    let steps = steps(&mut input);

    let whole = talk(mode, &script, &steps, |bytes| vec![bytes]);
    let pieces = talk(mode, &script, &steps, |bytes| cut(bytes, lengths));
    same(mode, &script, &whole, &pieces);
    if steps.iter().map(|(bytes, _)| bytes.len()).sum::<usize>() < 2_000 {
        same(mode, &script, &whole, &talk(mode, &script, &steps, |bytes| bytes.chunks(1).collect()));
    }
    if delay.is_zero() && !(mode.flag == "echo" && script.stop.is_some()) {
        assert_eq!(whole.concat(), plain(mode, &script, &steps));
    }
    for (bytes, _) in &steps {
        datagram(mode, &script, bytes);
    }
});

/// Steps of the bytes that are left; some of them many times over.
fn steps(input: &mut Input<'_>) -> Vec<Step> {
    let (mut steps, mut total) = (Vec::new(), 0);
    while !input.0.is_empty() && steps.len() < 32 {
        let pause = input.one_of(&[0, 0, 1, SILENT - 1, SILENT, SILENT + 1, 1_000, 5_000]);
        let (many, bytes) = (input.byte(), input.few());
        let times = match many {
            255 if bytes.contains(&b'\n') => 1_500, // enough that the answers are too long to be given at once
            255 => MOST,
            254 => 100,
            _ => 1,
        };
        let bytes = bytes.repeat(times.min((MOST - total) / bytes.len().max(1)));
        total += bytes.len();
        steps.push((bytes, pause));
    }
    steps
}

/// What the session says at each step, and after the end.
fn talk<'a>(
    mode: &Mode,
    script: &Rc<Script>,
    steps: &'a [Step],
    cut: impl Fn(&'a [u8]) -> Vec<&'a [u8]>,
) -> Vec<Vec<u8>> {
    let mut talk = Talk::new(mode, script);
    let mut said = Vec::new();
    for (bytes, pause) in steps {
        cut(bytes).into_iter().for_each(|piece| talk.hear(piece));
        talk.pass(*pause);
        said.push(talk.said());
    }
    while !talk.untaken.is_empty() && !talk.finished {
        let at = talk.session.deadline().expect("what is not taken has its time");
        talk.pass((at - talk.now).as_millis() as u64);
    }
    if !talk.finished {
        let mut out = Out::default();
        talk.session.end(talk.now, &mut out);
        talk.say(out, 0);
        talk.pass(script.delay.as_millis() as u64);
    }
    assert!(talk.finished, "the talk is over after its end");
    said.push(talk.said());
    said
}

/// A talk with a session, as a server has it: what is not taken is offered again.
struct Talk {
    session: Box<dyn Session>,
    /// The most that one answer can be, beside the bytes that came.
    longest: usize,
    now: Instant,
    untaken: Vec<u8>,
    heard: usize,
    ticks: usize,
    out: Vec<u8>,
    finished: bool,
}

impl Talk {
    fn new(mode: &Mode, script: &Rc<Script>) -> Self {
        let filled = |message: &[u8]| {
            let mut answer = Vec::new();
            script.text.fill(message, &mut answer);
            answer.len()
        };
        let places = filled(b"x") - filled(b"");
        let session = (mode.begin)(Rc::clone(script));
        Self {
            session,
            longest: filled(b"") + places * ENOUGH + 2,
            now: Instant::now(),
            untaken: Vec::new(),
            heard: 0,
            ticks: 0,
            out: Vec::new(),
            finished: false,
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.untaken.extend_from_slice(bytes);
        self.heard += bytes.len();
        self.offer();
    }

    fn offer(&mut self) {
        let mut at = 0;
        while at < self.untaken.len() && !self.finished {
            let mut out = Out::default();
            let offered = &self.untaken[at..];
            let taken = self.session.data(offered, self.now, &mut out);
            assert!(taken <= offered.len());
            let stalled = taken == 0 && out.bytes.is_empty();
            self.say(out, taken);
            at += taken;
            if stalled {
                let waits = self.session.deadline().is_some_and(|at| at > self.now);
                assert!(self.finished || waits, "it is stuck");
                break;
            }
        }
        self.untaken.drain(..at);
    }

    /// Time passes, with every deadline in it kept.
    fn pass(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        while let Some(at) = self.session.deadline().filter(|&at| at <= until && !self.finished) {
            self.now = self.now.max(at);
            self.ticks += 1;
            assert!(self.ticks <= 2 * self.heard + 2, "it ticks for nothing");
            let mut out = Out::default();
            self.session.tick(self.now, &mut out);
            self.say(out, 0);
            self.offer();
        }
        self.now = until;
    }

    fn say(&mut self, out: Out, taken: usize) {
        assert!(out.bytes.len() <= taken.max(ENOUGH) + self.longest, "{} bytes at once", out.bytes.len());
        self.out.extend(out.bytes);
        self.finished |= out.finished;
    }

    fn said(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

/// The same was said at each step. Echo does not know of the first part of the word that it is one, and echoes it.
fn same(mode: &Mode, script: &Script, whole: &[Vec<u8>], pieces: &[Vec<u8>]) {
    match &script.stop {
        Some(word) if mode.flag == "echo" => {
            let (whole, pieces) = (whole.concat(), pieces.concat());
            let more = pieces.strip_prefix(&whole[..]).expect("the same, and more");
            let word = [word, &b"\r"[..]].concat();
            assert!(word.starts_with(more), "{more:?}");
        }
        _ => assert_eq!(whole, pieces),
    }
}

/// What is to be said of a whole stream, where nothing is thought about.
fn plain(mode: &Mode, script: &Script, steps: &[Step]) -> Vec<u8> {
    let mut said = Vec::new();
    for stretch in stretches(steps) {
        match mode.flag {
            "echo" => said.extend(stretch),
            "discard" => {}
            _ => {
                for message in stretch.split_inclusive(|&byte| byte == b'\n').flat_map(|line| line.chunks(ENOUGH)) {
                    let (text, end) = split_end(message);
                    if script.stop.as_deref().is_some_and(|word| is_word(message, word)) {
                        return said;
                    }
                    script.text.fill(text, &mut said);
                    said.extend(end);
                }
            }
        }
    }
    said
}

/// The bytes between silences.
fn stretches(steps: &[Step]) -> Vec<Vec<u8>> {
    let (mut stretches, mut silent) = (vec![Vec::new()], 0);
    for (bytes, pause) in steps {
        if !bytes.is_empty() {
            if silent >= SILENT {
                stretches.push(Vec::new());
            }
            silent = 0;
            stretches.last_mut().expect("one").extend(bytes);
        }
        silent += pause;
    }
    stretches
}

fn split_end(line: &[u8]) -> (&[u8], &[u8]) {
    let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
    line.split_at(text.len())
}

fn is_word(message: &[u8], word: &[u8]) -> bool {
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    message.strip_suffix(b"\r").unwrap_or(message) == word
}

/// A datagram is answered by itself, or ends the talk.
fn datagram(mode: &Mode, script: &Rc<Script>, bytes: &[u8]) {
    let mut out = Vec::new();
    let reaction = (mode.begin)(Rc::clone(script)).datagram(bytes, &mut out);
    let (text, end) = split_end(bytes);
    let stops = script.stop.as_deref().is_some_and(|word| is_word(bytes, word));
    let expected = match mode.flag {
        _ if stops => (Reaction::Leave, Vec::new()),
        "echo" => (Reaction::Answer, bytes.to_vec()),
        "discard" => (Reaction::Silence, Vec::new()),
        _ => {
            let mut answer = Vec::new();
            script.text.fill(text, &mut answer);
            answer.extend(end);
            (Reaction::Answer, answer)
        }
    };
    assert_eq!((reaction, out), expected);
}
