//! Rules for the tokens of one issuer, from `[oauth]` and the issuer's own section.

use super::{
    issuer_settings::{AcceptedTyp, IssuerConfig},
    settings::TokenRules,
};

/// Rules for the tokens of one issuer, with the place of their settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct IssuerTrust {
    /// Name of the section `[issuer.NAME]`; `None` for an issuer of `oauth.issuers`.
    section: Option<String>,
    pub(crate) typ: AcceptedTyp,
    pub(crate) rules: TokenRules,
}

impl IssuerTrust {
    /// Returns the trust in an issuer of `oauth.issuers`.
    pub(crate) fn listed(rules: &TokenRules) -> Self {
        IssuerTrust { rules: rules.clone(), ..IssuerTrust::default() }
    }

    /// Returns the trust in the issuer of the section `[issuer.NAME]`.
    pub(crate) fn named(section: &str, config: &IssuerConfig, rules: &TokenRules) -> Self {
        let mut rules = rules.clone();
        rules.audiences.clone_from(&config.audiences);
        if let Some(claim) = &config.client_claim {
            rules.clients = vec![claim.clone()];
            // By default, the agent of a token without an actor is the client.
            if rules.agents == TokenRules::default().agents {
                rules.agents = vec!["act.sub".into(), claim.clone()];
            }
        }
        IssuerTrust { section: Some(section.to_owned()), typ: config.typ, rules }
    }

    /// Returns the name of a setting of the issuer, for errors.
    pub(crate) fn place(&self, key: &str) -> String {
        match &self.section {
            Some(name) => format!("issuer.{name}.{key}"),
            None => "oauth.issuers".into(),
        }
    }

    /// Returns the line of a settings file that sets a key of the issuer.
    pub(crate) fn setting(&self, key: &str, value: &str) -> String {
        match &self.section {
            Some(name) => format!("[issuer.{name}] {key} = {value}"),
            None => format!("[issuer.NAME] {key} = {value}, and url there instead of in oauth.issuers"),
        }
    }
}
