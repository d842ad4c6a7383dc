//! The machine that is fed an answer, cut anywhere, and says what of it is body, what is to be told, and when it is
//! whole. It holds a head until that has ended, [`HEAD_LIMIT`] bytes at most, and nothing of the body.

use super::HEAD_LIMIT;
use super::chunks::{Chunks, Piece};
use super::gather::Gather;
use super::head::{Field, Head};
use super::length::{Length, length};
use super::wrong::Wrong;

/// An answer under way.
#[derive(Debug)]
pub struct Response {
    /// Whether the answer has no body whatever it says, since HEAD was asked.
    bodiless: bool,
    /// Whether its bytes are shown as they come, instead of the body.
    raw: bool,
    stage: Stage,
    head: Gather,
    /// So much of memory may heads and trailers still need.
    room: usize,
    wrong: Option<Wrong>,
    /// Not all was shown of what is no answer.
    cut: bool,
}

#[derive(Debug)]
enum Stage {
    Head,
    /// A body as it is: so many bytes, or to the peer's end.
    Plain(Option<u64>),
    Chunked(Box<Chunks>),
    /// It is no answer, or nobody can say where its body ends: so many bytes are shown still.
    Adrift(usize),
    Over,
}

/// What there is to show and to tell.
#[derive(Debug, Default)]
pub struct Out {
    /// Bytes for stdout.
    pub shown: Vec<u8>,
    /// In order; before any of the bytes that came behind it is shown.
    pub told: Vec<Told>,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A head, of an interim answer (1xx) or the final one.
    Head(Head),
    /// The fields after the last chunk, where there are some.
    Trailers(Vec<Field>),
}

impl Response {
    /// An answer that has not begun.
    pub fn new(bodiless: bool, raw: bool) -> Self {
        let (stage, head) = (Stage::Head, Gather::default());
        Self { bodiless, raw, stage, head, room: HEAD_LIMIT, wrong: None, cut: false }
    }

    /// Bytes came. How many of them are the answer's: others come after its end.
    pub fn data(&mut self, bytes: &[u8], out: &mut Out) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && !self.is_over() {
            taken += self.step(&bytes[taken..], out);
        }
        taken
    }

    /// Whether what comes next is a body as it is, which may be shown without being looked at; and how much of it,
    /// where that is known. Then [`passed`](Self::passed) is to be told.
    pub fn pass(&self) -> Option<Option<u64>> {
        match self.stage {
            Stage::Plain(left) => Some(left),
            _ => None,
        }
    }

    /// So much of a body was shown without being looked at.
    pub fn passed(&mut self, count: u64) {
        if let Stage::Plain(Some(left)) = &mut self.stage {
            *left = left.saturating_sub(count);
            if *left == 0 {
                self.stage = Stage::Over;
            }
        }
    }

    /// The peer has ended.
    pub fn end(&mut self, out: &mut Out) {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let wrong = match stage {
            Stage::Plain(None) | Stage::Over | Stage::Adrift(_) => return,
            Stage::Plain(Some(left)) => Wrong::EndInBody(left),
            Stage::Chunked(chunks) => chunks.lacking(),
            Stage::Head if self.head.is_empty() => Wrong::Nothing,
            Stage::Head => {
                self.give_head_back(out);
                Wrong::EndInHead
            }
        };
        self.wrong = Some(wrong);
    }

    /// Whether nothing more belongs to it: it is whole, or cannot be followed any further.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Whether it is no answer, or its end is unknown: it is worth a look, and not worth waiting for.
    pub fn is_adrift(&self) -> bool {
        matches!(self.stage, Stage::Adrift(_))
    }

    /// Whether more of what is no answer came than is worth a look.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// What is wrong with it.
    pub fn wrong(&self) -> Option<&Wrong> {
        self.wrong.as_ref()
    }

    /// How many bytes it holds.
    pub fn held(&self) -> usize {
        match &self.stage {
            Stage::Chunked(chunks) => chunks.held(),
            _ => self.head.held(),
        }
    }

    /// Takes a piece, at least a byte unless it is over by then.
    fn step(&mut self, bytes: &[u8], out: &mut Out) -> usize {
        match &mut self.stage {
            Stage::Head => self.step_head(bytes, out),
            Stage::Plain(left) => {
                let count =
                    left.map_or(bytes.len(), |left| bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
                out.shown.extend_from_slice(&bytes[..count]);
                self.passed(count as u64);
                count
            }
            Stage::Chunked(chunks) => match chunks.step(bytes, &mut self.room) {
                Ok(piece) => {
                    let (Piece::Data(count) | Piece::Frame(count)) = piece;
                    if self.raw || matches!(piece, Piece::Data(_)) {
                        out.shown.extend_from_slice(&bytes[..count]);
                    }
                    self.end_chunks(out);
                    count
                }
                Err(wrong) => {
                    self.break_off(wrong, out);
                    0
                }
            },
            &mut Stage::Adrift(left) => {
                let count = bytes.len().min(left);
                out.shown.extend_from_slice(&bytes[..count]);
                self.drift(left - count);
                count
            }
            Stage::Over => 0,
        }
    }

    fn step_head(&mut self, bytes: &[u8], out: &mut Out) -> usize {
        let (count, head) = self.head.step(bytes, &mut self.room);
        if self.raw {
            out.shown.extend_from_slice(&bytes[..count]);
        }
        match head {
            Ok(None) => {}
            Ok(Some(head)) => self.end_head(head, out),
            Err(wrong) => self.lose_way(wrong, out),
        }
        count
    }

    /// A head is whole: it says what follows.
    fn end_head(&mut self, head: Head, out: &mut Out) {
        self.head.take();
        let length = length(&head, self.bodiless);
        let interim = head.is_interim();
        out.told.push(Told::Head(head));
        self.stage = match length {
            _ if interim => Stage::Head,
            Ok(Length::Exactly(0)) => Stage::Over,
            Ok(Length::Exactly(length)) => Stage::Plain(Some(length)),
            Ok(Length::ToEnd) => Stage::Plain(None),
            Ok(Length::Chunked) => Stage::Chunked(Box::new(Chunks::new())),
            Err(wrong) => return self.lose_way(wrong, out),
        };
    }

    fn end_chunks(&mut self, out: &mut Out) {
        let Stage::Chunked(chunks) = &self.stage else { return };
        if !chunks.is_done() {
            return;
        }
        match chunks.trailers() {
            Ok(trailers) => {
                out.told.extend((!trailers.is_empty()).then_some(Told::Trailers(trailers)));
                self.stage = Stage::Over;
            }
            Err(wrong) => self.break_off(wrong, out),
        }
    }

    /// It cannot be followed: what came and comes is shown as it is, for who wants to see what it is.
    fn lose_way(&mut self, wrong: Wrong, out: &mut Out) {
        self.give_head_back(out);
        self.wrong = Some(wrong);
        self.drift(self.room);
    }

    /// So many bytes more are shown of what is no answer.
    fn drift(&mut self, left: usize) {
        self.cut = left == 0;
        self.stage = if self.cut { Stage::Over } else { Stage::Adrift(left) };
    }

    /// Its chunks make no sense: no more of it is body. As it is it may still be seen.
    fn break_off(&mut self, wrong: Wrong, out: &mut Out) {
        if self.raw {
            return self.lose_way(wrong, out);
        }
        self.wrong = Some(wrong);
        self.stage = Stage::Over;
    }

    /// Shows the bytes of a head that is none.
    fn give_head_back(&mut self, out: &mut Out) {
        let head = self.head.take();
        if !self.raw {
            out.shown.extend_from_slice(&head);
        }
    }
}
