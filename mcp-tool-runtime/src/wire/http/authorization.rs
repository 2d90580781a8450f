//! Who sends a request: nobody passes without a good token, where authorization is configured.

use std::{collections::BTreeSet, fmt};

use hyper::{
    HeaderMap, StatusCode, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderName, HeaderValue,
        RETRY_AFTER, WWW_AUTHENTICATE,
    },
};

use super::{
    PATH,
    reply::{Answer, framed, whole},
};
use crate::{
    control::Controls,
    identity::{
        Authenticated, OAuth, ResourceServer,
        challenge::{self, Denied},
        metadata::Metadata,
    },
    tool::ToolEntry,
    wire::{
        answer::{self, Framed},
        fault::{Fault, code},
    },
};

/// The door of a server that knows its callers.
pub(crate) struct Guard {
    server: ResourceServer,
    metadata: Metadata,
    /// The scopes that are worth asking for at first: those of tools that only read.
    first: Vec<String>,
}

impl Guard {
    /// # Errors
    /// Which setting can't be used, and why.
    pub(crate) fn new(settings: &OAuth, tools: &[ToolEntry], name: &str) -> Result<Self, String> {
        let server = ResourceServer::new(settings)?;
        let scopes = |of_reading_alone: bool| -> BTreeSet<&'static str> {
            let tools = tools.iter().filter(|tool| !of_reading_alone || tool.contract.hints.read_only);
            tools.flat_map(|tool| tool.contract.required_scopes()).collect()
        };
        let all: Vec<&str> = scopes(false).into_iter().collect();
        let canonical = &settings.rules.audience;
        let metadata = Metadata::new(&server.resource, canonical, PATH, &settings.issuers, &all, name);
        let first = scopes(true).into_iter().map(str::to_owned).collect();
        Ok(Guard { server, metadata, first })
    }

    /// Takes nothing from now on that those orders revoked.
    pub(super) fn heed(&mut self, controls: &Controls) {
        self.server.heed(controls);
    }

    /// The host of the resource, by which clients name this server.
    pub(super) fn host(&self) -> String {
        self.server.host()
    }

    /// Finds out who sends a request. The token goes out of its headers.
    pub(super) async fn admit(&self, uri: &Uri, headers: &mut HeaderMap) -> Result<Authenticated, Denied> {
        self.server.authenticate(uri, headers).await
    }

    /// What a request is answered that isn't taken for anybody's.
    pub(super) fn refuse(&self, denied: &Denied) -> Answer {
        let code = match denied {
            Denied::Missing | Denied::Invalid(_) | Denied::Revoked(_) => code::UNAUTHENTICATED,
            Denied::Malformed(_) => code::INVALID_REQUEST,
            Denied::Unreachable => code::UNKNOWABLE,
        };
        let fault = Fault::new(code, denied.message());
        let mut answer = framed(Framed { status: denied.status(), ..answer::fault(&fault) });
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match denied.challenge(&self.metadata.url, &self.first) {
            Some(challenge) => insert(&mut answer, WWW_AUTHENTICATE, &challenge),
            None => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("5"))),
        }
        answer
    }

    /// The answer to a call, with what its caller needs to come back with more scopes.
    pub(super) fn challenged(&self, answer: Framed) -> Answer {
        let challenge =
            answer.wanted.as_deref().map(|wanted| challenge::insufficient_scope(&self.metadata.url, wanted));
        let mut answer = framed(answer);
        if let Some(challenge) = challenge {
            insert(&mut answer, WWW_AUTHENTICATE, &challenge);
        }
        answer
    }

    /// The metadata of this resource, if that path is one of its places.
    pub(super) fn metadata(&self, path: &str) -> Option<Answer> {
        if !self.metadata.is_at(path) {
            return None;
        }
        let json = HeaderValue::from_static("application/json");
        let mut answer = whole(StatusCode::OK, json, self.metadata.document.clone().into());
        // Every page may read what every client may.
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        // Clients name their version of the protocol, for which a browser asks beforehand.
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        Some(answer)
    }
}

/// What holds only characters of a header; else nothing is said.
fn insert(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}
