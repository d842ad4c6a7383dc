//! The local end of a conversation: where what is sent comes from, and where what comes goes.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::{Endpoint, Kind};
use crate::io::stdio;
use crate::logic::side::Stdin;
use crate::plan::Output;

/// stdin, and stdout or the file in its place.
#[derive(Debug)]
pub struct Local {
    /// Where what is sent comes from; none where nothing is, or any more.
    pub stdin: Option<Endpoint>,
    /// Where what comes goes; none once the peer has ended.
    pub stdout: Option<Endpoint>,
    /// What that is called.
    pub sink: Object,
}

impl Local {
    /// Neither stdin nor stdout: they are left alone.
    pub fn none() -> Self {
        Self { stdin: None, stdout: None, sink: Object::stdout() }
    }

    /// Opens what the plan says: stdin, where it is read at all, and where what comes goes.
    ///
    /// # Errors
    /// The file that cannot be written.
    pub fn open(stdin: bool, output: &Output) -> Result<Self, Failure> {
        let (sink, stdout) = match output {
            Output::Stdout => (Object::stdout(), Ok(stdio::stdout())),
            Output::Nowhere => (Object::File("/dev/null".into()), Endpoint::null()),
            Output::File(path) => (Object::File(path.clone()), create(path)),
        };
        match stdout {
            Ok(stdout) => Ok(Self { stdin: stdin.then(stdio::stdin), stdout: Some(stdout), sink }),
            Err(error) => Err(Failure::system(Deed::Write, sink, &error, Exit::Local)),
        }
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

fn create(path: &Path) -> io::Result<Endpoint> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    options.custom_flags(libc::O_NONBLOCK); // a FIFO without a reader is an error, not a wait
    options.open(path).map(Endpoint::file)
}
