//! Tokens and metadata in the shapes of common identity providers, with the settings of `docs/identity-providers.md`.

use serde_json::{Value, json};

use super::{
    attacks::refusal,
    call,
    issuer::{Answer, Issuer, RESOURCE},
    issuer_keys,
    named_issuers::{Settings, token},
    succeeded,
};
use crate::harness::{HttpServer, correlation, root};

/// Sample of a provider.
struct Sample {
    /// Heading of the section of the page.
    heading: &'static str,
    /// Path at which the provider has its metadata.
    metadata: &'static str,
    /// Members of the token's header, in addition to `alg` and `kid`.
    header: Value,
    /// Claims of the token, except `iss`, `iat` and `exp`; `null` removes a default claim.
    claims: Value,
    expected: Expected,
}

enum Expected {
    /// The token is accepted, and names this client.
    Client(&'static str),
    /// The token is refused, and one line of the log has these texts.
    Refused(&'static [&'static str]),
}
use Expected::{Client, Refused};

fn samples() -> Vec<Sample> {
    let entra_v2 = json!({
        "aud": "API-CLIENT-ID", "nbf": 1, "aio": "A", "azp": "AGENT", "azpacr": "0", "name": "Ann", "oid": "O",
        "preferred_username": "ann@example.com", "rh": "0.", "scp": "specimen:read", "tid": "TENANT", "uti": "U",
        "ver": "2.0", "client_id": null, "scope": null, "jti": null,
    });
    let entra_v1 = json!({
        "aud": "api://API-CLIENT-ID", "nbf": 1, "acr": "1", "appid": "AGENT", "appidacr": "0", "amr": ["pwd"],
        "ipaddr": "203.0.113.1", "scp": "specimen:read", "tid": "TENANT", "unique_name": "ann@example.com",
        "upn": "ann@example.com", "ver": "1.0", "client_id": null, "scope": null, "jti": null,
    });
    let okta = json!({
        "ver": 1, "jti": "AT.x", "cid": "AGENT", "uid": "00u", "scp": ["specimen:read"], "auth_time": 1,
        "sub": "ann@example.com", "client_id": null, "scope": null,
    });
    let okta_org = json!({
        "ver": 1, "jti": "AT.x", "aud": "ISSUER", "cid": "AGENT", "uid": "00u", "scp": ["openid"], "auth_time": 1,
        "client_id": null, "scope": null,
    });
    let auth0 = json!({
        "sub": "auth0|1", "aud": [RESOURCE, "ISSUER/userinfo"], "azp": "AGENT", "scope": "openid specimen:read",
        "gty": "x", "client_id": null, "jti": null,
    });
    let keycloak = |audience: Value| {
        json!({
            "jti": "onrtac:1", "aud": audience, "typ": "Bearer", "azp": "AGENT", "sid": "S", "acr": "1",
            "allowed-origins": ["*"], "realm_access": { "roles": ["offline_access"] }, "client_id": null,
            "resource_access": { "account": { "roles": ["view-profile"] } }, "scope": "profile specimen:read",
            "preferred_username": "ann", "email_verified": true,
        })
    };
    let cognito = |audience: Value| {
        json!({
            "aud": audience, "client_id": "AGENT", "origin_jti": "O", "event_id": "E", "token_use": "access",
            "scope": "openid specimen:read", "auth_time": 1, "version": 2, "username": "ann",
        })
    };
    let ping = json!({ "client_id": "AGENT", "aud": [RESOURCE], "sid": "S", "jti": null });
    let sample =
        |heading, metadata, header, claims, expected| Sample { heading, metadata, header, claims, expected };
    let (jwt, absent) = (json!({ "typ": "JWT" }), json!({ "typ": null }));
    const KEYCLOAK: &str = "/realms/REALM/.well-known/openid-configuration";
    const COGNITO: &str = "/POOL/.well-known/openid-configuration";
    vec![
        sample(
            "Microsoft Entra ID, version 2",
            "/TENANT/v2.0/.well-known/openid-configuration",
            json!({ "typ": "JWT", "x5t": "x" }),
            entra_v2,
            Client("AGENT"),
        ),
        sample(
            "Microsoft Entra ID, version 1",
            "/TENANT/.well-known/openid-configuration",
            json!({ "typ": "JWT", "x5t": "x" }),
            entra_v1,
            Client("AGENT"),
        ),
        sample(
            "Okta, custom authorization server",
            "/.well-known/oauth-authorization-server/oauth2/default",
            absent.clone(),
            okta,
            Client("AGENT"),
        ),
        sample(
            "Okta, org authorization server",
            "/.well-known/openid-configuration",
            absent.clone(),
            okta_org,
            Refused(&["its aud is the issuer itself", "request a token for oauth.resource"]),
        ),
        sample("Auth0", "/.well-known/openid-configuration", jwt.clone(), auth0.clone(), Client("AGENT")),
        sample("Auth0", "/.well-known/openid-configuration", json!({}), auth0, Client("AGENT")),
        sample("Keycloak", KEYCLOAK, jwt.clone(), keycloak(json!([RESOURCE, "account"])), Client("AGENT")),
        sample(
            "Keycloak",
            KEYCLOAK,
            jwt,
            keycloak(json!("account")),
            Refused(&["its aud is \"account\"", "issue tokens for oauth.resource"]),
        ),
        sample("Amazon Cognito", COGNITO, absent.clone(), cognito(json!(RESOURCE)), Client("AGENT")),
        sample(
            "Amazon Cognito",
            COGNITO,
            absent.clone(),
            cognito(Value::Null),
            Refused(&["it has no aud", "add oauth.resource to the audience at the issuer"]),
        ),
        sample(
            "Google",
            "/.well-known/openid-configuration",
            Value::Null,
            Value::Null,
            Refused(&["a token that isn't a JWT was refused", "make the issuer issue JWTs"]),
        ),
        sample(
            "Ping Identity, PingOne",
            "/ENVIRONMENT/as/.well-known/openid-configuration",
            absent,
            ping.clone(),
            Client("AGENT"),
        ),
        sample(
            "Ping Identity, PingOne",
            "/ENVIRONMENT/as/.well-known/openid-configuration",
            json!({}),
            ping,
            Client("AGENT"),
        ),
    ]
}

/// Returns the settings in the page: the common block, and the heading and block of each section.
fn blocks() -> (String, Vec<(String, String)>) {
    let page = std::fs::read_to_string(root().join("docs/identity-providers.md")).unwrap();
    let block = |text: &str| {
        let (_, rest) = text.split_once("```toml\n").unwrap_or_else(|| panic!("no settings in {text}"));
        rest.split("```").next().unwrap().to_owned()
    };
    let mut sections = page.split("\n## ");
    let common = block(sections.next().unwrap());
    let named = sections.map(|section| (section.lines().next().unwrap().to_owned(), block(section)));
    (common, named.collect())
}

/// An issuer that replaces the provider, and a server with the provider's settings.
struct Provider {
    issuer: Issuer,
    /// URL of the issuer in the settings.
    url: String,
    settings: String,
}

impl Provider {
    fn start(common: &str, block: &str, metadata: &'static str) -> Self {
        let issuer = Issuer::start(&issuer_keys());
        let (_, url) = block.split_once("url = \"").unwrap();
        let url = url.split('"').next().unwrap();
        // The origin is replaced, and the path stays.
        let origin: String = url.split('/').take(3).collect::<Vec<_>>().join("/");
        let local = url.replace(&origin, &issuer.url);
        let settings = format!("{common}{block}");
        let settings = settings.replace("https://mcp.example.com/mcp", RESOURCE).replace(url, &local);
        issuer.set_only(metadata);
        issuer.set_elsewhere(Answer::Body("<!doctype html><title>Not found</title>".into()));
        issuer.set_document(json!({ "issuer": local }));
        Provider { issuer, url: local, settings }
    }

    fn token(&self, sample: &Sample) -> String {
        if sample.claims.is_null() {
            return "ya29.a0AfB_opaque".into();
        }
        let claims =
            sample.claims.to_string().replace("ISSUER/", &self.issuer.url).replace("ISSUER", &self.url);
        let mut claims: Value = serde_json::from_str(&claims).unwrap();
        claims["iss"] = json!(self.url);
        token(&self.issuer, &sample.header, &claims)
    }
}

#[test]
fn token_of_each_provider_is_accepted_with_its_settings_or_refused_with_a_reason() {
    let (common, blocks) = blocks();
    let samples = samples();
    for (heading, _) in &blocks {
        assert!(samples.iter().any(|sample| sample.heading == heading), "no sample of {heading}");
    }
    for sample in &samples {
        let heading = sample.heading;
        let (_, block) =
            blocks.iter().find(|(of, _)| of == heading).unwrap_or_else(|| panic!("no {heading}"));
        let provider = Provider::start(&common, block, sample.metadata);
        let settings = Settings::new(&provider.settings);
        let server = HttpServer::start(&settings.flags());
        let reply = call(&server, &[("Authorization", &format!("Bearer {}", provider.token(sample)))]);
        match sample.expected {
            Client(client) => {
                assert!(succeeded(&reply), "{heading}: {reply:?}\n{}", server.stderr.text());
                let record = server.stderr.record_of(correlation(&reply.json()));
                assert_eq!(record["client"], client, "{heading}: {record}");
                assert!(!server.stderr.text().contains("WARN"), "{heading}: {}", server.stderr.text());
            }
            Refused(reason) => {
                refusal(&reply).unwrap_or_else(|reply| panic!("{heading}: {reply}"));
                server.stderr.line_with(reason);
                let again =
                    call(&server, &[("Authorization", &format!("Bearer {}", provider.token(sample)))]);
                refusal(&again).unwrap_or_else(|reply| panic!("{heading}: {reply}"));
                let text = server.stderr.text();
                assert_eq!(text.matches(reason[0]).count(), 1, "{heading}: {text}");
            }
        }
    }
}

/// Without its section, a token is refused, and the log names the missing keys one after the other.
#[test]
fn log_names_each_setting_that_a_token_needs() {
    let (common, blocks) = blocks();
    for sample in samples().iter().filter(|sample| matches!(sample.expected, Client(_))) {
        let heading = sample.heading;
        let (_, block) = blocks.iter().find(|(of, _)| of == heading).unwrap();
        let provider = Provider::start(&common, block, sample.metadata);
        // The lines of the section after its name and `url`.
        let mut lines = block.lines();
        let mut settings: Vec<&str> = lines.by_ref().take(2).collect();
        for line in lines.filter(|_| sample.header.get("typ").is_some()) {
            let settings_file = {
                let provider_url = block.split('"').nth(1).unwrap();
                let text = format!("{common}{}\n", settings.join("\n"));
                let text = text.replace("https://mcp.example.com/mcp", RESOURCE);
                Settings::new(&text.replace(provider_url, &provider.url))
            };
            let server = HttpServer::start(&settings_file.flags());
            let token = provider.token(sample);
            let reply = call(&server, &[("Authorization", &format!("Bearer {token}"))]);
            // A token without a client is accepted, and the log says so.
            let is_client = line.starts_with("client_claim");
            assert_eq!(succeeded(&reply), is_client, "{heading} without {line}: {reply:?}");
            let (key, value) = line.split_once(" = ").unwrap();
            let section = block.lines().next().unwrap();
            server.stderr.line_with(&[&format!("{section} {key} = "), value]);
            settings.push(line);
        }
    }
}
