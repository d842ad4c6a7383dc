//! Whom to probe: hosts joined by commas, networks, hosts with ports of their own, or a list of them in a file. No file
//! is read here, and no name looked up; a network stays two numbers, however many addresses it means.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::address::{Host, split_port};
use super::data::Data;
use super::ports::{Ports, Reader};

/// Somebody to probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Who.
    pub who: Who,
    /// Their own ports; those of the command line where there are none.
    pub ports: Option<Ports>,
}

/// Who is probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An address, or a name that may have several.
    Host(Host),
    /// Every address of a network.
    Net(Net),
}

/// Addresses that follow one another, those of a network (CIDR): all of them, the first and the last too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// The first.
    pub first: IpAddr,
    /// How many, at most 2^32.
    pub count: u64,
}

/// What the first word of a probe means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Whom to probe.
    Targets(Vec<Target>),
    /// A file that lists them, to be read and given to [`parse_list`].
    File(PathBuf),
    /// stdin lists them.
    Stdin,
}

/// Parses the first word of a probe.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn parse(word: &OsStr, reader: &Reader) -> Result<Word, String> {
    let mut known = HashMap::new();
    Ok(match Data::parse(word)? {
        Data::Stdin => Word::Stdin,
        Data::File(file) => Word::File(file),
        Data::Text(hosts) => {
            let targets = items(&hosts).into_iter().map(|item| target(item, reader, &mut known));
            Word::Targets(targets.collect::<Result<_, _>>()?)
        }
    })
}

/// Parses a list: one target a line, of which blank ones and what follows a `#` are skipped.
///
/// # Errors
/// A sentence that says which line is wrong, and why.
pub fn parse_list(bytes: &[u8], reader: &Reader) -> Result<Vec<Target>, String> {
    let (mut targets, mut known) = (Vec::new(), HashMap::new());
    for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = str::from_utf8(line).map_err(|_| format!("line {}: not UTF-8 text", number + 1))?;
        let line = line.split('#').next().unwrap_or_default().trim_start_matches('\u{feff}').trim();
        if !line.is_empty() {
            targets.push(target(line, reader, &mut known).map_err(|why| format!("line {}: {why}", number + 1))?);
        }
    }
    match targets.is_empty() {
        true => Err("no host is listed".into()),
        false => Ok(targets),
    }
}

/// Splits hosts at commas. After ports of a host's own (`a:22,80,b`) a number is one more of them, since no host is
/// called so; a name is the next host.
fn items(word: &str) -> Vec<&str> {
    let (mut found, mut start) = (Vec::new(), 0);
    for (comma, _) in word.match_indices(',') {
        let next = word[comma + 1..].split(',').next().unwrap_or_default();
        let numeric = !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if !(numeric && split_port(&word[start..comma]).is_some()) {
            found.push(&word[start..comma]);
            start = comma + 1;
        }
    }
    found.push(&word[start..]);
    found
}

/// Parses `HOST`, `HOST:PORTS` or `[v6]:PORTS`, where HOST may be a network.
/// `known`: lists of ports that were read before; many hosts have the same.
fn target<'a>(text: &'a str, reader: &Reader, known: &mut HashMap<&'a str, Ports>) -> Result<Target, String> {
    if text.contains("://") {
        return Err(format!("'{text}' is a URL, not a host"));
    }
    let (host, ports) = match split_port(text) {
        Some((host, words)) => {
            let ports = match known.get(words) {
                Some(ports) => ports.clone(),
                None => reader.read([words]).map_err(|why| format!("{text}: {why}"))?,
            };
            known.insert(words, ports.clone());
            (host, Some(ports))
        }
        None => (text, None),
    };
    let who = match host.contains('/') {
        true => Who::Net(net(host)?),
        false => Who::Host(Host::parse(host)?),
    };
    Ok(Target { who, ports })
}

/// Parses a network. Bits after its prefix are no mistake: `10.0.0.7/24` is the network of that host.
fn net(text: &str) -> Result<Net, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let net: IpNet =
        bare.parse().map_err(|_| format!("'{text}' is no network; write 10.0.0.0/28 or 2001:db8::/120"))?;
    let bits = net.max_prefix_len() - net.prefix_len();
    if bits > 32 {
        return Err(format!(
            "'{text}' has 2^{bits} addresses; a probe takes 2^32 at most, /{}",
            net.max_prefix_len() - 32
        ));
    }
    Ok(Net { first: net.network(), count: 1 << bits })
}

impl Who {
    /// An address of theirs that tells the IP version; none where a name is yet to be looked up.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Host(host) => host.ip(),
            Self::Net(net) => Some(net.first),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => f.write_str(&host.text()),
            Self::Net(net) => {
                let bits = if net.first.is_ipv4() { 32 } else { 128 };
                write!(f, "{}/{}", net.first, bits - net.count.trailing_zeros())
            }
        }
    }
}

impl Net {
    /// The address with this place, counted from 0.
    pub fn nth(&self, place: u64) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => IpAddr::V4((u32::from(first).wrapping_add(place as u32)).into()),
            IpAddr::V6(first) => IpAddr::V6(Ipv6Addr::from(u128::from(first).wrapping_add(place.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::peer::Proto;

    fn reader() -> Reader {
        Reader::new(Proto::Tcp, None).expect("a reader")
    }

    fn targets(word: &str) -> Vec<Target> {
        match parse(word.as_ref(), &reader()) {
            Ok(Word::Targets(targets)) => targets,
            other => panic!("{word}: {other:?}"),
        }
    }

    /// Targets, written again.
    fn shown(targets: &[Target]) -> Vec<String> {
        let ports = |ports: &Ports| ports.iter().map(|port| port.to_string()).collect::<Vec<_>>().join(",");
        let who = |who: &Who| match who {
            Who::Host(Host::Name(name)) => format!("name {name}"),
            Who::Host(_) => who.to_string(),
            Who::Net(net) => format!("{}+{}", net.first, net.count),
        };
        let own = |target: &Target| target.ports.as_ref().map_or(String::new(), |own| format!(" {}", ports(own)));
        targets.iter().map(|target| who(&target.who) + &own(target)).collect()
    }

    #[test]
    fn hosts_are_joined_by_commas() {
        assert_eq!(shown(&targets("host")), ["name host"]);
        assert_eq!(shown(&targets("a,192.0.2.7,::1")), ["name a", "192.0.2.7", "::1"]);
        assert_eq!(shown(&targets("fe80::1%eth0,[::2]")), ["fe80::1%eth0", "::2"]);
        assert_eq!(shown(&targets("::ffff:192.0.2.7")), ["192.0.2.7"]);
    }

    #[test]
    fn a_host_may_have_ports_of_its_own() {
        assert_eq!(shown(&targets("a:80")), ["name a 80"]);
        assert_eq!(shown(&targets("a:80,b,c:http")), ["name a 80", "name b", "name c 80"]);
        assert_eq!(shown(&targets("a:22,80-82,b")), ["name a 22,80,81,82", "name b"]);
        assert_eq!(shown(&targets("a:22,10.0.0.1,5")), ["name a 22", "10.0.0.1", "name 5"]);
        assert_eq!(shown(&targets("[::1]:22,80")), ["::1 22,80"]);
        assert_eq!(shown(&targets("10.0.0.0/30:22")), ["10.0.0.0+4 22"]);
        assert_eq!(shown(&targets("[2001:db8::/127]:22")), ["2001:db8::+2 22"]);
    }

    #[test]
    fn a_network_is_each_of_its_addresses() {
        assert_eq!(shown(&targets("10.0.0.7/28")), ["10.0.0.0+16"]);
        assert_eq!(shown(&targets("10.0.0.7/32")), ["10.0.0.7+1"]);
        assert_eq!(shown(&targets("0.0.0.0/0")), ["0.0.0.0+4294967296"]);
        assert_eq!(shown(&targets("2001:db8::/96")), ["2001:db8::+4294967296"]);
        let net = net("10.0.0.254/23").expect("a network");
        assert_eq!((net.nth(0).to_string(), net.nth(511).to_string()), ("10.0.0.0".into(), "10.0.1.255".into()));
        let net = super::net("2001:db8::ff00/120").expect("a network");
        assert_eq!(net.nth(255).to_string(), "2001:db8::ffff");
    }

    #[test]
    fn a_network_is_told_as_it_may_be_written() {
        for (word, told) in [("10.0.0.7/28", "10.0.0.0/28"), ("::1/128", "::1/128"), ("0.0.0.0/0", "0.0.0.0/0")] {
            assert_eq!(targets(word)[0].who.to_string(), told, "{word}");
        }
    }

    #[test]
    fn a_list_is_known_by_its_at() {
        assert_eq!(parse("@-".as_ref(), &reader()), Ok(Word::Stdin));
        assert_eq!(parse("@hosts,today".as_ref(), &reader()), Ok(Word::File("hosts,today".into())));
        assert!(parse("@".as_ref(), &reader()).is_err());
    }

    #[test]
    fn a_list_has_a_target_a_line() {
        let text = b"\xef\xbb\xbf# our hosts\r\n\n  alpha  # the first\r\nbeta:22,http\n\t\n10.0.0.0/31\n[::1]:80";
        let targets = parse_list(text, &reader()).expect("a list");
        assert_eq!(shown(&targets), ["name alpha", "name beta 22,80", "10.0.0.0+2", "::1 80"]);
    }

    #[test]
    fn what_is_excluded_is_excluded_everywhere() {
        let reader = Reader::new(Proto::Tcp, Some("22")).expect("a reader");
        let read = parse_list(b"a:21-23", &reader).expect("a list");
        assert_eq!(shown(&read), ["name a 21,23"]);
        assert_eq!(parse_list(b"a\na:22", &reader), Err("line 2: a:22: --exclude leaves no port".into()));
    }

    #[test]
    fn what_is_no_target_says_why() {
        for (word, why) in [
            ("", "HOST is empty"),
            ("a,,b", "HOST is empty"),
            ("a,", "HOST is empty"),
            ("http://host/", "is a URL"),
            ("10.0.0.0/33", "is no network"),
            ("name/24", "is no network"),
            ("10.0.0/24", "is no network"),
            ("2001:db8::/64", "has 2^64 addresses; a probe takes 2^32 at most, /96"),
            ("::/0", "has 2^128 addresses"),
            ("a:", "a:: a port is empty"),
            ("a:0", "port 0"),
            ("a,@file", "has '@'"),
            ("fe80::1%", "no interface"),
        ] {
            let error = parse(word.as_ref(), &reader()).expect_err(word);
            assert!(error.contains(why), "{word}: {error}");
            assert!(!error.contains('\n'), "{word}: {error}");
        }
        for (list, why) in [
            (&b"a\n\nb c\n"[..], "line 3: 'b c' has ' '"),
            (b"a\n\xff\n", "line 2: not UTF-8"),
            (b"a,b\n", "line 1: 'a,b' has ','"),
            (b"# none\n", "no host is listed"),
        ] {
            let error = parse_list(list, &reader()).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }
}
