//! The body of a request: a text, a file or stdin, and what is known of its length before it is read.

use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::Endpoint;
use crate::io::stdio;
use crate::session::http::Content;
use crate::value::data::Data;

/// A body that is to be sent.
pub(super) struct Body {
    /// What of it is here already.
    pub(super) text: Vec<u8>,
    /// Where the rest comes from.
    pub(super) source: Option<Endpoint>,
    /// What that is.
    pub(super) name: Object,
    pub(super) content: Content,
}

impl Body {
    /// Opens it.
    ///
    /// # Errors
    /// The file that cannot be opened.
    pub(super) fn open(data: Option<Data>) -> Result<Self, Failure> {
        let stdin = || Object::Named("stdin".into());
        match data {
            None => Ok(Self { text: Vec::new(), source: None, name: stdin(), content: Content::None }),
            Some(Data::Text(text)) => {
                let content = Content::Length(text.len() as u64);
                Ok(Self { text: text.into_bytes(), source: None, name: stdin(), content })
            }
            Some(Data::Stdin) => Ok(Self::from(stdio::stdin(), stdin())),
            Some(Data::File(path)) => match Endpoint::open(&path) {
                Ok(file) => Ok(Self::from(file, Object::File(path))),
                Err(error) => Err(Failure::system(Deed::Read, Object::File(path), &error, Exit::Local)),
            },
        }
    }

    fn from(source: Endpoint, name: Object) -> Self {
        let content = match source.file_offset() {
            Some(offset) => match source.left().0 {
                // Files that the kernel makes up (/proc) have no size, and bytes nevertheless.
                0 if source.read_at(&mut [0], offset).is_ok_and(|count| count > 0) => Content::Unknown,
                length => Content::Length(length),
            },
            None => Content::Unknown,
        };
        Self { text: Vec::new(), source: Some(source), name, content }
    }
}
