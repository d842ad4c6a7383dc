//! What is asked: the request line, the fields, and how the body is delimited (RFC 9112 sections 3 to 6). The user's
//! fields replace ours, also where that makes no sense: they may want to see what comes of it.

use super::head::Field;

/// Who asks.
const AGENT: &str = concat!("nsock/", env!("CARGO_PKG_VERSION"));

/// A request, but for its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub method: String,
    /// With what: path and query, fit for the request line.
    pub target: String,
    /// Whose it is, as the field Host has it.
    pub host: String,
    /// Who we say we are.
    pub authorization: Option<String>,
    /// The user's fields.
    pub given: Vec<Given>,
}

/// A field of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Send it, and none of ours of its name.
    Field(Field),
    /// Send none of this name.
    Without(String),
}

/// A body, as far as the head has to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// Nobody knows how much.
    Unknown,
}

impl Given {
    /// Parses `K: V`, or `K:` for a field that is not to be sent.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains(['\r', '\n']) {
            return Err(format!("{text:?} has a line break, and would be more than one field"));
        }
        let Some((name, value)) = text.split_once(':') else {
            return Err(format!("'{text}' lacks the colon of 'NAME: VALUE'"));
        };
        let value = value.trim_matches([' ', '\t']);
        if !is_token(name) {
            return Err(format!("'{name}' is no name of a field"));
        }
        if value.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return Err(format!("{value:?} has a control character"));
        }
        Ok(match value.is_empty() {
            true => Self::Without(name.to_owned()),
            false => Self::Field((name.to_owned(), value.to_owned())),
        })
    }

    fn name(&self) -> &str {
        match self {
            Self::Field((name, _)) | Self::Without(name) => name,
        }
    }
}

impl Request {
    /// Every field, in the order they are sent.
    pub fn fields(&self, content: Content) -> Vec<Field> {
        let length = match content {
            _ if self.says("Transfer-Encoding") => None,
            Content::Length(length) => Some(("Content-Length", length.to_string())),
            Content::Unknown if self.says("Content-Length") => None,
            Content::Unknown => Some(("Transfer-Encoding", "chunked".into())),
            // A server may wait for the body of a method that has one by nature (RFC 9110 section 8.6).
            Content::None if ["POST", "PUT", "PATCH"].contains(&self.method.as_str()) => {
                Some(("Content-Length", "0".into()))
            }
            Content::None => None,
        };
        let ours = [
            Some(("Host", self.host.clone())),
            Some(("Connection", "close".into())),
            Some(("User-Agent", AGENT.into())),
            Some(("Accept", "*/*".into())),
            self.authorization.clone().map(|value| ("Authorization", value)),
            length,
        ];
        let ours =
            ours.into_iter().flatten().filter(|(name, _)| !self.given.iter().any(|given| is(given.name(), name)));
        let theirs = self.given.iter().filter_map(|given| match given {
            Given::Field(field) => Some(field.clone()),
            Given::Without(_) => None,
        });
        let mut fields: Vec<Field> = ours.map(|(name, value)| (name.to_owned(), value)).collect();
        fields.extend(theirs);
        // Servers look at Host first (RFC 9110 section 7.2).
        fields.sort_by_key(|(name, _)| !is(name, "Host"));
        fields
    }

    /// Whether the body goes in chunks.
    pub fn is_chunked(&self, content: Content) -> bool {
        let fields = self.fields(content);
        let codings = fields.iter().rfind(|(name, _)| is(name, "Transfer-Encoding"));
        let last = codings.and_then(|(_, value)| value.rsplit(',').next()).unwrap_or_default();
        content != Content::None && is(last.trim_matches([' ', '\t']), "chunked")
    }

    /// The head as it is sent.
    pub fn head(&self, fields: &[Field]) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in fields {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        head.into_bytes()
    }

    /// Whether its answer has no body whatever it says (RFC 9110 section 9.3.2).
    pub fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// Whether the user gives this field a value.
    fn says(&self, name: &str) -> bool {
        self.given.iter().any(|given| matches!(given, Given::Field((known, _)) if is(known, name)))
    }
}

/// Whether a text can be a method or the name of a field (RFC 9110 section 5.6.2).
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
