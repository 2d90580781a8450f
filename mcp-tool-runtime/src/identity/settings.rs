//! Whose tokens are taken, and what they have to say: as an operator sets it, whether or not it is compiled in.

use std::{path::PathBuf, time::Duration};

/// This server as a resource server.
#[derive(Clone, Debug, Default)]
pub(crate) struct OAuth {
    /// Issuers, as `iss` names them.
    pub(crate) issuers: Vec<String>,
    /// Those of them whose access tokens may say that they are a `JWT`.
    pub(crate) typ_jwt: Vec<String>,
    /// Those that are asked about opaque tokens.
    pub(crate) introspection: Vec<Introspection>,
    pub(crate) rules: Rules,
}

impl OAuth {
    /// Whether any of it is set, so that none of it is passed over.
    pub(crate) fn is_set(&self) -> bool {
        !self.issuers.is_empty()
            || !self.typ_jwt.is_empty()
            || !self.introspection.is_empty()
            || !self.rules.audience.is_empty()
    }
}

/// How this server asks one of its issuers about opaque tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Introspection {
    pub(crate) issuer: String,
    /// The server's own client id there.
    pub(crate) client: String,
    /// Where its secret is; read for each question, so that it can be replaced.
    pub(crate) secret_file: PathBuf,
}

impl Introspection {
    /// Reads `ISSUER CLIENT FILE`.
    ///
    /// # Errors
    /// What is wanted instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.trim().splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(issuer), Some(client), Some(file)) if !file.trim().is_empty() => Ok(Introspection {
                issuer: issuer.to_owned(),
                client: client.to_owned(),
                secret_file: file.trim().into(),
            }),
            _ => Err("an issuer, a client id and the file of its secret are wanted: \
                      \"https://as.example.com mcp-server /run/secrets/introspection\""
                .into()),
        }
    }
}

/// What is wanted of every token, and which claims name its caller.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// This server's canonical URI (RFC 8707 §2), which `aud` has to name.
    pub(crate) audience: String,
    /// Longest that a token may be good for, from its issue to its expiry.
    pub(crate) max_lifetime: Duration,
    /// The user.
    pub(crate) user: String,
    /// The agent: the first of these that is there.
    pub(crate) agents: Vec<String>,
    /// The tenant, which is required where a claim is named.
    pub(crate) tenant: Option<String>,
    /// The scopes, as text with spaces or as an array: all of these together.
    pub(crate) scopes: Vec<String>,
    /// A claim and the value by which it says that nobody stands behind the call.
    pub(crate) machine: Option<(String, String)>,
}

impl Default for Rules {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Rules {
            audience: String::new(),
            max_lifetime: Duration::from_secs(24 * 60 * 60),
            user: "sub".into(),
            agents: names(&["act.sub", "client_id", "azp"]),
            tenant: None,
            scopes: names(&["scope", "scp"]),
            machine: None,
        }
    }
}
