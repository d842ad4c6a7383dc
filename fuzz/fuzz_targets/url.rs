//! URLs: what is read says what was typed, written plainly reads the same, and holds nothing that would end a line or
//! split the request line. Input: the URL.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use nsock::value::address::Host;
use nsock::value::url::Url;
use percent_encoding::percent_decode_str;

fuzz_target!(|text: &str| {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(why) => return assert!(!why.is_empty()),
    };
    is_plain(&url.authority, "/?#@,");
    is_plain(&url.target, "#");
    assert!(url.target.starts_with('/'), "{}", url.target);
    assert_eq!(Url::parse(&written(&url)), Ok(Url { authorization: None, ..url.clone() }));

    let rest = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("http://") => &text[7..],
        _ => text,
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    assert!(names(place, &url), "{place}");
    let path = path.split_once('#').map_or(path, |(path, _)| path);
    let slash = if path.starts_with('/') { "" } else { "/" };
    assert_eq!(decoded(&url.target), decoded(&format!("{slash}{path}")));
    assert_eq!(url.authorization.map(credentials), user.map(typed));
});

/// Fit for the head of a request.
fn is_plain(text: &str, without: &str) {
    assert!(!text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !without.contains(c)), "{text:?}");
}

/// A URL as a user might write it, with its port.
fn written(Url { host, port, target, .. }: &Url) -> String {
    let host = match host {
        Host::Scoped(ip, scope) => format!("[{ip}%25{scope}]"),
        Host::Ip(ip) if ip.is_ipv6() => format!("[{ip}]"),
        host => host.text(),
    };
    format!("HTTP://{host}:{port}{target}")
}

/// Whether a place as it was typed is that of a URL, and of the field Host.
fn names(place: &str, url: &Url) -> bool {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, digits.parse().unwrap_or(80))
        }
        _ => (place, 80),
    };
    let shown = match &url.host {
        Host::Name(name) => name.to_string(),
        Host::Ip(ip) if ip.is_ipv4() => ip.to_string(),
        Host::Ip(ip) => format!("[{ip}]"),
        Host::Scoped(ip, _) => format!("[{ip}]"),
    };
    let known = match &url.host {
        Host::Name(name) => **name == *host,
        Host::Ip(ip) => {
            host.trim_matches(['[', ']']).parse().is_ok_and(|typed: std::net::IpAddr| typed.to_canonical() == *ip)
        }
        Host::Scoped(ip, scope) => {
            let bare = host[1..host.len() - 1].replacen("%25", "%", 1);
            bare.split_once('%').is_some_and(|(addr, typed)| addr.parse() == Ok(*ip) && *typed == **scope)
        }
    };
    let usual = if port == 80 { String::new() } else { format!(":{port}") };
    known && port == url.port && url.authority == shown + &usual
}

/// User and password of a field Authorization.
fn credentials(field: String) -> Vec<u8> {
    is_plain(&field.replacen(' ', "", 1), "");
    STANDARD.decode(field.strip_prefix("Basic ").expect("the scheme")).expect("base64")
}

fn typed(user: &str) -> Vec<u8> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    [&decoded(name)[..], b":", &decoded(password)].concat()
}

fn decoded(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}
