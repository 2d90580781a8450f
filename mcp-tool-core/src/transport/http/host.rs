//! Hosts and origins of web pages, as requests and settings name them.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::http::uri::Authority;

/// Maximum length of a host name (RFC 1035 §2.3.4, without the trailing dot), and of one label of it.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("http") => Some(Scheme::Http),
            _ if text.eq_ignore_ascii_case("https") => Some(Scheme::Https),
            _ => None,
        }
    }

    /// Returns the port of a URL that names no port.
    pub(super) const fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// A host as the header `Host` or a request target names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl Host {
    /// Parses `name` or `name:port`; `None` if the text is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let authority = Authority::try_from(text).ok()?;
        let without_port =
            authority.port_u16().map_or(text, |_| text.rsplit_once(':').map_or(text, |(host, _)| host));
        // Rejects text with credentials (`user@host`) or an invalid port.
        let is_port = |port: &str| !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
        let has_invalid_port = authority.port().is_some_and(|port| !is_port(port.as_str()));
        if authority.host() != without_port || authority.host().is_empty() || has_invalid_port {
            return None;
        }
        Some(Host { host: authority.host().to_ascii_lowercase(), port: authority.port_u16() })
    }
}

/// The origin of a web page (RFC 6454), with the scheme `http` or `https`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WebOrigin {
    pub(super) scheme: Scheme,
    pub(super) host: String,
    pub(super) port: u16,
}

impl WebOrigin {
    /// Parses the header `Origin`; `None` for `null`, other schemes and invalid origins.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.split_once("://")?;
        let (scheme, named) = (Scheme::parse(scheme)?, Host::parse(host)?);
        Some(WebOrigin { scheme, host: named.host, port: named.port.unwrap_or(scheme.default_port()) })
    }

    /// Parses an origin in a setting. Accepts other spellings of what browsers send: letter case, the default port, a
    /// final slash and spellings of IPv6 addresses.
    ///
    /// # Errors
    /// The text isn't an origin that browsers send. The message says what to write.
    pub(super) fn of_setting(text: &str) -> Result<Self, String> {
        let refused = |reason: &str| refused("an origin", reason);
        if text.contains('@') {
            return Err(refused("leave out the credentials up to `@`"));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(refused(match text {
                "*" => "write each origin, such as `https://app.example.com`",
                "null" => "pages with this origin can't be told apart: give the page an origin of its own",
                _ => "write `https://name` or `https://name:port`",
            }));
        };
        let Some(scheme) = Scheme::parse(scheme) else {
            return Err(refused("the scheme must be `http` or `https`"));
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(refused("leave out everything after the host and the port"));
        }
        let (host, port) = split(rest).map_err(|reason| refused(&reason))?;
        Ok(WebOrigin { scheme, host, port: port.unwrap_or(scheme.default_port()) })
    }
}

/// A host in a setting, on one port or on every port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AllowedHost {
    pub(super) host: String,
    /// `None` allows every port.
    pub(super) port: Option<u16>,
}

impl AllowedHost {
    /// Parses `name` or `name:port`. Accepts other letter case and spellings of IPv6 addresses.
    ///
    /// # Errors
    /// The text isn't a host that clients send. The message says what to write.
    pub(super) fn of_setting(text: &str) -> Result<Self, String> {
        let refused = |reason: &str| refused("a host", reason);
        if text.contains('@') {
            return Err(refused("leave out the credentials up to `@`"));
        }
        if text.contains("://") {
            return Err(refused("leave out the scheme: write `name` or `name:port`"));
        }
        if text.contains(['/', '?', '#', '\\']) {
            return Err(refused("leave out everything after the host and the port"));
        }
        let (host, port) = split(text).map_err(|reason| refused(&reason))?;
        Ok(AllowedHost { host, port })
    }

    /// Returns `true` if clients leave out the port: clients send no default port (RFC 9110 §4.2).
    const fn has_default_port(&self) -> bool {
        matches!(self.port, Some(80 | 443))
    }

    pub(super) fn allows(&self, host: &Host) -> bool {
        self.host == host.host && self.allows_port(host.port)
    }

    fn allows_port(&self, port: Option<u16>) -> bool {
        match port {
            None => self.port.is_none() || self.has_default_port(),
            Some(port) => self.port.is_none_or(|allowed| allowed == port),
        }
    }

    /// Returns `true` if the header value `host` is this host in the same spelling, and its port is allowed.
    pub(super) fn is_spelled(&self, host: &str) -> bool {
        let Some(rest) = host.strip_prefix(self.host.as_str()) else { return false };
        let Some(port) = rest.strip_prefix(':') else { return rest.is_empty() && self.allows_port(None) };
        // `parse` would accept a sign, as in `+80`.
        let is_plain = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse::<u16>() {
            Ok(port) => is_plain && self.allows_port(Some(port)),
            Err(_) => false,
        }
    }
}

/// Returns the message for a refused value. Errors of settings quote the value.
fn refused(kind: &str, reason: &str) -> String {
    format!("isn't {kind} that clients send: {reason}")
}

/// Splits `name` or `name:port` of a setting, and returns the name as clients send it.
fn split(text: &str) -> Result<(String, Option<u16>), String> {
    let (name, port) = match text.rsplit_once(':') {
        _ if text.ends_with(']') => (text, None),
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let port = match port {
        None => None,
        Some(digits) => {
            let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let port = digits.parse::<u16>().ok().filter(|port| is_plain && *port != 0);
            Some(port.ok_or("the port must be a number from 1 to 65535; write an IPv6 address as `[::1]`")?)
        }
    };
    Ok((sent_name(name)?, port))
}

/// Returns a host name or address of a setting as clients send it.
fn sent_name(name: &str) -> Result<String, String> {
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().map_err(|_| "the IPv6 address is malformed".to_owned())?;
        // Browsers write such an address without the dots that Rust writes (WHATWG URL §host serializing).
        return Ok(match (address.to_ipv4_mapped(), address.segments()) {
            (Some(_), [.., high, low]) => format!("[::ffff:{high:x}:{low:x}]"),
            (None, _) => format!("[{address}]"),
        });
    }
    if !name.is_ascii() {
        return Err("write the name as clients send it, in ASCII with `xn--` (punycode)".to_owned());
    }
    if name.contains('*') {
        return Err("there are no wildcards: write each name".to_owned());
    }
    if name.contains(':') {
        return Err("write an IPv6 address in brackets, such as `[::1]` or `[::1]:8080`".to_owned());
    }
    let name = name.to_ascii_lowercase();
    // A name may end in the dot of the root zone. Clients then send the dot.
    let labels: Vec<&str> = name.strip_suffix('.').unwrap_or(&name).split('.').collect();
    let is_label = |label: &&str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if !labels.iter().all(is_label) || name.len() > MAX_NAME {
        return Err("write a host name such as `mcp.example.com`".to_owned());
    }
    // Clients take a host whose last label is a number for an IPv4 address, and send its usual form (WHATWG URL §host
    // parsing).
    let is_number = |label: &&&str| {
        label.bytes().all(|byte| byte.is_ascii_digit())
            || label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    if labels.last().filter(is_number).is_some() && name.parse::<Ipv4Addr>().is_err() {
        return Err("write an IPv4 address with four numbers, such as `127.0.0.1`".to_owned());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_of_a_setting_is_what_a_browser_sends() {
        for (setting, sent) in [
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://app.example.com:80", "http://app.example.com"),
            ("https://app.example.com:0443", "https://app.example.com"),
            ("HTTPS://App.Example.com/", "https://app.example.com"),
            ("https://app.example.com:8443/", "https://app.example.com:8443"),
            ("http://[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000"),
            ("https://[::ffff:192.0.2.1]", "https://[::ffff:c000:201]"),
            ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
            ("http://10.0.0.7", "http://10.0.0.7"),
            ("http://intranet", "http://intranet"),
            ("https://app.example.com.", "https://app.example.com."),
        ] {
            assert_eq!(WebOrigin::of_setting(setting).ok(), WebOrigin::parse(sent), "{setting}");
        }
        assert_ne!(WebOrigin::of_setting("https://a.example:80").ok(), WebOrigin::parse("https://a.example"));
    }

    #[test]
    fn origin_that_no_browser_sends_is_refused_with_what_to_write() {
        for (setting, advice) in [
            ("https://*.example.com", "no wildcards"),
            ("*", "write each origin"),
            ("null", "an origin of its own"),
            ("app.example.com", "write `https://name`"),
            ("ftp://app.example.com", "`http` or `https`"),
            ("https://app.example.com/page", "leave out everything after the host"),
            ("https://app.example.com?x", "leave out everything after the host"),
            ("https://app.example.com//", "leave out everything after the host"),
            ("https://user:secret@app.example.com", "up to `@`"),
            ("https://münchen.example", "punycode"),
            ("https://app.example.com:0", "1 to 65535"),
            ("https://app.example.com:70000", "1 to 65535"),
            ("https://app.example.com:", "1 to 65535"),
            ("https://::1", "in brackets"),
            ("https://[::1", "in brackets"),
            ("https://[::g]", "malformed"),
            ("http://127.1", "four numbers"),
            ("http://0x7f.0.0.1", "four numbers"),
            ("http://app.0x7f", "four numbers"),
            ("https://app..example.com", "such as `mcp.example.com`"),
            ("https://", "such as `mcp.example.com`"),
            ("https://a b", "such as `mcp.example.com`"),
            ("https://app%2eexample.com", "such as `mcp.example.com`"),
        ] {
            let refused = WebOrigin::of_setting(setting).unwrap_err();
            assert!(refused.contains(advice), "{setting}: {refused}");
        }
    }

    #[test]
    fn host_that_no_client_sends_is_refused_with_what_to_write() {
        for (setting, advice) in [
            ("*.example.com", "no wildcards"),
            ("https://mcp.example.com", "leave out the scheme"),
            ("mcp.example.com/mcp", "leave out everything after the host"),
            ("user@mcp.example.com", "up to `@`"),
            ("::1", "in brackets"),
            ("fe80::1:8080", "in brackets"),
            ("bücher.example", "punycode"),
            ("10.0.7", "four numbers"),
            ("", "such as `mcp.example.com`"),
            ("mcp.example.com:http", "1 to 65535"),
        ] {
            let refused = AllowedHost::of_setting(setting).unwrap_err();
            assert!(refused.contains(advice), "{setting}: {refused}");
        }
        for setting in ["MCP.example.com:8443", "[2001:DB8::1]:8080", "localhost", "a_b.internal"] {
            let sent = setting.to_ascii_lowercase();
            let allowed = AllowedHost::of_setting(setting).unwrap();
            assert!(allowed.is_spelled(&sent) && allowed.allows(&Host::parse(&sent).unwrap()), "{setting}");
        }
    }

    #[test]
    fn default_port_of_an_allowed_host_may_be_absent() {
        let names = |port: u16| AllowedHost::of_setting(&format!("mcp.example.com:{port}")).unwrap();
        for (port, is_optional) in [(80, true), (443, true), (8443, false)] {
            let allowed = names(port);
            let sent = Host::parse("mcp.example.com").unwrap();
            assert_eq!(
                (allowed.allows(&sent), allowed.is_spelled("mcp.example.com")),
                (is_optional, is_optional)
            );
            let explicit = format!("mcp.example.com:{port}");
            assert!(allowed.allows(&Host::parse(&explicit).unwrap()) && allowed.is_spelled(&explicit));
            assert!(!allowed.is_spelled("mcp.example.com:81"));
        }
    }
}
