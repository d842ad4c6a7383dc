//! PORTS as users write them: `22,80,8000-8100,http`, `-` for all, `60000-` to the end, `-1024` from the start. A set
//! in the order written, kept as runs: the longest list costs no more than its words.

use std::rc::Rc;

use super::peer::Proto;
use super::port;

/// Ports in the order written, none of them twice; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    runs: Rc<[Run]>,
    count: u32,
}

/// Ports that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: u16,
    last: u16,
    /// How many ports all runs before it have.
    before: u32,
}

impl Ports {
    /// How many they are, 1 to 65,535.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The port with this place in the order, counted from 0.
    ///
    /// # Panics
    /// Where there are not so many.
    pub fn nth(&self, place: u32) -> u16 {
        assert!(place < self.count, "port {place} of {}", self.count);
        let run = self.runs[self.runs.partition_point(|run| run.before <= place) - 1];
        run.first + (place - run.before) as u16
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.runs.iter().flat_map(|run| run.first..=run.last)
    }
}

/// Reads lists of ports: it knows what service names mean, and what is never probed.
#[derive(Clone, Debug)]
pub struct Reader {
    proto: Proto,
    excluded: Marks,
}

impl Reader {
    /// A reader for this protocol, without the ports of `--exclude`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the list of ports to exclude.
    pub fn new(proto: Proto, exclude: Option<&str>) -> Result<Self, String> {
        let mut excluded = Marks::default();
        for item in exclude.into_iter().flat_map(|list| list.split(',')) {
            let (first, last) = range(item, proto).map_err(|why| format!("--exclude: {why}"))?;
            for port in first..=last {
                excluded.mark(port);
            }
        }
        Ok(Self { proto, excluded })
    }

    /// Reads the words of one list.
    ///
    /// # Errors
    /// A sentence that says which word is wrong, and why.
    pub fn read<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Result<Ports, String> {
        let (mut marks, mut runs, mut count) = (self.excluded.clone(), Vec::new(), 0);
        for word in words {
            for item in word.split(',') {
                let (first, last) = range(item, self.proto).map_err(|why| within(why, item, word))?;
                count = marks.add(first, last, &mut runs, count);
            }
        }
        match (count, self.excluded.any) {
            (0, true) => Err("--exclude leaves no port".into()),
            (0, false) => Err("PORTS is missing".into()),
            _ => Ok(Ports { runs: runs.into(), count }),
        }
    }
}

/// Which ports are no longer to be taken.
#[derive(Clone, Debug)]
struct Marks {
    words: Vec<u64>,
    any: bool,
}

impl Default for Marks {
    fn default() -> Self {
        Self { words: vec![0; 1 << 10], any: false }
    }
}

impl Marks {
    /// Marks a port. Whether it was not marked yet.
    fn mark(&mut self, port: u16) -> bool {
        let (word, bit) = (&mut self.words[usize::from(port >> 6)], 1 << (port & 63));
        let new = *word & bit == 0;
        *word |= bit;
        self.any = true;
        new
    }

    /// Takes what is not marked of a range as further runs, and marks it. How many ports all runs have then.
    fn add(&mut self, first: u16, last: u16, runs: &mut Vec<Run>, mut count: u32) -> u32 {
        let mut fresh = true; // a run of an earlier range is never made longer: that would change the order
        let mut next = u32::from(first);
        while let Ok(port) = u16::try_from(next)
            && port <= last
        {
            // Who lists all ports again and again waits for that no longer than for the words.
            if port & 63 == 0 && last - port >= 63 && self.words[usize::from(port >> 6)] == u64::MAX {
                (fresh, next) = (true, next + 64);
                continue;
            }
            next += 1;
            if !self.mark(port) {
                fresh = true;
                continue;
            }
            match runs.last_mut().filter(|_| !fresh) {
                Some(run) => run.last = port,
                None => runs.push(Run { first: port, last: port, before: count }),
            }
            fresh = false;
            count += 1;
        }
        count
    }
}

/// One item of a list: first and last port.
fn range(item: &str, proto: Proto) -> Result<(u16, u16), String> {
    let port = |text: &str| match port::parse(text, proto) {
        Ok(0) => Err("nobody can be probed on port 0".into()),
        Ok(port) => Ok(port),
        Err(why) => Err(why + hint(text)),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((first, last)) = item.split_once('-').filter(|(first, last)| digits(first) && digits(last)) else {
        return port(item).map(|port| (port, port)); // names may have a dash, as http-alt
    };
    let first = if first.is_empty() { 1 } else { port(first)? };
    let last = if last.is_empty() { u16::MAX } else { port(last)? };
    match first <= last {
        true => Ok((first, last)),
        false => Err(format!("'{item}' runs backwards: write {last}-{first}")),
    }
}

/// Who writes a second host as a word of its own is told where hosts go.
fn hint(item: &str) -> &'static str {
    let host = item.starts_with(char::is_alphabetic) || item.contains(['.', ':', '/', '@']);
    if host { "; several hosts are joined by commas, or listed in @FILE" } else { "" }
}

/// Says in which word of the command line an item is, where that is not plain.
fn within(why: String, item: &str, word: &str) -> String {
    if item == word { why } else { format!("{why} (in '{word}')") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(words: &str, exclude: Option<&str>) -> Result<Ports, String> {
        Reader::new(Proto::Tcp, exclude)?.read(words.split_whitespace())
    }

    fn ports(words: &str) -> Vec<u16> {
        read(words, None).expect(words).iter().collect()
    }

    #[test]
    fn every_way_to_write_ports_is_read_in_order() {
        assert_eq!(ports("80"), [80]);
        assert_eq!(ports("http"), [80]);
        assert_eq!(ports("22,80,8000-8003,https"), [22, 80, 8000, 8001, 8002, 8003, 443]);
        assert_eq!(ports("90 22,80 21-23"), [90, 22, 80, 21, 23]);
        assert_eq!(ports("65533-"), [65_533, 65_534, 65_535]);
        assert_eq!(ports("-3"), [1, 2, 3]);
        assert_eq!(ports("7-7"), [7]);
        assert_eq!(ports("-"), (1..=u16::MAX).collect::<Vec<_>>());
        assert_eq!(read("-", None).map(|ports| (ports.count(), ports.runs.len())), Ok((65_535, 1)));
    }

    #[test]
    fn a_port_counts_where_it_is_written_first() {
        assert_eq!(ports("80,22,http,20-23"), [80, 22, 20, 21, 23]);
        assert_eq!(ports("5 4 5 6"), [5, 4, 6]);
        assert_eq!(ports("1-3 4-5 2-6"), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_excluded_is_left_out() {
        let ports = |words, exclude| read(words, Some(exclude)).map(|ports| ports.iter().collect::<Vec<_>>());
        assert_eq!(ports("20-25", "http,22-23"), Ok(vec![20, 21, 24, 25]));
        assert_eq!(ports("-", "3-"), Ok(vec![1, 2]));
        assert_eq!(ports("80", "-"), Err("--exclude leaves no port".into()));
        assert_eq!(
            ports("80", "x y"),
            Err("--exclude: 'x y' is neither a port number nor a service name; \
            several hosts are joined by commas, or listed in @FILE"
                .into())
        );
        assert_eq!(ports("80", "1,,2"), Err("--exclude: a port is empty".into()));
    }

    #[test]
    fn what_is_no_list_says_what_and_where() {
        for (words, why) in [
            ("0", "nobody can be probed on port 0"),
            ("0-10", "nobody can be probed on port 0"),
            ("65536", "port 65536 is over 65535"),
            ("1-99999", "port 99999 is over 65535"),
            ("90-80", "'90-80' runs backwards: write 80-90"),
            ("22,,80", "a port is empty (in '22,,80')"),
            ("22,", "a port is empty (in '22,')"),
            (",", "a port is empty"),
            ("", "PORTS is missing"),
            ("1-2-3", "'1-2-3' is neither"),
            ("--", "'--' is neither"),
            ("8O", "'8O' is neither a port number nor a service name"),
            ("22,nosuch (80)", "'nosuch' is neither"),
            ("80 example.org", "'example.org' is neither a port number nor a service name; several hosts are joined"),
            ("10.0.0.2", "listed in @FILE"),
            ("::1", "listed in @FILE"),
            ("@hosts", "listed in @FILE"),
        ] {
            let error = read(words, None).expect_err(words);
            assert!(error.contains(why), "{words}: {error}");
            assert!(!error.contains('\n'), "{words}: {error}");
        }
        assert!(!read("8O", None).expect_err("no port").contains("hosts"));
    }

    #[test]
    fn all_ports_again_and_again_cost_little_and_change_nothing() {
        let words = "100-163,".to_owned() + &"-,".repeat(20_000) + "1-300";
        let order = (100..=163).chain(1..=99).chain(164..=u16::MAX);
        assert_eq!(ports(&words), order.collect::<Vec<_>>());
    }

    proptest! {
        /// Against the plain answer: a list that is searched for each port.
        #[test]
        fn a_list_would_say_the_same(
            ranges in prop::collection::vec((1u16..300, 0u16..200), 1..9),
            out in prop::collection::vec(1u16..500, 0..9),
        ) {
            let words: Vec<_> = ranges.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect();
            let exclude = out.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
            let mut plain: Vec<u16> = Vec::new();
            for port in ranges.iter().flat_map(|(first, more)| *first..=first + more) {
                if !plain.contains(&port) && !out.contains(&port) {
                    plain.push(port);
                }
            }
            match read(&words.join(" "), (!out.is_empty()).then_some(exclude.as_str())) {
                Ok(ports) => {
                    prop_assert_eq!(ports.iter().collect::<Vec<_>>(), plain.clone());
                    prop_assert_eq!((0..ports.count()).map(|place| ports.nth(place)).collect::<Vec<_>>(), plain);
                }
                Err(_) => prop_assert!(plain.is_empty()),
            }
        }
    }
}
