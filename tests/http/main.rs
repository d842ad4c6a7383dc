//! The raw HTTP request against servers made of plain sockets: what is sent, what of the answer comes out, what is
//! told, and how hostile servers, slow readers and time limits end it. Real servers are in `http_peers.rs`.

mod answer;
mod body;
#[path = "../common/mod.rs"]
mod common;
mod request;
mod told;
mod wrong;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

pub(crate) use common::*;

/// nsock asking a server of this host.
fn ask(port: u16, args: &[&str]) -> Program {
    nsock(&["--http"]).args(args).args([format!("http://{HOST}:{port}/page")])
}

/// Reads a request's head.
fn head(mut stream: &TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).expect("receive"), 1, "the request ended within its head");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head of text")
}

/// Answers one request with these bytes, then keeps the connection until the client has left. The request's head.
fn keeps(answer: impl Into<Vec<u8>>) -> Server<String> {
    let answer = answer.into();
    server(move |mut stream| {
        let head = head(&stream);
        let _ = stream.write_all(&answer); // a client may have seen enough
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest); // nor be polite
        assert_eq!(rest, b"", "nothing follows the request");
        head
    })
}

/// The same, and then ends.
fn ends(answer: impl Into<Vec<u8>>) -> Server<()> {
    let answer = answer.into();
    server(move |mut stream| {
        head(&stream);
        stream.write_all(&answer).expect("send");
        half_close(&stream);
        slurp(&stream);
    })
}

fn ok(body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// What a request of these arguments is answered with, when the server keeps the connection.
#[track_caller]
fn answered(args: &[&str], answer: impl Into<Vec<u8>>) -> Outcome {
    let server = keeps(answer);
    let outcome = ask(server.port, args).run();
    server.join();
    outcome
}
