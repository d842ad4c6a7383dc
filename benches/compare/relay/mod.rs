//! Bytes from one process to another, the same tool at both ends; a line there and back; datagrams into a listener.

pub(crate) mod bare;
mod queue;
mod roster;
mod shower;
mod start;
mod transfer;

use clap::ValueEnum;

use crate::contest;
use crate::payload::Payloads;
use crate::settings::Settings;
use crate::summary::{self, Row};
use crate::tool;
use shower::Shower;
use start::Start;
use transfer::{Ends, Sink, Source, Transfer};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Work {
    /// File to TCP to null.
    #[value(name = "relay.file-null")]
    FileNull,
    /// Pipe to TCP to null.
    #[value(name = "relay.pipe-null")]
    PipeNull,
    /// Pipe to TCP to pipe.
    #[value(name = "relay.pipe-pipe")]
    PipePipe,
    /// File to Unix stream socket to null.
    #[value(name = "relay.unix-null")]
    UnixNull,
    /// A line there and back over TCP, whole process.
    #[value(name = "relay.start")]
    Start,
    /// A datagram there and back, whole process.
    #[value(name = "relay.udp-ask")]
    UdpAsk,
    /// Datagrams into a listener, as fast as it takes them.
    #[value(name = "relay.udp-receive")]
    UdpReceive,
}

pub(crate) fn rows(settings: &Settings, payloads: &Payloads) -> Vec<Row> {
    let tools = tool::installed(&roster::ROSTER, &settings.only);
    let carry = |source, way, sink| {
        let ends = Ends { source, way, sink };
        Ok(contest::hold(&tools, settings.runs, &Transfer::new(ends, settings, payloads.both()?)))
    };
    let ask = |way| Ok(contest::hold(&tools, settings.runs, &Start::new(settings, way)?));
    summary::rows(settings, |work| match work {
        Work::FileNull => carry(Source::File, transfer::Way::Tcp, Sink::Null),
        Work::PipeNull => carry(Source::Pipe, transfer::Way::Tcp, Sink::Null),
        Work::PipePipe => carry(Source::Pipe, transfer::Way::Tcp, Sink::Pipe),
        Work::UnixNull => carry(Source::File, transfer::Way::Unix, Sink::Null),
        Work::Start => ask(start::Way::Tcp),
        Work::UdpAsk => ask(start::Way::Udp),
        Work::UdpReceive => Ok(contest::hold(&tools, settings.runs, &Shower::new(settings))),
    })
}
