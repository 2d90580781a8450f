//! Settings of `[issuer.NAME]`: exceptions for the tokens of one issuer.

use std::collections::BTreeSet;

use mcp_tool_contract::name;
use mcp_tool_core::setting::{Setting, list, single_value, text};

use super::fetch;

/// Maximum length of an audience or of the name of a claim, in bytes.
const MAX_TEXT: usize = 256;

/// Settings of one issuer as written; [`IssuerConfig::validate`] checks them.
#[derive(Clone, Debug, Default)]
pub struct IssuerSettings {
    url: Option<String>,
    typ: Option<Vec<String>>,
    audiences: Option<Vec<String>>,
    client_claim: Option<String>,
}

/// Configuration of an issuer whose settings are valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerConfig {
    /// URL of the issuer, written as in the claim `iss`.
    pub url: String,
    /// Types of access tokens that are accepted in addition to `at+jwt`.
    pub typ: AcceptedTyp,
    /// Audiences that are accepted in addition to the setting `oauth.resource`.
    pub audiences: Vec<String>,
    /// Claim that names the OAuth client; `None` for `client_id` or else `azp`.
    pub client_claim: Option<String>,
}

/// Values of the header parameter `typ` that are accepted in addition to `at+jwt`. ID tokens have such values too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AcceptedTyp {
    /// `JWT`.
    pub jwt: bool,
    /// No `typ`.
    pub absent: bool,
}

impl IssuerSettings {
    /// Table of the settings, in the order in which `serve --print-config` prints them.
    pub const SETTINGS: &[Setting<Self>] = &[
        Setting {
            key: "url",
            flag: None,
            value: "URL",
            help: "URL of the issuer, as its tokens have it in `iss`",
            many: false,
            show: |issuer| issuer.url.as_deref().and_then(text),
            set: |issuer, values| {
                issuer.url = Some(single_value(values)?.to_owned());
                Ok(())
            },
        },
        Setting {
            key: "typ",
            flag: None,
            value: "TYPE",
            help: "Types of access tokens besides at+jwt: JWT, absent",
            many: true,
            show: |issuer| issuer.typ.as_deref().and_then(list),
            set: |issuer, values| {
                issuer.typ = Some(values.to_vec());
                Ok(())
            },
        },
        Setting {
            key: "audiences",
            flag: None,
            value: "AUDIENCE",
            help: "Audiences of this server besides oauth.resource",
            many: true,
            show: |issuer| issuer.audiences.as_deref().and_then(list),
            set: |issuer, values| {
                issuer.audiences = Some(values.to_vec());
                Ok(())
            },
        },
        Setting {
            key: "client_claim",
            flag: None,
            value: "CLAIM",
            help: "Claim that names the OAuth client, instead of client_id or azp",
            many: false,
            show: |issuer| issuer.client_claim.as_deref().and_then(text),
            set: |issuer, values| {
                issuer.client_claim = Some(single_value(values)?.to_owned());
                Ok(())
            },
        },
    ];
}

impl IssuerConfig {
    /// Validates the settings of one issuer.
    ///
    /// # Errors
    /// The key of the first setting that is missing or invalid, and the reason.
    pub fn validate(settings: &IssuerSettings) -> Result<Self, (&'static str, String)> {
        let url = settings.url.clone().ok_or(("url", "is missing: set the issuer's URL".to_owned()))?;
        check_url(&url).map_err(|reason| ("url", reason))?;
        let typ = AcceptedTyp::parse(settings.typ.as_deref()).map_err(|reason| ("typ", reason))?;
        let audiences = settings.audiences.as_deref().map(parse_audiences).transpose();
        let audiences = audiences.map_err(|reason| ("audiences", reason))?.unwrap_or_default();
        if let Some(claim) = &settings.client_claim {
            check_text(claim).map_err(|reason| ("client_claim", reason))?;
        }
        Ok(IssuerConfig { url, typ, audiences, client_claim: settings.client_claim.clone() })
    }
}

impl AcceptedTyp {
    /// Parses the values of the setting `typ`; `None` if it isn't set.
    fn parse(values: Option<&[String]>) -> Result<Self, String> {
        let mut accepted = AcceptedTyp::default();
        let Some(values) = values else { return Ok(accepted) };
        for value in values {
            let is_repeated = match value.as_str() {
                "JWT" => std::mem::replace(&mut accepted.jwt, true),
                "absent" => std::mem::replace(&mut accepted.absent, true),
                _ => return Err("must be JWT or absent: at+jwt is always accepted".into()),
            };
            if is_repeated {
                return Err(format!("{value} appears twice"));
            }
        }
        match accepted == AcceptedTyp::default() {
            true => Err("must not be empty: remove the key to accept only at+jwt".into()),
            false => Ok(accepted),
        }
    }
}

/// Checks the URL of an issuer.
///
/// # Errors
/// Text that isn't a URL, a URL that is neither HTTPS nor on loopback, or one with a user, query or fragment.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let parsed = fetch::trusted_url(url)?;
    match parsed.query() {
        None => Ok(()),
        Some(_) => Err(format!("{:?} must have no query", fetch::shown(&parsed))),
    }
}

fn parse_audiences(values: &[String]) -> Result<Vec<String>, String> {
    let mut seen = BTreeSet::new();
    for value in values {
        check_text(value)?;
        if value.contains('*') {
            return Err("must be whole audiences: `*` isn't a wildcard".into());
        }
        if !seen.insert(value) {
            return Err("must have each audience once".into());
        }
    }
    match values.is_empty() {
        true => Err("must not be empty: remove the key to accept only oauth.resource".into()),
        false => Ok(values.to_vec()),
    }
}

fn check_text(text: &str) -> Result<(), String> {
    let is_plain = text.trim() == text && !text.chars().any(char::is_control);
    match (1..=MAX_TEXT).contains(&text.len()) && is_plain {
        true => Ok(()),
        false => {
            Err(format!("must have 1 to {MAX_TEXT} bytes, without control characters and spaces at the ends"))
        }
    }
}

/// Returns the name of an issuer's section with `-` replaced by `_`, as environment variables contain it.
///
/// # Errors
/// A name other than `[a-z][a-z0-9_-]*` with 1 to 64 characters.
pub fn canonical_name(name: &str) -> Result<String, String> {
    name::check_upstream(name).map(|()| name.replace('-', "_")).map_err(|_| {
        "the name of an issuer's section has 1 to 64 lowercase letters a to z, digits, `_` and `-`, and starts with a \
         letter"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Validates the settings in `pairs`; a comma separates the values of a list.
    fn validated(pairs: &[(&str, &str)]) -> Result<IssuerConfig, String> {
        let mut settings = IssuerSettings::default();
        for (key, value) in [&[("url", "https://as.example")], pairs].concat() {
            let setting = IssuerSettings::SETTINGS.iter().find(|setting| setting.key == key).unwrap();
            (setting.set)(&mut settings, &setting.split(value)).unwrap();
        }
        IssuerConfig::validate(&settings).map_err(|(key, reason)| format!("{key}: {reason}"))
    }

    #[test]
    fn issuer_without_further_settings_has_no_exceptions() {
        let config = validated(&[]).unwrap();
        assert_eq!((config.typ, config.audiences.len(), config.client_claim), Default::default());
        let missing = IssuerConfig::validate(&IssuerSettings::default()).unwrap_err();
        assert!(missing.0 == "url" && missing.1.contains("is missing"), "{missing:?}");
        let config = validated(&[("typ", "absent, JWT"), ("audiences", "api://x,b1f3")]).unwrap();
        assert_eq!((config.typ, config.audiences.len()), (AcceptedTyp { jwt: true, absent: true }, 2));
    }

    #[test]
    fn invalid_setting_of_an_issuer_is_refused() {
        for (key, value, wanted) in [
            ("url", "http://as.example", "url: \"http://as.example/\" must be https"),
            ("url", "https://as.example?x=secret", "must have no query"),
            ("url", "https://as.example/#a", "must have no fragment"),
            ("url", "", "url: must be a URL"),
            ("typ", "at+jwt", "typ: must be JWT or absent"),
            ("typ", "jwt", "typ: must be JWT or absent"),
            ("typ", "JWT,JWT", "typ: JWT appears twice"),
            ("typ", "", "typ: must not be empty"),
            ("audiences", "", "audiences: must not be empty"),
            ("audiences", "a,a", "audiences: must have each audience once"),
            ("audiences", "api://*", "audiences: must be whole audiences"),
            ("audiences", "a\u{7f}b", "audiences: must have 1 to 256 bytes"),
            ("client_claim", "", "client_claim: must have 1 to 256 bytes"),
            ("client_claim", " cid", "client_claim: must have 1 to 256 bytes"),
        ] {
            let error = validated(&[(key, value)]).unwrap_err();
            assert!(error.contains(wanted) && !error.contains("secret"), "wrong error of {value:?}: {error}");
        }
        assert!(canonical_name("Okta").is_err_and(|reason| reason.contains("issuer")));
        assert_eq!(canonical_name("okta-eu").as_deref(), Ok("okta_eu"));
    }
}
