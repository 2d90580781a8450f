//! Repeatable random numbers.

/// Xorshift64* generator: the same seed gives the same sequence.
pub(crate) struct Random(u64);

impl Random {
    /// Seed for a test run whose environment variable is unset or isn't a number.
    const DEFAULT_SEED: u64 = 0x5eed_0f70_6b65_6e73;

    /// Returns a generator with this seed. A seed of 0 would give only zeros.
    pub(crate) const fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// Returns a generator seeded from `variable`, or from [`Random::DEFAULT_SEED`]; prints the seed.
    pub(crate) fn from_environment(test: &str, variable: &str) -> Self {
        let seed = std::env::var(variable).ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(Random::DEFAULT_SEED);
        eprintln!("{test}: {variable}={seed}");
        Random::new(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Returns a number below `bound`; 0 if `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 32) as usize % bound.max(1)
    }

    /// Returns `true` in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Returns one of the items of `from`.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// Returns some items of `from`, in order: each with a probability of `percent`.
    pub(crate) fn some<T: Copy>(&mut self, from: &[T], percent: usize) -> Vec<T> {
        from.iter().copied().filter(|_| self.chance(percent)).collect()
    }
}
