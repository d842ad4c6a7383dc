//! An HTTP answer: no cut of it matters, nor whether its body is looked at; what is held, shown and told is bounded;
//! and it is whole just where a plain reading finds it whole, with the same body. Input: settings, whether it is long,
//! lengths of pieces, if it is long its begin and what fills it, then the bytes.
#![no_main]

use httparse::{EMPTY_HEADER, ParserConfig, Status};
use libfuzzer_sys::fuzz_target;
use nsock::session::http::{Field, HEAD_LIMIT, Out, Response, Told};
use nsock_fuzz::{Input, cut};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (settings, long) = (input.byte(), input.byte() == 255);
    let settings = Settings { bodiless: settings & 1 > 0, raw: settings & 2 > 0, ends: settings & 4 > 0 };
    let lengths = input.lengths();
    let (begin, filler) = match long {
        true => (input.few(), vec![input.one_of(b"a0 "); HEAD_LIMIT - 2 * usize::from(input.byte())]),
        false => (&[][..], Vec::new()),
    };
    let bytes = [begin, &filler, input.0].concat();

    let whole = settings.feed(false, vec![&bytes]);
    same(&settings.feed(true, cut(&bytes, lengths)), &whole);
    if !long {
        same(&settings.feed(false, cut(&bytes, lengths)), &whole);
        same(&settings.feed(false, bytes.chunks(1).collect()), &whole);
    }
    if settings.raw {
        assert!(whole.shown == bytes[..whole.taken]);
    } else if settings.ends && !long {
        let seen = whole.wrong.is_none().then_some((whole.shown, whole.statuses, whole.trailers, whole.taken));
        assert_eq!(seen, plain(&bytes, settings.bodiless));
    }
});

#[derive(Clone, Copy)]
struct Settings {
    bodiless: bool,
    raw: bool,
    ends: bool,
}

/// What came of an answer.
#[derive(Debug, PartialEq)]
struct Seen {
    shown: Vec<u8>,
    told: Vec<Told>,
    statuses: Vec<u16>,
    trailers: Vec<Field>,
    taken: usize,
    wrong: Option<String>,
    /// Whether it is over, adrift, cut off; and how much of a body may pass.
    state: (bool, bool, bool, Option<Option<u64>>),
}

impl Settings {
    /// What comes of pieces; where the body may pass without being looked at, it does.
    fn feed(self, passing: bool, pieces: Vec<&[u8]>) -> Seen {
        let mut response = Response::new(self.bodiless, self.raw);
        let (mut out, mut taken) = (Out::default(), 0);
        for piece in pieces {
            let count = match response.pass() {
                Some(left) if passing => {
                    let count =
                        left.map_or(piece.len(), |left| usize::try_from(left).unwrap_or(usize::MAX).min(piece.len()));
                    out.shown.extend(&piece[..count]);
                    response.passed(count as u64);
                    count
                }
                _ => response.data(piece, &mut out),
            };
            assert!(count == piece.len() || count < piece.len() && response.is_over(), "what is not over takes all");
            assert!(response.held() <= HEAD_LIMIT);
            taken += count;
        }
        let state = (response.is_over(), response.is_adrift(), response.is_cut(), response.pass());
        if self.ends {
            response.end(&mut out);
            assert!(response.is_over() && response.held() <= HEAD_LIMIT);
        }
        assert!(out.shown.len() <= taken, "more was shown than came");
        let (mut statuses, mut trailers, mut size) = (Vec::new(), Vec::new(), 0);
        for told in &out.told {
            let fields = match told {
                Told::Head(head) => {
                    assert!((100..1_000).contains(&head.status) && head.reason().len() < head.line.len());
                    statuses.push(head.status);
                    size += head.line.len();
                    &head.fields
                }
                Told::Trailers(fields) => {
                    trailers.clone_from(fields);
                    fields
                }
            };
            size += fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        }
        assert!(size <= 3 * taken.min(HEAD_LIMIT), "what is told is of heads and trailers"); // a byte may become U+FFFD
        let wrong = response.wrong().map(ToString::to_string);
        if wrong.is_some() && !self.raw {
            taken = 0; // nobody asks where it ends
        }
        Seen { shown: out.shown, told: out.told, statuses, trailers, taken, wrong, state }
    }
}

fn same(one: &Seen, other: &Seen) {
    let short = |seen: &Seen| (seen.shown.len(), seen.told.len(), seen.taken, seen.wrong.clone(), seen.state);
    assert_eq!(short(one), short(other));
    assert!(one == other, "{one:?} is not {other:?}");
}

/// Body, statuses and trailers of an answer that is whole, and how many bytes it is.
fn plain(bytes: &[u8], bodiless: bool) -> Option<(Vec<u8>, Vec<u16>, Vec<Field>, usize)> {
    let (mut at, mut statuses) = (0, Vec::new());
    loop {
        let rest = &bytes[at..];
        let end = rest.windows(3).position(|end| end[..2] == *b"\n\n" || end == b"\n\r\n").unwrap_or(rest.len());
        let mut headers = vec![EMPTY_HEADER; rest[..end].iter().filter(|&&byte| byte == b'\n').count()];
        let mut head = httparse::Response::new(&mut headers);
        let mut config = ParserConfig::default();
        config.allow_obsolete_multiline_headers_in_responses(true);
        let Ok(Status::Complete(length)) = config.parse_response(&mut head, rest) else { return None };
        at += length;
        let (minor, status) = (head.version?, head.code?);
        let interim = status < 200 && status != 101;
        if !rest.starts_with(b"HTTP/") || status < 100 || at > HEAD_LIMIT || interim && at == HEAD_LIMIT {
            return None;
        }
        statuses.push(status);
        if interim {
            continue;
        }
        let list = |name: &str| -> Vec<String> {
            let fields = head.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
            let items = fields.flat_map(|field| field.value.split(|&byte| byte == b','));
            // A line end within a value is that of a folded line, and a blank.
            items
                .map(|item| String::from_utf8_lossy(item).trim_matches([' ', '\t', '\r', '\n']).to_ascii_lowercase())
                .collect()
        };
        let (lengths, codings) = (list("content-length"), list("transfer-encoding"));
        let rest = &bytes[at..];
        if bodiless || matches!(status, 101 | 204 | 304) {
            return Some((Vec::new(), statuses, Vec::new(), at));
        }
        if lengths.is_empty()
            && !codings.iter().any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "chunked"))
        {
            return (codings.is_empty() || minor == 1).then(|| (rest.to_vec(), statuses, Vec::new(), bytes.len()));
        }
        if codings.is_empty() {
            let numbers: Vec<u64> = lengths.iter().map(|length| number(length, 10)).collect::<Option<_>>()?;
            let length = usize::try_from(numbers[0]).ok().filter(|&length| length <= rest.len())?;
            let same = numbers.iter().all(|number| *number == numbers[0]);
            return same.then(|| (rest[..length].to_vec(), statuses, Vec::new(), at + length));
        }
        let chunked = codings.iter().filter(|coding| coding.starts_with("chunked")).count();
        if minor == 0 || !lengths.is_empty() || chunked > 1 || codings.last().is_none_or(|last| last != "chunked") {
            return None;
        }
        let (body, trailers, length) = unchunked(rest, HEAD_LIMIT - at)?;
        return Some((body, statuses, trailers, at + length));
    }
}

/// Body and trailers of whole chunks, and how many bytes they are.
fn unchunked(bytes: &[u8], room: usize) -> Option<(Vec<u8>, Vec<Field>, usize)> {
    let (mut body, mut rest) = (Vec::new(), bytes);
    loop {
        let end = rest.iter().position(|&byte| byte == b'\r').filter(|&end| end <= 16 * 1024 - 2)?;
        let line = &rest[..end];
        rest = rest[end..].strip_prefix(b"\r\n")?;
        let (size, extension) = line.split_at(line.iter().position(|&byte| byte == b';').unwrap_or(line.len()));
        if extension.iter().any(|&byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
            return None;
        }
        let size = usize::try_from(number(str::from_utf8(size).ok()?.trim_end_matches([' ', '\t']), 16)?).ok()?;
        if size == 0 {
            break;
        }
        body.extend(rest.get(..size)?);
        rest = rest[size..].strip_prefix(b"\r\n")?;
    }
    let mut headers = vec![EMPTY_HEADER; rest.iter().filter(|&&byte| byte == b'\n').count()];
    let Ok(Status::Complete((length, fields))) = httparse::parse_headers(rest, &mut headers) else { return None };
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let trailers = fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
    (length <= room).then_some((body, trailers, bytes.len() - rest.len() + length))
}

/// A number of digits alone.
fn number(digits: &str, radix: u32) -> Option<u64> {
    u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))
}
