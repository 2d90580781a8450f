//! Builds the URLs of requests. These URLs stay below the upstream's base URL, even if an agent chooses parts of the
//! path.

use reqwest::Url;

/// Maximum length of a path, in bytes.
const MAX_PATH: usize = 8 * 1024;

/// Returns the URL of `path` below `base`, which must end in `/`. A leading `/` of `path` is ignored.
///
/// # Errors
/// - A path of more than 8 KiB.
/// - A path with a control character, `\`, `?` or `#`, or with an empty segment before its last one.
/// - A path with a segment `.` or `..`, or a segment that some servers read as one, such as `%252e.`, `..%2f` or
///   `..;x`.
/// - A path that leads out of `base`.
pub(super) fn below(base: &Url, path: &str) -> Result<Url, String> {
    if path.len() > MAX_PATH {
        return Err(format!("a path must have at most {MAX_PATH} bytes, got {}", path.len()));
    }
    if let Some(invalid) = path.chars().find(|c| c.is_control() || matches!(c, '\\' | '?' | '#')) {
        let advice = if invalid == '?' { ": add a query by `query`" } else { "" };
        return Err(format!("a path must not contain {invalid:?}{advice}"));
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    check_segments(path)?;
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path()));
    let is_below =
        url.origin() == base.origin() && url.path().starts_with(base.path()) && url.query().is_none();
    if is_below { Ok(url) } else { Err("the path leaves the upstream's `url`".into()) }
}

/// Returns `true` if a URL, such as the target of a redirect, is below `base`, which must end in `/`. Its path must
/// follow the rules of [`below`]; it may have a query.
pub(super) fn is_below(base: &Url, url: &Url) -> bool {
    let path = url.path().strip_prefix(base.path());
    url.origin() == base.origin()
        && path.is_some_and(|path| {
            path.len() <= MAX_PATH && !path.contains('\\') && check_segments(path).is_ok()
        })
}

/// Checks the segments of a path below the base URL.
///
/// # Errors
/// A segment that is empty and not the last one, or that some servers read as `.` or `..`.
fn check_segments(path: &str) -> Result<(), String> {
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        // An empty last segment is allowed: the path is empty or ends in `/`.
        if segment.is_empty() && segments.peek().is_some() {
            return Err(
                "a path must have no empty segment except the last: `//` may name another host".into()
            );
        }
        if is_dot_segment(segment) {
            return Err("a path must have no segment that a server may read as `.` or `..`".into());
        }
    }
    Ok(())
}

/// Returns `true` if some server may read a segment as `.` or `..`. The segment is decoded until it contains no
/// percent-encoded byte. After each step, it is split at `/` and `\`, and the text from a `;` on is ignored.
fn is_dot_segment(segment: &str) -> bool {
    let mut segment = segment.as_bytes().to_vec();
    loop {
        let parts = segment.split(|byte| matches!(byte, b'/' | b'\\'));
        // Some Java servers ignore the part of a segment after `;`.
        let mut names = parts.map(|part| part.split(|byte| *byte == b';').next().unwrap_or_default());
        if names.any(|name| matches!(name, b"." | b"..")) {
            return true;
        }
        match decode_once(&segment) {
            Some(decoded) => segment = decoded,
            None => return false,
        }
    }
}

/// Decodes each percent-encoded byte once. Returns `None` if the segment contains none.
fn decode_once(segment: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut changed, mut at) = (Vec::with_capacity(segment.len()), false, 0);
    while let Some(&byte) = segment.get(at) {
        let pair = (byte == b'%').then(|| Some((digit(segment.get(at + 1))?, digit(segment.get(at + 2))?)));
        match pair.flatten().and_then(|(high, low)| u8::try_from(16 * high + low).ok()) {
            Some(byte) => {
                out.push(byte);
                (at, changed) = (at + 3, true);
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn path_is_appended_to_the_base() {
        let cases = [
            ("invoices", "https://x.example/api/invoices"),
            ("/invoices/7", "https://x.example/api/invoices/7"),
            ("invoices/", "https://x.example/api/invoices/"),
            ("", "https://x.example/api/"),
            ("a@evil.example", "https://x.example/api/a@evil.example"),
            ("https:evil", "https://x.example/api/https:evil"),
            ("a b/ä", "https://x.example/api/a%20b/%C3%A4"),
            ("a%2Fb", "https://x.example/api/a%2Fb"),
            ("...", "https://x.example/api/..."),
        ];
        for (path, wanted) in cases {
            assert_eq!(
                below(&base("https://x.example/api/"), path).unwrap().as_str(),
                wanted,
                "URL of {path:?}"
            );
        }
    }

    #[test]
    fn path_that_is_malformed_or_may_leave_the_base_is_refused() {
        let paths = [
            "//evil.example/x",
            "https://evil.example/",
            "a//b",
            "..",
            "../x",
            "a/..",
            "a/../../x",
            ".",
            "./a",
            "%2e%2e/x",
            "%2E./x",
            ".%2e",
            "%252e%252e/x",
            "a/..%2fx",
            "..%5cx",
            "\\\\evil",
            "a\\..\\b",
            "a?b=c",
            "a#b",
            "a\n",
            ".\t./x",
            "a\r\nHost: evil",
            "..;/x",
            "..;a=b/x",
            "\u{7f}",
            "///",
        ];
        for path in paths {
            assert!(below(&base("https://x.example/api/"), path).is_err(), "{path:?} is accepted");
        }
        assert!(below(&base("https://x.example/"), &"a".repeat(MAX_PATH + 1)).is_err());
    }

    #[test]
    fn hostile_path_never_leaves_the_base() {
        const PARTS: [&str; 24] = [
            "/",
            "//",
            ".",
            "..",
            "%2e",
            "%2E%2e",
            "%252e",
            "%2f",
            "%5c",
            "\\",
            "@",
            ":",
            "https:",
            "evil.example",
            "?",
            "#",
            " ",
            "\t",
            "\n",
            ";",
            "%",
            "ä",
            "[::1]",
            "a",
        ];
        let base = base("https://x.example:8443/api/v1/");
        // Tries every path of four parts.
        let count = PARTS.len();
        let mut accepted = 0;
        for at in 0..count.pow(4) {
            let chosen = [at, at / count, at / count.pow(2), at / count.pow(3)].map(|at| PARTS[at % count]);
            let path = chosen.concat();
            let Ok(url) = below(&base, &path) else { continue };
            accepted += 1;
            assert_eq!(url.origin(), base.origin(), "{path:?} leaves the host: {url}");
            assert!(url.as_str().starts_with(base.as_str()), "{path:?} leaves the base URL: {url}");
            assert!(url.username().is_empty() && url.password().is_none(), "{path:?} adds a user: {url}");
            assert!(
                url.query().is_none() && url.fragment().is_none(),
                "{path:?} adds a query or fragment: {url}"
            );
            // The path also stays below the base on a server that decodes it once and then resolves `..`.
            let decoded =
                url.path().replace("%2e", ".").replace("%2E", ".").replace("%2f", "/").replace("%5c", "/");
            assert!(
                !decoded.split(['/', '\\']).any(|part| part == ".."),
                "{path:?} contains an encoded `..`: {url}"
            );
        }
        assert!(accepted > 1_000, "only {accepted} paths were accepted, so the test shows too little");
    }
}
