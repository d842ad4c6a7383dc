//! Every rule of requests and answers; each answer is fed at every split point.

use proptest::prelude::*;

use super::*;

/// What came of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    shown: String,
    statuses: Vec<u16>,
    trailers: Vec<Field>,
    wrong: Option<Wrong>,
    over: bool,
    /// Bytes that are not the answer's.
    after: usize,
}

/// Feeds pieces, and the peer's end where it is asked for.
fn feed(mut response: Response, pieces: &[&[u8]], end: bool) -> Seen {
    let mut out = Out::default();
    let mut after = 0;
    for piece in pieces {
        after += piece.len() - response.data(piece, &mut out);
        assert!(response.held() <= HEAD_LIMIT);
    }
    if end && !response.is_over() {
        response.end(&mut out);
    }
    let mut seen = Seen {
        shown: String::from_utf8_lossy(&out.shown).into_owned(),
        wrong: response.wrong().cloned(),
        over: response.is_over(),
        after,
        ..Seen::default()
    };
    for told in out.told {
        match told {
            Told::Head(head) => seen.statuses.push(head.status),
            Told::Trailers(fields) => seen.trailers = fields,
        }
    }
    seen
}

/// Feeds an answer at every split point in two and byte by byte; it must be the same every time.
#[track_caller]
fn fed(bytes: &str, begin: impl Fn() -> Response, end: bool) -> Seen {
    let bytes = bytes.as_bytes();
    let whole = feed(begin(), &[bytes], end);
    for cut in 0..=bytes.len() {
        let (first, second) = bytes.split_at(cut);
        assert_eq!(feed(begin(), &[first, second], end), whole, "cut at {cut}");
    }
    assert_eq!(feed(begin(), &bytes.chunks(1).collect::<Vec<_>>(), end), whole, "byte by byte");
    whole
}

/// An answer to GET, with the peer's end.
#[track_caller]
fn get(bytes: &str) -> Seen {
    fed(bytes, || Response::new(false, false), true)
}

/// The same, and the peer never ends.
#[track_caller]
fn kept(bytes: &str) -> Seen {
    fed(bytes, || Response::new(false, false), false)
}

#[track_caller]
fn raw(bytes: &str) -> Seen {
    fed(bytes, || Response::new(false, true), false)
}

fn page(shown: &str) -> Seen {
    Seen { shown: shown.into(), statuses: vec![200], over: true, ..Seen::default() }
}

fn broken(shown: &str, wrong: Wrong) -> Seen {
    Seen { wrong: Some(wrong), ..page(shown) }
}

// ---- the end of a body ----

#[test]
fn a_body_ends_after_its_content_length_though_the_connection_stays() {
    assert_eq!(kept("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), page("hello"));
    assert_eq!(kept("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), page(""));
    assert_eq!(kept("HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello"), page("hello"));
    assert_eq!(kept("HTTP/1.0 200 OK\nContent-Length: 5\n\nhello"), page("hello"));
    assert_eq!(kept("HTTP/1.1 200\r\nContent-Length: 5, 5\r\nContent-Length: 05\r\n\r\nhello"), page("hello"));
}

#[test]
fn without_a_length_the_peers_end_is_the_bodys() {
    assert_eq!(get("HTTP/1.1 200 OK\r\n\r\nhello\r\n"), page("hello\r\n"));
    assert_eq!(get("HTTP/1.1 200 OK\r\n\r\n"), page(""));
    assert!(!kept("HTTP/1.1 200 OK\r\n\r\nhello").over);
    assert_eq!(get("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello"), page("hello"));
}

#[test]
fn chunks_are_put_together() {
    for head in ["Transfer-Encoding: chunked", "transfer-encoding: gzip, CHUNKED", "Transfer-Encoding: chunked\r\nA: b"]
    {
        let answer = format!(
            "HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nhello\r\n1;a=b;c=\"d\"\r\n \r\n00C \t\r\nworld,\r\nbye\n\r\n0\r\n\r\n"
        );
        assert_eq!(kept(&answer), page("hello world,\r\nbye\n"), "{head}");
    }
}

#[test]
fn trailers_are_told() {
    let seen = kept("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0;x\r\nDigest: b\r\nX:\r\n\r\n");
    let trailers = vec![("Digest".into(), "b".into()), ("X".into(), String::new())];
    assert_eq!(seen, Seen { trailers, ..page("a") });
}

#[test]
fn what_has_no_body_ends_with_its_head_whatever_it_says() {
    for said in ["Content-Length: 9", "Transfer-Encoding: chunked", "Content-Length: 1\r\nContent-Length: 2", "A: b"] {
        for (status, bodiless) in [(200, true), (204, false), (304, false), (101, false)] {
            let answer = format!("HTTP/1.1 {status} Fine\r\n{said}\r\n\r\n");
            let seen = fed(&answer, || Response::new(bodiless, false), false);
            assert_eq!(seen, Seen { statuses: vec![status], ..page("") }, "{answer}");
        }
    }
}

#[test]
fn interim_answers_are_told_and_passed_over() {
    let seen = kept(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    );
    assert_eq!(seen, Seen { statuses: vec![100, 103, 200], ..page("hi") });
    let seen = get("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(seen, Seen { statuses: vec![100], ..broken("", Wrong::Nothing) });
}

#[test]
fn what_comes_after_the_end_is_not_the_answers() {
    let seen = kept("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, there");
    assert_eq!(seen, Seen { after: 7, ..page("hi") });
    let seen = kept("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n");
    assert_eq!(seen, Seen { after: 2, ..page("") });
}

// ---- the bytes as they are ----

#[test]
fn raw_bytes_are_shown_as_they_came_and_end_where_the_answer_does() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nA:  b\r\n c\r\n\r\n",
    ] {
        let seen = raw(answer);
        assert_eq!((seen.shown.as_str(), seen.over, seen.wrong), (answer, true, None));
    }
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhix what then";
    assert_eq!(raw(answer), Seen { over: false, ..broken(answer, Wrong::ChunkEnd) });
}

// ---- what is wrong ----

#[test]
fn an_answer_cut_short_says_where() {
    assert_eq!(get(""), Seen { statuses: vec![], ..broken("", Wrong::Nothing) });
    for head in ["H", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nA: b\r\n"] {
        assert_eq!(get(head), Seen { statuses: vec![], ..broken(head, Wrong::EndInHead) });
    }
    assert_eq!(get("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), broken("hello", Wrong::EndInBody(4)));
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (body, shown) in [("", ""), ("5", ""), ("5\r\nhel", "hel"), ("1\r\na\r\n", "a"), ("1\r\na\r\n0\r", "a")] {
        assert_eq!(get(&format!("{chunked}{body}")), broken(shown, Wrong::EndInChunks), "{body}");
    }
    for trailers in ["", "\r", "A", "A: b\r\n"] {
        let body = format!("{chunked}1\r\na\r\n0\r\n{trailers}");
        assert_eq!(get(&body), broken("a", Wrong::EndInTrailers), "{trailers}");
    }
}

#[test]
fn what_is_not_http_is_shown_as_it_is() {
    for bytes in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "<html>\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "http/1.1 200 OK",
    ] {
        assert_eq!(get(bytes), Seen { statuses: vec![], ..broken(bytes, Wrong::NotHttp) });
        assert!(!kept(bytes).over);
    }
    for bytes in
        ["HTTP/2 200\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 Low\r\n\r\n", "HTTP/1.1 abc\r\nA: b\r\n\r\nhello"]
    {
        assert_eq!(get(bytes), Seen { statuses: vec![], ..broken(bytes, Wrong::StatusLine) });
    }
    for field in ["no colon", "A : b", ": b", "A\u{1}: b", "A: b\u{0}"] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\nhello");
        assert_eq!(get(&bytes), Seen { statuses: vec![], ..broken(&bytes, Wrong::Field) }, "{field}");
    }
}

#[test]
fn lengths_that_contradict_each_other_are_errors() {
    for (fields, wrong) in [
        ("Content-Length: 1\r\nContent-Length: 2", Wrong::Lengths),
        ("Content-Length: 1, 2", Wrong::Lengths),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", Wrong::LengthAndCoding),
        ("Transfer-Encoding: gzip\r\nContent-Length: 5", Wrong::LengthAndCoding),
        ("Content-Length: -5", Wrong::Length("-5".into())),
        ("Content-Length: +5", Wrong::Length("+5".into())),
        ("Content-Length:", Wrong::Length(String::new())),
        ("Content-Length: 5,", Wrong::Length(String::new())),
        ("Content-Length: 0x5", Wrong::Length("0x5".into())),
        ("Content-Length: 5 5", Wrong::Length("5 5".into())),
        ("Content-Length: 18446744073709551616", Wrong::Length("18446744073709551616".into())),
        ("Transfer-Encoding: chunked, gzip", Wrong::Coding("chunked, gzip".into())),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Wrong::Coding("chunked, chunked".into())),
        ("Transfer-Encoding: chunked;q=1", Wrong::Coding("chunked;q=1".into())),
    ] {
        let seen = get(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nhello"));
        assert_eq!(seen, broken("hello", wrong), "{fields}");
    }
    let seen = get("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_eq!(seen.wrong, Some(Wrong::OldCoding));
}

#[test]
fn chunks_that_are_malformed_are_errors() {
    for (body, shown, wrong) in [
        ("-5\r\nhello\r\n", "", Wrong::ChunkSize),
        ("+5\r\nhello\r\n", "", Wrong::ChunkSize),
        ("0x5\r\nhello\r\n", "", Wrong::ChunkSize),
        ("\r\nhello", "", Wrong::ChunkSize),
        (";a\r\n", "", Wrong::ChunkSize),
        (" 5\r\nhello\r\n", "", Wrong::ChunkSize),
        ("5\nhello\r\n", "", Wrong::ChunkSize),
        ("5\rhello\r\n", "", Wrong::ChunkSize),
        ("5;a\nb\r\nhello\r\n", "", Wrong::ChunkSize),
        ("5 5\r\nhello\r\n", "", Wrong::ChunkSize),
        ("10000000000000000\r\nhello\r\n", "", Wrong::ChunkSize),
        ("ffffffffffffffffffff\r\nhello\r\n", "", Wrong::ChunkSize),
        ("2\r\nhello\r\n", "he", Wrong::ChunkEnd),
        ("2\r\nhe\n", "he", Wrong::ChunkEnd),
        ("2\r\nhe\r\rx", "he", Wrong::ChunkEnd),
        ("0\r\nno colon\r\n\r\n", "", Wrong::Trailer),
    ] {
        let seen = kept(&format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));
        assert_eq!(Seen { after: 0, ..seen }, broken(shown, wrong), "{body:?}");
    }
}

#[test]
fn a_chunk_may_be_as_long_as_can_be_counted() {
    let seen = get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello");
    assert_eq!(seen, broken("hello", Wrong::EndInChunks));
}

// ---- what a hostile server can have us hold ----

/// Feeds a piece again and again until the answer is over or so many bytes were fed.
fn feed_on(begin: &[u8], piece: &[u8], limit: usize) -> (Response, Out) {
    let (mut response, mut out) = (Response::new(false, false), Out::default());
    response.data(begin, &mut out);
    let mut fed = 0;
    while !response.is_over() && fed < limit {
        response.data(piece, &mut out);
        assert!(response.held() <= HEAD_LIMIT);
        fed += piece.len();
    }
    (response, out)
}

#[test]
fn nothing_without_an_end_is_held_or_waited_for() {
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long = vec![b'a'; 3 << 20];
    for (begin, piece, wrong) in [
        (&b"HTTP/1.1 200 OK\r\n"[..], &b"A: b\r\n"[..], Wrong::LongHead),
        (b"HTTP/1.1 200 OK\r\nA: ", &long, Wrong::LongHead),
        (b"HTTP/1.1 200 ", b"OK", Wrong::LongHead),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", Wrong::LongHeads),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", b"A: b\r\n", Wrong::LongHeads),
        (b"", b"\x16\x03\x01", Wrong::NotHttp),
        (CHUNKED, b"0", Wrong::ChunkLine),
        (&[CHUNKED, b"1;"].concat(), b"a", Wrong::ChunkLine),
        (&[CHUNKED, b"1"].concat(), b" ", Wrong::ChunkLine),
        (&[CHUNKED, b"0\r\n"].concat(), b"A: b\r\n", Wrong::LongTrailers),
        (&[CHUNKED, b"0\r\nA: "].concat(), b"a", Wrong::LongTrailers),
    ] {
        let (response, out) = feed_on(begin, piece, 8 << 20);
        assert_eq!((response.is_over(), response.wrong()), (true, Some(&wrong)), "{begin:?}");
        assert!(out.shown.len() <= HEAD_LIMIT, "{begin:?}");
    }
}

#[test]
fn what_is_shown_no_further_says_so_however_it_came() {
    for (begin, wrong) in [(&b"HTTP/1.1 200 OK\r\nA: "[..], Wrong::LongHead), (b"", Wrong::NotHttp)] {
        let bytes = [begin, &vec![b'a'; HEAD_LIMIT]].concat();
        for piece in [bytes.len(), 1_000] {
            let (mut response, mut out) = (Response::new(false, false), Out::default());
            bytes.chunks(piece).for_each(|piece| _ = response.data(piece, &mut out));
            assert_eq!((response.wrong(), response.is_cut(), out.shown.len()), (Some(&wrong), true, HEAD_LIMIT));
        }
    }
}

proptest! {
    #[test]
    fn splits_do_not_matter_and_nothing_panics(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..400),
            "HTTP/1\\.[01] [1-5][0-9][0-9] [a-z]{0,3}\r\n(Content-Length: [0-9]{1,2}\r\n){0,2}(Transfer-Encoding: chunked\r\n)?(A: b\r\n c\r\n)?\r\n([0-9a-f]{1,2}(;x)?\r\n[a-z]{0,12}\r\n){0,4}(0\r\n)?(B: c\r\n)?(\r\n)?[a-z]{0,4}"
                .prop_map(String::into_bytes),
        ],
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        bodiless in any::<bool>(),
        raw in any::<bool>(),
        end in any::<bool>(),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let whole = feed(Response::new(bodiless, raw), &[&bytes], end);
        prop_assert_eq!(feed(Response::new(bodiless, raw), &pieces, end), whole);
    }

    #[test]
    fn a_chunked_body_is_what_was_put_in(body in proptest::collection::vec(any::<u8>(), 0..300), size in 1..40_usize) {
        let mut chain = crate::filter::Chain::chunked();
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for piece in body.chunks(size) {
            chain.run(piece, &mut answer);
        }
        chain.end(&mut answer);
        let (mut response, mut out) = (Response::new(false, false), Out::default());
        prop_assert_eq!(response.data(&answer, &mut out), answer.len());
        prop_assert!(response.is_over() && response.wrong().is_none());
        prop_assert_eq!(out.shown, body);
    }
}

// ---- a plain body may pass unseen ----

#[test]
fn a_plain_body_may_be_passed_without_being_looked_at() {
    let (mut response, mut out) = (Response::new(false, false), Out::default());
    response.data(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi", &mut out);
    assert_eq!(response.pass(), Some(Some(8)));
    response.passed(7);
    assert_eq!((response.pass(), response.is_over()), (Some(Some(1)), false));
    response.passed(1);
    assert_eq!((response.pass(), response.is_over()), (None, true));

    let mut response = Response::new(false, false);
    assert_eq!(response.pass(), None);
    response.data(b"HTTP/1.1 200 OK\r\n\r\n", &mut out);
    assert_eq!(response.pass(), Some(None));
    response.passed(1 << 40);
    response.end(&mut out);
    assert_eq!((response.is_over(), response.wrong()), (true, None));
}

// ---- heads ----

#[test]
fn a_head_is_told_as_it_is_with_folded_lines_unfolded() {
    let (mut response, mut out) = (Response::new(true, false), Out::default());
    response.data(b"HTTP/1.1 200 F\xfcr  dich\r\nA:  b \r\nB: c\r\n\t d\r\n\r\n", &mut out);
    let Some(Told::Head(head)) = out.told.pop() else { panic!("a head") };
    assert_eq!((head.line.as_str(), head.reason()), ("HTTP/1.1 200 F\u{fffd}r  dich", "F\u{fffd}r  dich"));
    assert_eq!((head.minor, head.status), (1, 200));
    assert_eq!(head.fields, [("A".into(), "b".into()), ("B".into(), "c d".into())]);
}

// ---- requests ----

fn request(method: &str, given: &[&str]) -> Request {
    Request {
        method: method.into(),
        target: "/a?b".into(),
        host: "h".into(),
        authorization: None,
        given: given.iter().map(|text| Given::parse(text).expect(text)).collect(),
    }
}

/// The head of a request, without the lines that every one has.
fn sent(request: &Request, content: Content) -> String {
    let head = String::from_utf8(request.head(&request.fields(content))).expect("text");
    let ours = format!("Connection: close\r\nUser-Agent: nsock/{}\r\nAccept: */*\r\n", env!("CARGO_PKG_VERSION"));
    assert!(head.contains(&ours), "{head}");
    head.replace(&ours, "").replace("\r\n", "|")
}

#[test]
fn a_request_has_what_a_server_needs() {
    assert_eq!(sent(&request("GET", &[]), Content::None), "GET /a?b HTTP/1.1|Host: h||");
    let named = Request { authorization: Some("Basic eA==".into()), ..request("GET", &[]) };
    assert_eq!(sent(&named, Content::None), "GET /a?b HTTP/1.1|Host: h|Authorization: Basic eA==||");
}

#[test]
fn a_body_is_delimited_by_its_length_or_goes_in_chunks() {
    for (method, given, content, tail, chunked) in [
        ("POST", &[][..], Content::Length(5), "Content-Length: 5||", false),
        ("POST", &[], Content::Unknown, "Transfer-Encoding: chunked||", true),
        ("POST", &[], Content::None, "Content-Length: 0||", false),
        ("DELETE", &[], Content::None, "Host: h||", false),
        ("POST", &["Content-Length: 9"], Content::Length(5), "Content-Length: 9||", false),
        ("POST", &["Content-Length: 9"], Content::Unknown, "Content-Length: 9||", false),
        ("POST", &["Content-Length:"], Content::Length(5), "Host: h||", false),
        ("POST", &["transfer-encoding: Chunked"], Content::Length(5), "transfer-encoding: Chunked||", true),
        ("POST", &["Transfer-Encoding: gzip"], Content::Unknown, "Transfer-Encoding: gzip||", false),
        ("POST", &["Transfer-Encoding: chunked", "Transfer-Encoding: x"], Content::Unknown, "Encoding: x||", false),
        ("POST", &["Content-Length:"], Content::Unknown, "Transfer-Encoding: chunked||", true),
        ("POST", &["Transfer-Encoding:"], Content::Unknown, "Host: h||", false),
    ] {
        let request = request(method, given);
        let head = sent(&request, content);
        assert!(head.ends_with(tail), "{given:?}: {head}");
        assert_eq!(request.is_chunked(content), chunked, "{given:?}");
    }
}

#[test]
fn the_users_fields_replace_ours() {
    let request =
        request("GET", &["host: other", "Accept: a", "accept: b", "user-agent:", "Connection: keep-alive", "X-Y:z"]);
    let head = String::from_utf8(request.head(&request.fields(Content::None))).expect("text");
    let want = "GET /a?b HTTP/1.1|host: other|Accept: a|accept: b|Connection: keep-alive|X-Y: z||";
    assert_eq!(head.replace("\r\n", "|"), want);
}

#[test]
fn a_field_is_one_line() {
    for (text, why) in [
        ("A: b\r\nC: d", "line break"),
        ("A: b\n", "line break"),
        ("A\r: b", "line break"),
        ("A", "colon"),
        (": b", "no name"),
        ("A b: c", "no name"),
        ("A: b\u{0}", "control"),
        ("A: \u{1b}[2J", "control"),
    ] {
        let error = Given::parse(text).expect_err(text);
        assert!(error.contains(why), "{text:?}: {error}");
        assert!(!error.contains(['\n', '\u{1b}']), "{error:?}");
    }
    assert_eq!(Given::parse("A:\tb\tc "), Ok(Given::Field(("A".into(), "b\tc".into()))));
}
