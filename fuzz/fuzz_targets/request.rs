//! The head of a request: another reader finds in it what was asked for, and nothing else. Input: what is known of the
//! body, method, URL, then fields.
#![no_main]

use std::sync::LazyLock;

use httparse::{EMPTY_HEADER, Status};
use libfuzzer_sys::fuzz_target;
use nsock::session::http::{Content, Field, Given, Request, is_token};
use nsock::value::url::Url;
use nsock_fuzz::Input;

static AGENT: LazyLock<String> =
    LazyLock::new(|| format!("nsock/{}", nsock::cli::command().get_version().expect("a version")));

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let content = input.one_of(&[Content::None, Content::Length(5), Content::Length(u64::MAX), Content::Unknown]);
    let (method, url) = (input.text(), input.text());
    let (true, Ok(url)) = (is_token(&method), Url::parse(&url)) else {
        return;
    };
    let mut given = Vec::new();
    while !input.0.is_empty() && given.len() < 16 {
        let begin =
            input.one_of(&["", "transfer-encoding:", "Transfer-Encoding: chunked", "Content-length:", "host: "]);
        match Given::parse(&(begin.to_owned() + &input.text())) {
            Ok(field) => given.push(field),
            Err(why) => assert!(!why.is_empty()),
        }
    }
    let Url { target, authority: host, authorization, .. } = url;
    let request = Request { method, target, host, authorization, given };
    let fields = request.fields(content);
    reads_back(&request, &fields);
    assert_eq!(sorted(&fields), sorted(&expected(&request, content)));
    assert!(fields.iter().skip(1).zip(&fields).all(|(field, before)| !is(field, "Host") || is(before, "Host")));
    assert_eq!(request.is_chunked(content), content != Content::None && last_coding(&fields) == "chunked");
});

/// The head is the request, to a reader that knows nothing of ours.
fn reads_back(request: &Request, fields: &[Field]) {
    let head = request.head(fields);
    let text = str::from_utf8(&head).expect("text");
    assert_eq!(text.split("\r\n").count(), fields.len() + 3);
    assert!(!text.replace("\r\n", "").contains(|c: char| c.is_ascii_control() && c != '\t'), "{text:?}");
    let mut headers = vec![EMPTY_HEADER; fields.len()];
    let mut read = httparse::Request::new(&mut headers);
    assert_eq!(read.parse(&head), Ok(Status::Complete(head.len())), "{text:?}");
    assert_eq!((read.method, read.path), (Some(&*request.method), Some(&*request.target)));
    let read = read.headers.iter().map(|field| (field.name, field.value));
    assert!(read.eq(fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))), "{text:?}");
}

/// What is to be sent: the user's fields, and of ours what they do not name.
fn expected(request: &Request, content: Content) -> Vec<Field> {
    let (mut fields, mut named) = (Vec::new(), Vec::new());
    for given in &request.given {
        match given {
            Given::Field(field) => {
                fields.push(field.clone());
                named.push(&field.0);
            }
            Given::Without(name) => named.push(name),
        }
    }
    let says = |name: &str| fields.iter().any(|field| is(field, name));
    let length = match content {
        _ if says("Transfer-Encoding") => None,
        Content::Length(length) => Some(("Content-Length", length.to_string())),
        Content::Unknown if says("Content-Length") => None,
        Content::Unknown => Some(("Transfer-Encoding", "chunked".into())),
        Content::None if ["POST", "PUT", "PATCH"].contains(&&*request.method) => Some(("Content-Length", "0".into())),
        Content::None => None,
    };
    let ours = [
        Some(("Host", request.host.clone())),
        Some(("Connection", "close".into())),
        Some(("User-Agent", AGENT.clone())),
        Some(("Accept", "*/*".into())),
        request.authorization.clone().map(|value| ("Authorization", value)),
        length,
    ];
    let ours =
        ours.into_iter().flatten().filter(|(name, _)| !named.iter().any(|known| known.eq_ignore_ascii_case(name)));
    fields.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    fields
}

/// The last transfer coding, of all the fields that list some (RFC 9110 section 5.3).
fn last_coding(fields: &[Field]) -> String {
    let last = fields.iter().rfind(|field| is(field, "Transfer-Encoding"));
    let last = last.and_then(|(_, value)| value.rsplit(',').next()).unwrap_or_default();
    last.trim_matches([' ', '\t']).to_ascii_lowercase()
}

fn is((known, _): &Field, name: &str) -> bool {
    known.eq_ignore_ascii_case(name)
}

fn sorted(fields: &[Field]) -> Vec<Field> {
    let mut fields = fields.to_vec();
    fields.sort();
    fields
}
