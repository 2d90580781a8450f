//! Sealing: what a caller carries for the server and must neither read nor change.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Generate as _, Payload},
};

const NONCE: usize = 24;

/// The keys that seal and open. The first seals, all of them open, so that keys can be rotated.
///
/// XChaCha20-Poly1305 with a random nonce; what a seal is bound to is its associated data.
pub(crate) struct Sealer {
    keys: Vec<XChaCha20Poly1305>,
}

/// A key that can't be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadKey;

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sealing key is 32 random bytes in base64url, such as `openssl rand -base64 32 | tr '+/' '-_'` prints")
    }
}

impl std::error::Error for BadKey {}

impl Sealer {
    /// Keys in base64url, with or without padding. Without any, one is made that lasts as long as the process.
    ///
    /// # Errors
    /// [`BadKey`] where a key isn't 32 bytes.
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Result<Self, BadKey> {
        let mut sealers = Vec::new();
        for key in keys {
            let bytes = BASE64.decode(key.trim_end_matches('=')).map_err(|_| BadKey)?;
            sealers.push(XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| BadKey)?);
        }
        if sealers.is_empty() {
            return Ok(Sealer::of_process());
        }
        Ok(Sealer { keys: sealers })
    }

    /// A key that lasts as long as the process.
    pub(crate) fn of_process() -> Self {
        Sealer { keys: vec![XChaCha20Poly1305::new(&chacha20poly1305::Key::generate())] }
    }

    /// Seals `content` to what `bound` says; only the same binding opens it.
    #[must_use]
    pub(crate) fn seal(&self, content: &[u8], bound: &[u8]) -> Option<String> {
        let nonce = XNonce::generate();
        let payload = Payload { msg: content, aad: bound };
        let sealed = self.keys.first()?.encrypt(&nonce, payload).ok()?;
        Some(BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// What was sealed, if it was sealed here and to the same binding.
    #[must_use]
    pub(crate) fn open(&self, sealed: &str, bound: &[u8]) -> Option<Vec<u8>> {
        let bytes = BASE64.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let open = |key: &XChaCha20Poly1305| key.decrypt(&nonce, Payload { msg: sealed, aad: bound }).ok();
        self.keys.iter().find_map(open)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    #[test]
    fn only_the_same_binding_opens() -> Result<(), BadKey> {
        let sealer = Sealer::new([])?;
        let sealed = sealer.seal(b"key", b"list 1.0 ann").unwrap_or_default();
        assert_eq!(sealer.open(&sealed, b"list 1.0 ann").as_deref(), Some(&b"key"[..]));
        assert_eq!(sealer.open(&sealed, b"list 1.0 bob"), None);
        assert_eq!(Sealer::new([])?.open(&sealed, b"list 1.0 ann"), None);
        Ok(())
    }

    #[test]
    fn every_changed_byte_is_noticed() -> Result<(), BadKey> {
        let sealer = Sealer::new([])?;
        let sealed = sealer.seal(b"key", b"").unwrap_or_default();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap_or_default();
            assert_eq!(sealer.open(&changed, b""), None, "byte {at}");
        }
        Ok(())
    }

    #[test]
    fn an_old_key_still_opens_after_rotation() -> Result<(), BadKey> {
        let sealed = Sealer::new([OLD])?.seal(b"key", b"").unwrap_or_default();
        let rotated = Sealer::new([NEW, OLD])?;
        assert_eq!(rotated.open(&sealed, b"").as_deref(), Some(&b"key"[..]));
        let sealed = rotated.seal(b"key", b"").unwrap_or_default();
        assert_eq!(Sealer::new([OLD])?.open(&sealed, b""), None);
        Ok(())
    }

    #[test]
    fn a_key_is_32_bytes() {
        assert_eq!(Sealer::new(["c2hvcnQ"]).err(), Some(BadKey));
        assert_eq!(Sealer::new(["not base64!"]).err(), Some(BadKey));
    }
}
