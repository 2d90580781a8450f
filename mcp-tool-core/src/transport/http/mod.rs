//! HTTP/1.1, served by hyper.
//!
//! A request passes `listener` → `connection` → `route` (path, host, origin, authentication, method, body) →
//! `dispatch`, which parses the message.
//!
//! | message | answered by |
//! |---|---|
//! | `tools/call` | `call` |
//! | `tools/list` | `list` |
//! | `subscriptions/listen`, unless the fallback handler accepts it | `subscription` |
//! | notification | `dispatch` |
//! | all others | `rmcp_service`, where rmcp parses them again |
//!
//! In a legacy session (an MCP session of revisions up to 2025-11-25), `rmcp_service` answers all messages except
//! invalid or refused calls and malformed notifications. `dispatch` rejects invalid requests. `user_limits` refuses
//! requests, streams and sessions of a user that has too many.

mod accept;
mod authentication;
mod body;
mod body_headers;
mod call;
mod client_address;
mod connection;
mod dispatch;
mod host;
mod in_flight;
mod list;
mod listener;
mod origin;
mod outsiders;
mod overload;
mod parameter_headers;
mod protocol_headers;
mod response;
mod response_body;
mod rmcp_body;
mod rmcp_service;
mod route;
mod sender;
mod service;
mod sessions;
mod settings;
mod sse;
mod stream_end;
mod subscription;
mod user_limits;

pub use self::{
    authentication::AuthenticationLayer,
    listener::{bind, serve},
    origin::Origins,
    route::PATH,
    settings::HttpSettings,
};
/// Internals for `benches/instructions` only.
#[doc(hidden)]
pub use self::{connection::serve_requests, service::Service};
