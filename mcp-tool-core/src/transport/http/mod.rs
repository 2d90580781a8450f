//! HTTP/1.1, served by hyper. Outside legacy sessions, the message of a call is parsed only once; in sessions, rmcp
//! parses it again.
//!
//! A request passes `listener` → `connection` → `route` (path, host, origin, authentication, body) → `dispatch`, which
//! passes calls to `call`, `tools/list` to `list`, and all other messages to `rmcp_service`.

mod authentication;
mod body;
mod call;
mod client_address;
mod connection;
mod dispatch;
mod in_flight;
mod list;
mod listener;
mod origin;
mod overload;
mod parameter_headers;
mod protocol_headers;
mod response;
mod response_body;
mod rmcp_service;
mod route;
mod sender;
mod service;
mod sessions;
mod settings;
mod sse;

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
