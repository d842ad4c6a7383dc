//! `--shard I/N`: the share of this machine in a probe that N machines do together.

/// One share of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, counted from 0.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// Parses `I/N`, counted from 1 as people and GNU parallel count.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        match text.split_once('/').map(|(index, of)| (number(index), number(of))) {
            Some((Some(index), Some(of))) if (1..=of).contains(&index) => Ok(Self { index: index - 1, of }),
            Some((Some(_), Some(of))) if of > 0 => Err(format!("the shards of {of} are 1/{of} to {of}/{of}")),
            _ => Err("not a shard; write 1/4 to 4/4 for four machines".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!(Shard::parse("1/1"), Ok(Shard::WHOLE));
        assert_eq!(Shard::parse("4/4"), Ok(Shard { index: 3, of: 4 }));
        for (text, why) in [
            ("0/4", "1/4 to 4/4"),
            ("5/4", "1/4 to 4/4"),
            ("1/0", "not a shard"),
            ("1", "not a shard"),
            ("a/b", "not a shard"),
            ("-1/4", "not a shard"),
            ("+1/4", "not a shard"),
            ("1/99999999999", "not a shard"),
        ] {
            let error = Shard::parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
