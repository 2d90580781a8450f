//! Whose tokens are taken, and what they have to say: as an operator sets it, whether or not it is compiled in.

use std::{path::PathBuf, time::Duration};

/// This server as a resource server.
#[derive(Clone, Debug, Default)]
pub struct OAuth {
    /// Issuers, as `iss` names them.
    pub issuers: Vec<String>,
    /// Those of them whose access tokens may say that they are a `JWT`.
    pub typ_jwt: Vec<String>,
    /// Those that are asked about opaque tokens.
    pub introspection: Vec<Introspection>,
    pub rules: Rules,
}

impl OAuth {
    /// Whether any of it is set, so that none of it is passed over.
    pub fn is_set(&self) -> bool {
        !self.issuers.is_empty()
            || !self.typ_jwt.is_empty()
            || !self.introspection.is_empty()
            || !self.rules.audience.is_empty()
    }
}

/// How this server asks one of its issuers about opaque tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspection {
    pub issuer: String,
    /// The server's own client id there.
    pub client: String,
    /// Where its secret is; read for each question, so that it can be replaced.
    pub secret_file: PathBuf,
}

impl Introspection {
    /// Reads `ISSUER CLIENT FILE`.
    ///
    /// # Errors
    /// What is wanted instead.
    pub fn parse(text: &str) -> Result<Self, String> {
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
pub struct Rules {
    /// This server's canonical URI (RFC 8707 §2), which `aud` has to name.
    pub audience: String,
    /// Longest that a token may be good for, from its issue to its expiry.
    pub max_lifetime: Duration,
    /// The user.
    pub user: String,
    /// The agent: the first of these that is there.
    pub agents: Vec<String>,
    /// The tenant, which is required where a claim is named.
    pub tenant: Option<String>,
    /// The scopes, as text with spaces or as an array: all of these together.
    pub scopes: Vec<String>,
    /// A claim and the value by which it says that nobody stands behind the call.
    pub machine: Option<(String, String)>,
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
