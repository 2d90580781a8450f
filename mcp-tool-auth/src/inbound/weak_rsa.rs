//! Detects RSA keys whose private keys can be computed from the public keys: those that the library of certain Infineon
//! chips generated (ROCA, CVE-2017-15361), and those with a small factor.

/// Primes modulo which the moduli of the vulnerable library show a pattern. The library's primes are powers of 65,537
/// modulo the product of at least the primes up to 167. Prime 2 is left out, because every modulus is odd.
const PRIMES: [u16; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Returns `true` if the factors of a modulus (big-endian) can be computed.
pub(super) fn is_factorable(modulus: &[u8]) -> bool {
    has_fingerprint(modulus) || has_small_factor(modulus)
}

/// Returns `true` if 2 or one of `PRIMES` divides the modulus.
fn has_small_factor(modulus: &[u8]) -> bool {
    modulus.last().is_none_or(|low| low & 1 == 0)
        || PRIMES.iter().any(|prime| remainder(modulus, *prime) == 0)
}

/// Returns `true` if the modulus (big-endian) is a power of 65,537 modulo each of `PRIMES`. This is true of all moduli
/// of the library, and of about one in 100 million other moduli.
fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| is_power(remainder(modulus, *prime), *prime))
}

/// Computes the remainder of a big-endian number.
fn remainder(number: &[u8], divisor: u16) -> u16 {
    let remainder = number
        .iter()
        .fold(0_u32, |remainder, byte| (remainder * 256 + u32::from(*byte)) % u32::from(divisor));
    // Less than `divisor`.
    u16::try_from(remainder).unwrap_or(u16::MAX)
}

/// Returns `true` if some power of 65,537 has this remainder modulo the prime.
fn is_power(remainder: u16, prime: u16) -> bool {
    let (mut power, prime) = (1_u32, u32::from(prime));
    // After at most `prime - 1` steps the powers repeat.
    for _ in 1..prime {
        if power == u32::from(remainder) {
            return true;
        }
        power = power * 65_537 % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_65537_have_the_fingerprint_and_their_neighbours_do_not() {
        // 65,537 and its square, big-endian.
        for modulus in [&[1, 0, 1][..], &[1, 0, 2, 0, 1]] {
            assert!(has_fingerprint(modulus), "{modulus:?}");
            let mut neighbour = modulus.to_vec();
            *neighbour.last_mut().unwrap() += 2;
            assert!(!has_fingerprint(&neighbour), "{neighbour:?}");
        }
        // A multiple of 3 is no power of 65,537 modulo 3.
        assert!(!has_fingerprint(&[3]) && is_factorable(&[3]));
        // 257 is a prime, 258 is even, and 334 is twice 167.
        assert!(!is_factorable(&[1, 1]) && is_factorable(&[1, 2]) && is_factorable(&[1, 0x4e]));
    }
}
