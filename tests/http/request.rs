//! What is sent: the head and its fields, and what is refused before anybody is asked.

use super::*;

#[test]
fn a_request_is_what_a_tutorial_would_write_by_hand() {
    let server = keeps(ok(b""));
    ask(server.port, &[]).run().exits(0);
    let want = format!(
        "GET /page HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nUser-Agent: nsock/{}\r\nAccept: */*\r\n\r\n",
        server.port,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(server.join(), want);
}

#[test]
fn fields_method_user_and_path_are_the_users() {
    let server = keeps(ok(b""));
    let url = format!("me:pass%20word@{HOST}:{}/a b?c=\u{e9}#d", server.port);
    let args = ["--http", "-X", "PURGE", "-H", "Host: example", "-H", "accept:", "-H", "X-A: 1", "-H", "X-A: 2", &url];
    nsock(&args).run().exits(0);
    let want = format!(
        "PURGE /a%20b?c=%C3%A9 HTTP/1.1\r\nHost: example\r\nConnection: close\r\nUser-Agent: nsock/{}\r\n\
         Authorization: Basic bWU6cGFzcyB3b3Jk\r\nX-A: 1\r\nX-A: 2\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(server.join(), want);
}

#[test]
fn the_sending_side_stays_open_and_stdin_is_not_read() {
    let server = server(|mut stream| {
        head(&stream);
        stays_silent(&stream, 0.3);
        stream.write_all(&ok(b"hi")).expect("send");
        slurp(&stream);
    });
    ask(server.port, &[]).stdin_bytes("not for the server").run().exits(0).wrote(b"hi");
    server.join();
}

#[test]
fn an_ipv6_host_stands_in_brackets() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return skipped("this machine has no ::1") };
    let port = listener.local_addr().expect("its address").port();
    let server = task(move || {
        let (mut stream, _) = listener.accept().expect("accept");
        let head = head(&stream);
        stream.write_all(&ok(b"six")).expect("send");
        head
    });
    nsock(&["--http", &format!("[::1]:{port}")]).run().exits(0).wrote(b"six");
    assert!(server.join().contains(&format!("\r\nHost: [::1]:{port}\r\n")));
}

#[test]
fn what_makes_no_sense_is_one_line_and_2() {
    for (line, why) in [
        ("--http", "URL is missing"),
        ("--http https://host/", "no TLS"),
        ("--http ftp://host/", "http:// only, not ftp://"),
        ("--http host 80", "write nsock --http host:80/"),
        ("--http -X CONNECT h", "tunnel"),
        ("--http -X a/b h", "no method"),
        ("--http -H nocolon h", "lacks the colon"),
        ("--http -l 80", "cannot be used with"),
        ("--http -z h 80", "cannot be used with"),
        ("--http -u h", "-u has no meaning beside --http"),
        ("--http -U h", "-U has no meaning beside --http"),
        ("--http -d x", "a body is --data"),
        ("--http -N h", "-N has no meaning beside --http"),
        ("--http -q 1 h", "-q has no meaning beside --http"),
        ("--http -W 1 h", "-W has no meaning beside --http"),
        ("--http -C h", "-C has no meaning beside --http"),
        ("--http -k h", "-k has a meaning only beside -l"),
        ("--http --all h", "--all has a meaning only beside -z"),
        ("--http -4 [::1]", "no IPv4 address"),
        ("-H a:b host 80", "-H has a meaning only beside --http"),
        ("-X GET host 80", "-X has a meaning only beside --http"),
        ("--data x host 80", "--data has a meaning only beside --http"),
        ("--raw host 80", "--raw has a meaning only beside --http"),
        ("-f host 80", "-f has a meaning only beside --http"),
        ("http://host/", "nsock --http http://host/"),
        ("--request GET host", "-X or --method"),
    ] {
        let outcome = nsock(&line.split(' ').collect::<Vec<_>>()).run().exits(2);
        assert!(outcome.one_line().contains(why), "{line}: {}", outcome.stderr);
    }
    let outcome = nsock(&["--http", "-H", "A: b\r\nC: d", "h"]).run().exits(2);
    assert!(outcome.one_line().contains("line break"), "{}", outcome.stderr);
}
