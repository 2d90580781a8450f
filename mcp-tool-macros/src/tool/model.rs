//! A tool, once its syntax is behind us.

use mcp_tool_contract::{
    model::{Rate, TaskSupport},
    rules::ChangeRule,
};
use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, LitStr, Path, Type, Visibility};

use crate::{bounds::Bounds, literal::Literal, lock::LockedTool};

/// What the attribute's keys say.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) name: Option<String>,
    pub(crate) version: (u32, u32),
    /// Where the version stands.
    pub(crate) version_at: Option<Span>,
    pub(crate) title: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) read_only: bool,
    pub(crate) destructive: bool,
    pub(crate) idempotent: bool,
    pub(crate) open_world: bool,
    pub(crate) max_len: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) task: Option<TaskSupport>,
    pub(crate) constraints: Option<LitStr>,
    pub(crate) rate: Option<Rate>,
    /// The scope that opens the gate.
    pub(crate) gate: Option<String>,
    pub(crate) upstreams: Vec<String>,
    pub(crate) deprecation: Option<Deprecation>,
    pub(crate) weakens: Vec<Weakening>,
}

/// That the tool will go.
pub(crate) struct Deprecation {
    pub(crate) message: String,
    pub(crate) replacement: Option<String>,
    pub(crate) removal: Option<String>,
}

/// Why a guard is lowered.
pub(crate) struct Weakening {
    pub(crate) rule: ChangeRule,
    pub(crate) reason: String,
}

/// A function that is a tool.
pub(crate) struct Tool {
    pub(crate) function: Ident,
    pub(crate) visibility: Visibility,
    /// Conditions among its parameters, in the form that compares.
    pub(crate) constraints: Option<String>,
    /// `#[cfg(…)]` of the function: what stands beside it has the same.
    pub(crate) conditions: Vec<Attribute>,
    /// Whether mistakes left something that can be called.
    pub(crate) is_whole: bool,
    /// Whether its types can't be named outside the signature.
    pub(crate) is_generic: bool,
    pub(crate) is_async: bool,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) keys: Keys,
    /// The locked contract that this one is judged by.
    pub(crate) locked: Option<LockedTool>,
    /// What makes cargo look again when the lock changes.
    pub(crate) tracked: Option<TokenStream>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) output: Type,
    /// Descriptions that are missing, and where.
    pub(crate) undescribed: Vec<Undescribed>,
}

/// A description that is missing.
pub(crate) struct Undescribed {
    pub(crate) what: String,
    pub(crate) span: Span,
}

/// One parameter of the function.
pub(crate) enum Input {
    /// Borrowed: the call's context, or what was lent.
    StateMap(StateMap),
    /// The page that is asked for.
    Page(Span),
    /// Owned: sent by the agent.
    Sent(Sent),
}

/// A parameter that the server lends.
pub(crate) struct StateMap {
    /// Its name, where it has one.
    pub(crate) name: Option<Ident>,
    pub(crate) ty: Type,
}

/// A parameter that the agent sends.
pub(crate) struct Sent {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) ty: Type,
    pub(crate) bounds: Bounds,
    pub(crate) default: Option<Default>,
    pub(crate) secret: bool,
    pub(crate) header: Option<Header>,
    pub(crate) completion: Option<Box<Completion>>,
}

/// The header that mirrors an argument, and where it stands.
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) key: Span,
    pub(crate) value: Span,
}

/// The function that completes an argument, and what it borrows of what the tool borrows.
pub(crate) struct Completion {
    pub(crate) function: Path,
    pub(crate) lent: Vec<Ident>,
    pub(crate) key: Span,
}

/// A default, and where it stands.
pub(crate) struct Default {
    pub(crate) literal: Literal,
    pub(crate) key: Span,
    pub(crate) value: Span,
}
