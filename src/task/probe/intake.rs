//! A file or stdin that is read whole before the probe begins: the list of hosts, or what UDP ports are asked with.

use std::io;
use std::path::PathBuf;

use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::{Endpoint, Io};
use crate::io::stdio;
use crate::task::Cx;

/// More than this is no list of hosts.
const LIMIT: usize = 64 << 20;

/// What is being read.
pub(super) struct Intake {
    endpoint: Endpoint,
    name: Object,
    bytes: Vec<u8>,
}

impl Intake {
    /// Reads a file, or what its name leads to.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn file(path: PathBuf) -> Result<Self, Failure> {
        let opened = Endpoint::open(&path);
        let name = Object::File(path);
        match opened {
            Ok(endpoint) => Ok(Self { endpoint, name, bytes: Vec::new() }),
            Err(error) => Err(Failure::system(Deed::Read, name, &error, Exit::Local)),
        }
    }

    /// Reads stdin.
    pub(super) fn stdin() -> Self {
        Self { endpoint: stdio::stdin(), name: Object::Named("stdin".into()), bytes: Vec::new() }
    }

    /// Has the loop tell when there is something to read.
    ///
    /// # Errors
    /// It cannot be watched.
    pub(super) fn watch(&mut self, cx: &mut Cx<'_>, source: usize) -> Result<(), Failure> {
        self.endpoint.watch(cx.watch, source).map_err(|error| self.failed(&error))
    }

    pub(super) fn endpoint(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    /// What it is about.
    pub(super) fn name(&self) -> &Object {
        &self.name
    }

    /// Reads what there is. The whole, once that is here.
    ///
    /// # Errors
    /// It cannot be read, or is too long.
    pub(super) fn read(&mut self, cx: &mut Cx<'_>) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            match self.endpoint.read(cx.scratch) {
                Ok(Io::Moved(count)) => self.bytes.extend_from_slice(&cx.scratch[..count]),
                Ok(Io::Blocked) => return Ok(None),
                Ok(Io::End) => return Ok(Some(std::mem::take(&mut self.bytes))),
                Err(error) => return Err(self.failed(&error)),
            }
            if self.bytes.len() > LIMIT {
                let reason = format!("it is longer than {} MiB", LIMIT >> 20);
                return Err(Failure::new(Deed::Read, self.name.clone(), reason, Exit::Local));
            }
        }
    }

    pub(super) fn close(self, cx: &mut Cx<'_>) {
        self.endpoint.close(cx.watch);
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::system(Deed::Read, self.name.clone(), error, Exit::Local)
    }
}
