//! Encryption of data that a client stores for the server and must neither read nor change: page cursors, and the
//! `requestState` that a client returns with the answers to a tool's questions.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};

/// Size of a nonce, in bytes.
const NONCE: usize = 24;

/// Keys of XChaCha20-Poly1305. The first key encrypts (seals); every key can decrypt (open), so keys can be rotated.
///
/// Each sealed text has its own random nonce. The `binding` of a text is the associated data of its encryption, such as
/// the names of the tool and the caller: the text opens only for them.
pub(crate) struct Sealer {
    keys: Vec<XChaCha20Poly1305>,
}

/// Error for a key that isn't 32 bytes in base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidSealKey;

impl fmt::Display for InvalidSealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sealing key must be 32 random bytes in base64url: make one with `openssl rand -base64 32 | tr '+/' '-_'`")
    }
}

impl std::error::Error for InvalidSealKey {}

impl Sealer {
    /// Decodes keys in base64url, with or without padding. If `keys` is empty, generates a key, so that sealed texts
    /// open only until this process ends.
    ///
    /// # Errors
    /// If a key isn't 32 bytes in base64url.
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Result<Self, InvalidSealKey> {
        let mut sealers = Vec::new();
        for key in keys {
            let bytes = BASE64.decode(key.trim_end_matches('=')).map_err(|_| InvalidSealKey)?;
            sealers.push(XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| InvalidSealKey)?);
        }
        if sealers.is_empty() {
            return Ok(Sealer::of_process());
        }
        Ok(Sealer { keys: sealers })
    }

    /// Generates a key for this process. If the operating system gives no random bytes, there is no key, and `seal` and
    /// `open` return `None`.
    pub(crate) fn of_process() -> Self {
        Sealer { keys: random::<32>().map(|key| XChaCha20Poly1305::new(&key.into())).into_iter().collect() }
    }

    /// Encrypts `content` as base64url text that opens only with the same `binding`. Returns `None` if there is no key,
    /// or if the operating system gives no random bytes.
    #[must_use]
    pub(crate) fn seal(&self, content: &[u8], binding: &[u8]) -> Option<String> {
        let nonce = XNonce::from(random::<NONCE>()?);
        let payload = Payload { msg: content, aad: binding };
        let sealed = self.keys.first()?.encrypt(&nonce, payload).ok()?;
        Some(BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts a sealed text. Returns `None` if no key fits, if the binding differs, or if the text was changed.
    #[must_use]
    pub(crate) fn open(&self, sealed: &str, binding: &[u8]) -> Option<Vec<u8>> {
        let bytes = BASE64.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let open = |key: &XChaCha20Poly1305| key.decrypt(&nonce, Payload { msg: sealed, aad: binding }).ok();
        self.keys.iter().find_map(open)
    }
}

/// Returns random bytes from the operating system; `None` if the operating system fails.
fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Two keys of 32 bytes, one with padding and one without.
    const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    #[test]
    fn sealed_text_opens_only_with_its_key_and_its_binding() -> Result<(), InvalidSealKey> {
        let sealer = Sealer::new([])?;
        let sealed = sealer.seal(b"content", b"list 1.0 ann").unwrap_or_default();
        assert_eq!(sealer.open(&sealed, b"list 1.0 ann").as_deref(), Some(&b"content"[..]));
        assert_eq!(sealer.open(&sealed, b"list 1.0 bob"), None);
        assert_eq!(Sealer::new([])?.open(&sealed, b"list 1.0 ann"), None);
        Ok(())
    }

    #[test]
    fn sealed_text_with_one_changed_byte_does_not_open() -> Result<(), InvalidSealKey> {
        let sealer = Sealer::new([])?;
        let sealed = sealer.seal(b"content", b"").unwrap_or_default();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap_or_default();
            assert_eq!(
                sealer.open(&changed, b""),
                None,
                "the text opened although its byte {at} was changed"
            );
        }
        Ok(())
    }

    #[test]
    fn rotated_keys_open_old_texts_and_seal_with_the_new_key() -> Result<(), InvalidSealKey> {
        let sealed = Sealer::new([OLD])?.seal(b"content", b"").unwrap_or_default();
        let rotated = Sealer::new([NEW, OLD])?;
        assert_eq!(rotated.open(&sealed, b"").as_deref(), Some(&b"content"[..]));
        let sealed = rotated.seal(b"content", b"").unwrap_or_default();
        assert_eq!(Sealer::new([OLD])?.open(&sealed, b""), None);
        Ok(())
    }

    #[test]
    fn key_that_is_not_32_bytes_in_base64url_is_refused() {
        assert_eq!(Sealer::new(["c2hvcnQ"]).err(), Some(InvalidSealKey));
        assert_eq!(Sealer::new(["not base64!"]).err(), Some(InvalidSealKey));
    }
}
