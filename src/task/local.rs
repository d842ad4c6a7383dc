//! The local end of a conversation: where what is sent comes from, and where what comes goes.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

use crate::cli::plan::{Output, Relay};
use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::{Endpoint, Kind};
use crate::io::stdio;
use crate::logic::ends::Stdin;

/// stdin, and stdout or the file in its place.
#[derive(Debug, Default)]
pub struct Local {
    /// Where what is sent comes from; none where nothing is, or any more.
    pub stdin: Option<Endpoint>,
    /// Where what comes goes; none once the peer has ended.
    pub stdout: Option<Endpoint>,
}

impl Local {
    /// Opens what the plan says.
    ///
    /// # Errors
    /// The file that cannot be written.
    pub fn open(relay: &Relay) -> Result<Self, Failure> {
        let stdout = match &relay.output {
            Output::Stdout => stdio::stdout(),
            Output::Nowhere => Endpoint::null()
                .map_err(|error| Failure::system(Deed::Write, Object::File("/dev/null".into()), &error, Exit::Local))?,
            Output::File(path) => OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .custom_flags(libc::O_NONBLOCK) // a FIFO without a reader is an error, not a wait
                .open(path)
                .map(Endpoint::file)
                .map_err(|error| Failure::system(Deed::Write, Object::File(path.clone()), &error, Exit::Local))?,
        };
        Ok(Self { stdin: relay.stdin.then(stdio::stdin), stdout: Some(stdout) })
    }

    /// What stdin is, as far as its end is concerned.
    pub fn kind(&self) -> Stdin {
        match self.stdin.as_ref().map(Endpoint::kind) {
            None => Stdin::Unread,
            Some(Kind::Terminal) => Stdin::Terminal,
            Some(Kind::File | Kind::Device) => Stdin::File,
            Some(Kind::Pipe | Kind::Socket) => Stdin::Pipe,
        }
    }
}
