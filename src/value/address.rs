//! HOST, ADDR and HOST:PORT as users write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use super::peer::Addr;

/// A host, before anything was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A numeric address.
    Ip(IpAddr),
    /// An IPv6 address of one link, `fe80::1%eth0`: address and interface, by name or number.
    Scoped(Ipv6Addr, Rc<str>),
    /// A name to resolve.
    Name(Rc<str>),
}

/// The IP version that the user allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Both.
    Any,
    /// `-4`
    V4,
    /// `-6`
    V6,
}

impl Family {
    /// Whether an address is of this family.
    pub const fn admits(self, addr: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => addr.is_ipv4(),
            Self::V6 => addr.is_ipv6(),
        }
    }

    /// Why an address will not do, said of it as `it is ...`; none where it is of this family.
    pub fn unfit(self, addr: IpAddr) -> Option<String> {
        (!self.admits(addr)).then(|| format!("no {} address", self.name()))
    }

    /// The family's name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "IP",
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

impl Host {
    /// Parses an address or a name, with or without brackets round an IPv6 address.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bare = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(|| format!("'{text}' lacks the closing bracket"))?,
            None => text,
        };
        if let Ok(ip) = bare.parse() {
            return Ok(Self::Ip(plain(ip)));
        }
        if let Some((addr, scope)) = bare.split_once('%')
            && let Ok(addr) = addr.parse()
        {
            // As Linux has it (dev_valid_name).
            let odd = |c: char| c.is_control() || c.is_whitespace() || c == '/';
            return match (scope, scope.chars().find(|&c| odd(c))) {
                ("", _) => Err(format!("'{text}' names no interface after %")),
                (_, Some(c)) => Err(format!("'{text}' has {c:?}, which no name of an interface has")),
                _ => Ok(Self::Scoped(addr, scope.into())),
            };
        }
        if bare.len() < text.len() || bare.contains(':') {
            return Err(format!("'{text}' is no IPv6 address"));
        }
        let odd = |c: char| c.is_control() || c.is_whitespace() || "/@,?#".contains(c);
        if bare.is_empty() {
            return Err("HOST is empty".into());
        }
        if let Some(c) = bare.chars().find(|&c| odd(c)) {
            return Err(format!("'{bare}' has {c:?}, which no host name has"));
        }
        Ok(Self::Name(bare.into()))
    }

    /// The numeric address; none where a name is yet to be looked up.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Scoped(ip, _) => Some(IpAddr::V6(*ip)),
            Self::Name(_) => None,
        }
    }

    /// The text to show for it.
    pub fn text(&self) -> String {
        match self {
            Self::Ip(ip) => ip.to_string(),
            Self::Scoped(ip, scope) => format!("{ip}%{scope}"),
            Self::Name(name) => name.to_string(),
        }
    }
}

/// An IPv4 address in IPv6's clothes (`::ffff:192.0.2.7`) is an IPv4 address.
fn plain(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Splits `HOST:PORT` and `[v6]:PORT`; none where the word has no port or is a bare IPv6 address.
pub fn split_port(word: &str) -> Option<(&str, &str)> {
    let (host, port) = word.rsplit_once(':')?;
    let bracketed = host.starts_with('[') && host.ends_with(']');
    (bracketed || !host.contains(':')).then_some((host, port))
}

/// The wildcard addresses that a family listens on when none is given.
pub fn wildcards(family: Family, port: u16) -> Vec<Addr> {
    [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]
        .into_iter()
        .filter(|&addr| family.admits(addr))
        .map(|addr| SocketAddr::new(addr, port).into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Host {
        Host::Name(text.into())
    }

    #[test]
    fn addresses_and_names_are_told_apart() {
        let ip = |text: &str| Host::Ip(text.parse().expect("an address"));
        assert_eq!(Host::parse("192.0.2.7"), Ok(ip("192.0.2.7")));
        assert_eq!(Host::parse("::1"), Ok(ip("::1")));
        assert_eq!(Host::parse("[::1]"), Ok(ip("::1")));
        assert_eq!(Host::parse("::ffff:192.0.2.7"), Ok(ip("192.0.2.7")));
        assert_eq!(Host::parse("example.org"), Ok(name("example.org")));
        assert_eq!(
            Host::parse("fe80::1%eth0"),
            Ok(Host::Scoped("fe80::1".parse().expect("an address"), "eth0".into()))
        );
    }

    #[test]
    fn what_is_no_host_says_why() {
        for (text, why) in [
            ("", "empty"),
            ("[::1", "closing bracket"),
            ("[example]", "no IPv6 address"),
            ("1::2::3", "no IPv6 address"),
            ("fe80::1%", "no interface"),
            ("fe80::1%a b", "has ' '"),
            ("fe80::1%\u{1b}[2J", "has '\\u{1b}'"),
            ("a b", "has ' '"),
            ("http://example", "no IPv6 address"),
            ("a/24", "has '/'"),
            ("a\u{1b}[2J", "has '\\u{1b}'"),
        ] {
            let error = Host::parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_port_is_split_off_where_there_is_one() {
        assert_eq!(split_port("host:80"), Some(("host", "80")));
        assert_eq!(split_port("[::1]:80"), Some(("[::1]", "80")));
        assert_eq!(split_port("::1"), None);
        assert_eq!(split_port("host"), None);
    }
}
