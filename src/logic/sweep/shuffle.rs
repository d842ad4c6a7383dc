//! A random order that is computed, not stored: place by place, each number below a bound exactly once.
//!
//! A Feistel network permutes the numbers of an even count of bits, whatever its round function is; what lies beyond
//! the bound is sent round again until it comes out below it (cycle walking: Black and Rogaway, "Ciphers with Arbitrary
//! Finite Domains", 2002). The network is less than four times as large as the bound, so that this is seldom done
//! often. It is no cipher: it need look random only to a network on the way.

/// An order of the numbers below a bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shuffle {
    bound: u64,
    half: u32,
    seed: Option<u64>,
}

const ROUNDS: u64 = 4;

impl Shuffle {
    /// The order of this seed; without one, that of counting.
    pub(super) fn new(bound: u64, seed: Option<u64>) -> Self {
        let bits = u64::BITS - bound.saturating_sub(1).leading_zeros();
        Self { bound, half: bits.div_ceil(2).max(1), seed }
    }

    /// The number at a place.
    pub(super) fn at(&self, place: u64) -> u64 {
        let Some(seed) = self.seed else { return place };
        let mut number = place;
        loop {
            number = self.permute(number, seed);
            if number < self.bound {
                return number;
            }
        }
    }

    fn permute(&self, number: u64, seed: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ (mix(seed.wrapping_add(round) ^ mix(right)) & mask));
        }
        left << self.half | right
    }
}

/// Spreads a number over all bits (the finalizer of SplitMix64: Steele, Lea and Flood, 2014).
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_a_seed_it_counts() {
        assert_eq!((0..9).map(|place| Shuffle::new(9, None).at(place)).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn an_order_of_all_ports_looks_random() {
        let shuffle = Shuffle::new(65_535, Some(1));
        let neighbours = (1..65_535).filter(|&at| shuffle.at(at).abs_diff(shuffle.at(at - 1)) == 1).count();
        assert!(neighbours < 20, "{neighbours} neighbours stayed neighbours"); // two are expected
        let early = (0..6_553).filter(|&at| shuffle.at(at) < 6_553).count();
        assert!((500..820).contains(&early), "{early} of the first tenth come in the first tenth"); // 655 expected
    }

    proptest! {
        #[test]
        fn each_number_comes_once(bound in 1u64..3_000, seed in any::<u64>()) {
            let shuffle = Shuffle::new(bound, Some(seed));
            let mut seen = vec![false; bound as usize];
            for place in 0..bound {
                prop_assert!(!std::mem::replace(&mut seen[shuffle.at(place) as usize], true));
            }
        }

        #[test]
        fn the_largest_bound_is_kept(place in 0..1u64 << 32, seed in any::<u64>()) {
            prop_assert!(Shuffle::new(1 << 32, Some(seed)).at(place) < 1 << 32);
            prop_assert!(Shuffle::new((1 << 32) - 5, Some(seed)).at(place % ((1 << 32) - 5)) < (1 << 32) - 5);
        }
    }
}
