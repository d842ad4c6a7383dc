//! `http://user:password@host:port/path?query` as users write it, with or without its scheme (RFC 3986), made fit for a
//! request: what a request line cannot hold is percent-encoded, and user and password become a field.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::address::Host;
use super::peer::Proto;
use super::port;

/// What a target may not hold as it is (RFC 3986 sections 3.3 and 3.4). A percent sign stays: what was encoded is.
const UNFIT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

const PORT: u16 = 80;

/// Where to ask, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Whom.
    pub host: Host,
    /// Where.
    pub port: u16,
    /// The field Host: without the port where that is the usual one.
    pub authority: String,
    /// Path and query.
    pub target: String,
    /// The field Authorization, where a user was named (RFC 7617).
    pub authorization: Option<String>,
}

impl Url {
    /// Parses a URL.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = without_scheme(text)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = place_of(place).map_err(|why| format!("'{text}': {why}"))?;
        let shown = match &host {
            Host::Name(name) => name.to_string(),
            Host::Ip(ip) if ip.is_ipv4() => ip.to_string(),
            Host::Ip(ip) => format!("[{ip}]"),
            Host::Scoped(ip, _) => format!("[{ip}]"), // the scope is ours, and means nothing to the server (RFC 6874)
        };
        Ok(Self {
            authority: if port == PORT { shown } else { format!("{shown}:{port}") },
            host,
            port,
            target: target(path),
            authorization: user.map(basic),
        })
    }
}

fn without_scheme(text: &str) -> Result<&str, String> {
    let name = |scheme: &str| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => Ok(rest),
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
            Err(format!("'{text}': nsock speaks no TLS yet; try http://, or openssl s_client"))
        }
        Some((scheme, _)) if name(scheme) => Err(format!("'{text}': --http speaks http:// only, not {scheme}://")),
        _ => match text.split_once(":/") {
            Some((scheme @ ("http" | "https"), rest)) => {
                Err(format!("'{text}' lacks a slash: write {scheme}://{rest}"))
            }
            _ => Ok(text),
        },
    }
}

/// Host and port of an authority without its user.
fn place_of(place: &str) -> Result<(Host, u16), String> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    if host.contains(':') && !host.starts_with('[') {
        return Err("an IPv6 address stands in brackets: [::1]".into());
    }
    // %25 is how a scope's percent sign is written in a URL (RFC 6874); a name stays as it is.
    let scope = usize::from(host.starts_with('['));
    let host = Host::parse(&host.replacen("%25", "%", scope))?;
    if let Host::Name(name) = &host
        && !name.is_ascii()
    {
        return Err("a name of other than ASCII letters needs its xn-- form".into());
    }
    let port = match port {
        None | Some("") => PORT,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port::parse(port, Proto::Tcp)?,
        Some(port) => return Err(format!("'{port}' is no port")),
    };
    match port {
        0 => Err("nobody can be connected to on port 0".into()),
        port => Ok((host, port)),
    }
}

/// Path and query, without the fragment, which is the reader's own.
fn target(path: &str) -> String {
    let path = path.split('#').next().unwrap_or_default();
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", utf8_percent_encode(path, UNFIT))
}

fn basic(user: &str) -> String {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let mut bytes: Vec<u8> = percent_decode_str(user).collect();
    bytes.push(b':');
    bytes.extend(percent_decode_str(password));
    format!("Basic {}", STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host, port, Host and target of a URL.
    fn parsed(text: &str) -> (String, u16, String, String) {
        let url = Url::parse(text).expect(text);
        (url.host.text(), url.port, url.authority, url.target)
    }

    #[test]
    fn every_form_is_understood() {
        for (text, host, port, authority, target) in [
            ("http://host/", "host", 80, "host", "/"),
            ("HTTP://host", "host", 80, "host", "/"),
            ("host", "host", 80, "host", "/"),
            ("host:80/a", "host", 80, "host", "/a"),
            ("host:/a", "host", 80, "host", "/a"),
            ("host:8080", "host", 8080, "host:8080", "/"),
            ("192.0.2.7/a/b?c=d&e#f", "192.0.2.7", 80, "192.0.2.7", "/a/b?c=d&e"),
            ("http://host?a=http://b", "host", 80, "host", "/?a=http://b"),
            ("host/a?b=ftp://c", "host", 80, "host", "/a?b=ftp://c"),
            ("[::1]", "::1", 80, "[::1]", "/"),
            ("http://[::1]:8080/", "::1", 8080, "[::1]:8080", "/"),
            ("http://[fe80::1%25lo]/", "fe80::1%lo", 80, "[fe80::1]", "/"),
            ("[fe80::1%lo]:81", "fe80::1%lo", 81, "[fe80::1]:81", "/"),
            ("a%25b", "a%25b", 80, "a%25b", "/"),
        ] {
            assert_eq!(parsed(text), (host.into(), port, authority.into(), target.into()), "{text}");
        }
    }

    #[test]
    fn what_must_be_is_percent_encoded() {
        assert_eq!(parsed("h/a b\"<>\\^`{|}é%20%").3, "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%C3%A9%20%");
        assert_eq!(parsed("h/a\r\nHost: evil").3, "/a%0D%0AHost:%20evil");
        assert_eq!(parsed("h/!$&'()*+,;=:@-._~[]?/?").3, "/!$&'()*+,;=:@-._~[]?/?");
    }

    #[test]
    fn a_user_becomes_basic_authorization() {
        for (user, authorization) in [
            ("Aladdin:open%20sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("user", "Basic dXNlcjo="),
            ("a@b:c:d", "Basic YUBiOmM6ZA=="),
        ] {
            let url = Url::parse(&format!("http://{user}@host/")).expect(user);
            assert_eq!(url.authorization.as_deref(), Some(authorization), "{user}");
            assert_eq!(url.authority, "host");
        }
    }

    #[test]
    fn what_is_no_url_says_why() {
        for (text, why) in [
            ("https://host/", "no TLS yet"),
            ("ftp://host/", "not ftp://"),
            ("http:/x", "write http://x"),
            ("http:/x/http://y", "write http://x/http://y"),
            ("", "HOST is empty"),
            ("http:///a", "HOST is empty"),
            ("host:http/", "'http' is no port"),
            ("host:99999", "over 65535"),
            ("host:0", "port 0"),
            ("::1", "in brackets"),
            ("[::1", "closing bracket"),
            ("[::1]x", "closing bracket"),
            ("a b/", "has ' '"),
            ("bücher.example", "xn--"),
        ] {
            let error = Url::parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
