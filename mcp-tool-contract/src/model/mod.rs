//! The contract of a tool, as one constant.

mod access;
mod build;

use crate::{
    bounds::{DEFAULT_MAX_ITEMS, DEFAULT_MAX_LEN, Literal, Object, Schema, bound_setters},
    pattern::Pattern,
    rules::ChangeRule,
};

/// Default timeout of a call, in milliseconds. An operator may set another default.
pub const DEFAULT_TIMEOUT_MS: u64 = 30_000;

/// Contract of a tool. The server lists and enforces it, and identifies it in every response. Two versions of a
/// contract can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// Name that callers use: `[A-Za-z_][A-Za-z0-9_-]*`, 1 to 64 characters.
    pub(crate) name: &'static str,
    /// Version of the contract.
    pub(crate) version: Version,
    /// Display name.
    pub(crate) title: Option<&'static str>,
    /// Description for the model that chooses the tool.
    pub(crate) description: &'static str,
    /// Parameters, in the order of the signature.
    pub(crate) input: &'static [Param],
    /// Conditions across several arguments: JSON Schema in RFC 8785 form, with the keywords of
    /// [`constraints`](crate::constraints).
    pub(crate) constraints: Option<&'static str>,
    /// Kind of the result, with its schema.
    pub(crate) output: ToolOutput,
    /// Scopes, all of which a caller needs; empty for a public tool.
    pub(crate) scopes: &'static [&'static str],
    /// Hints about the tool's effects, for hosts (applications that use an MCP client).
    pub(crate) hints: Hints,
    /// Timeout of a call in milliseconds; `None` for the server's default.
    pub(crate) timeout_ms: Option<u64>,
    /// Maximum concurrent calls of the tool; `None` if only the server's limit applies.
    pub(crate) concurrency: Option<u32>,
    /// Maximum calls of one caller per window of time; `None` without limit.
    pub(crate) rate: Option<Rate>,
    /// Gate of a destructive tool. Calls of a destructive tool without a gate are refused, unless the operator permits
    /// the tool (`gate.allow_destructive`).
    pub(crate) gate: Option<Gate>,
    /// Upstreams (services) that the tool can reach; all others are refused.
    pub(crate) upstreams: &'static [&'static str],
    /// Support for running calls as tasks (SEP-2663); `None` if calls never run as tasks.
    pub(crate) task: Option<TaskSupport>,
    /// Deprecation notice; `None` if the tool isn't deprecated.
    pub(crate) deprecation: Option<Deprecation>,
    /// Guards (such as scopes and bounds) that were lowered on purpose, each with its reason.
    pub(crate) weakens: &'static [Weakening],
}

/// Maximum calls of one caller in any window of a given length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls per window, from 1 to [`Rate::MAX_CALLS`].
    pub(crate) calls: u32,
    /// Length of the window.
    pub(crate) window: Window,
}

/// Length of a rate's window. Each window is a whole multiple of every shorter window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the lengths")]
#[non_exhaustive]
pub enum Window {
    Second,
    Minute,
    Hour,
    Day,
}

impl Window {
    /// All windows, shortest first.
    pub const ALL: [Window; 4] = [Window::Second, Window::Minute, Window::Hour, Window::Day];

    /// Unit in a written rate, such as `min` in `10/min`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Window::Second => "s",
            Window::Minute => "min",
            Window::Hour => "h",
            Window::Day => "day",
        }
    }

    /// Noun for messages, such as `minute`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Window::Second => "second",
            Window::Minute => "minute",
            Window::Hour => "hour",
            Window::Day => "day",
        }
    }

    /// Identifier of the variant, for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn variant(self) -> &'static str {
        match self {
            Window::Second => "Second",
            Window::Minute => "Minute",
            Window::Hour => "Hour",
            Window::Day => "Day",
        }
    }

    /// Length in milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> u64 {
        match self {
            Window::Second => 1_000,
            Window::Minute => 60_000,
            Window::Hour => 3_600_000,
            Window::Day => 86_400_000,
        }
    }
}

impl Rate {
    /// Maximum calls per window.
    pub const MAX_CALLS: u32 = 1_000_000;

    /// Returns the maximum number of calls that this rate admits within one `window`. The rate's own window may have
    /// another length.
    pub(crate) const fn most_in(self, window: Window) -> u64 {
        let times = window.milliseconds() / self.window.milliseconds();
        self.calls as u64 * if times > 1 { times } else { 1 }
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.calls, self.window.name())
    }
}

/// Condition that a call of a destructive tool must meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gate {
    /// A scope that the caller needs in addition to the tool's scopes.
    Scope(&'static str),
}

/// Support for running a tool's calls as tasks (SEP-2663). A client supports tasks if it declares the
/// tasks extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskSupport {
    /// Runs as a task if the client supports tasks, otherwise as an ordinary call.
    Optional,
    /// Runs only as a task: clients without task support are refused.
    Required,
}

impl TaskSupport {
    /// Both variants.
    pub const ALL: [TaskSupport; 2] = [TaskSupport::Optional, TaskSupport::Required];

    /// Identifier of the variant, for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn variant(self) -> &'static str {
        match self {
            TaskSupport::Optional => "Optional",
            TaskSupport::Required => "Required",
        }
    }

    /// Value in `_meta`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            TaskSupport::Optional => "optional",
            TaskSupport::Required => "required",
        }
    }
}

/// Notice that a tool will be removed (SEP-2053 `deprecationInfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// Reason for the removal, or migration advice.
    pub(crate) message: &'static str,
    /// Name of the tool to use instead.
    pub(crate) replacement: Option<&'static str>,
    /// Last day on which the tool is served, `2027-01-31` (RFC 3339 `full-date`).
    pub(crate) removal: Option<&'static str>,
}

/// A guard (such as a scope or a bound) that was lowered on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weakening {
    /// Rule of the change that lowered the guard.
    pub(crate) rule: ChangeRule,
    /// Reason for the change.
    pub(crate) reason: &'static str,
}

/// Version `major.minor`: a new major breaks callers, a new minor doesn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Increases with changes that break callers.
    pub(crate) major: u32,
    /// Increases with additive changes and lowered guards.
    pub(crate) minor: u32,
}

impl Version {
    /// Creates the version `major.minor`.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Version { major, minor }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// MCP `ToolAnnotations`. A host may ignore them. The server's own checks of calls use only `read_only` and
/// `destructive`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// The tool changes nothing.
    pub(crate) read_only: bool,
    /// The tool deletes or overwrites data.
    pub(crate) destructive: bool,
    /// A second call with the same arguments has no further effect.
    pub(crate) idempotent: bool,
    /// The tool reaches external systems (MCP `openWorldHint`).
    pub(crate) open_world: bool,
}

/// Parameter: one property of the input schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// Name in the arguments object.
    pub(crate) name: &'static str,
    /// Description for the model that sends the argument.
    pub(crate) description: &'static str,
    /// Schema of the argument.
    pub(crate) schema: Schema,
    /// Value to use if the argument is absent or `null`; `None` if the attribute sets no default.
    pub(crate) default: Option<Literal>,
    /// Marks a value that is never echoed or logged, and is left out of the digest in audit records.
    pub(crate) secret: bool,
    /// HTTP header that mirrors the argument, without `Mcp-Param-` (revision 2026-07-28, `x-mcp-header`).
    pub(crate) header: Option<&'static str>,
}

/// Result of a tool.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ToolOutput {
    /// Success without content.
    Nothing,
    /// Plain text.
    Text,
    /// Content blocks of any kind: text, images, audio, resources and links to them.
    Content,
    /// An object with these members.
    Object(&'static Object),
    /// A page: an object with the items and a cursor to the next page.
    Paged(&'static Object),
    /// An object whose JSON Schema is known only at run time. The function returns the schema.
    Dynamic(fn() -> serde_json::Value),
    /// The JSON text of a [`Dynamic`](ToolOutput::Dynamic) schema, as a lock stores it.
    FromLock(&'static str),
}

impl Contract {
    /// Empty contract: the base of constructed contracts, and the contract in `CallContext::for_test`.
    pub const EMPTY: Contract = Contract {
        name: "",
        version: Version { major: 0, minor: 0 },
        title: None,
        description: "",
        input: &[],
        constraints: None,
        output: ToolOutput::Nothing,
        scopes: &[],
        hints: Hints::NONE,
        timeout_ms: None,
        concurrency: None,
        rate: None,
        gate: None,
        upstreams: &[],
        task: None,
        deprecation: None,
        weakens: &[],
    };

    /// Returns every scope that a caller needs, including the scope of the gate.
    pub fn required_scopes(&self) -> impl Iterator<Item = &'static str> + use<> {
        let gate = self.gate.map(|Gate::Scope(scope)| scope);
        self.scopes.iter().copied().chain(gate)
    }

    /// Returns `true` if the tool is destructive and has no gate. Its calls need approval: they are refused, unless the
    /// operator permits the tool (`gate.allow_destructive`).
    #[must_use]
    pub const fn needs_approval(&self) -> bool {
        self.hints.destructive && self.gate.is_none()
    }

    /// Returns `true` if results are paged.
    #[must_use]
    pub const fn is_paged(&self) -> bool {
        matches!(self.output, ToolOutput::Paged(_))
    }
}

impl Param {
    /// Creates a parameter whose only bounds are those of `schema`.
    #[must_use]
    pub const fn new(name: &'static str, description: &'static str, schema: Schema) -> Self {
        Param { name, description, schema, default: None, secret: false, header: None }
    }

    /// Returns `true` if a call without this argument is refused.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        !self.schema.optional && self.default.is_none()
    }

    /// Sets the bounds that the parameter lacks: the maximum length of a string and the maximum number of an array's
    /// items. `None` means [`DEFAULT_MAX_LEN`] or [`DEFAULT_MAX_ITEMS`]. Panics, which is a compile error, if such a
    /// maximum is less than the parameter's minimum.
    #[track_caller]
    #[must_use]
    pub const fn bounded(mut self, max_len: Option<u64>, max_items: Option<u64>) -> Self {
        let max_len = match max_len {
            Some(most) => most,
            None => DEFAULT_MAX_LEN,
        };
        let max_items = match max_items {
            Some(most) => most,
            None => DEFAULT_MAX_ITEMS,
        };
        match self.schema.bounded(max_len, Some(max_items)) {
            Ok(schema) => self.schema = schema,
            Err(error) => error.raise("parameter", self.name),
        }
        self
    }

    /// Sets the value to use if the argument is absent or `null`. Call this after all bounds are set, because this
    /// checks the value against them.
    #[track_caller]
    #[must_use]
    pub const fn default(mut self, literal: Literal) -> Self {
        match self.schema.admits(literal) {
            Ok(()) => self.default = Some(literal),
            Err(error) => error.raise("parameter", self.name),
        }
        self
    }

    /// Marks the value as secret: it is never echoed or logged, and is left out of the digest in audit records.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Sets the header that mirrors the argument, without `Mcp-Param-`. Call this after all bounds are set, because
    /// this checks that the argument is a string, a boolean, or an integer within ±(2^53 - 1), which every client
    /// represents exactly.
    #[track_caller]
    #[must_use]
    pub const fn header(mut self, name: &'static str) -> Self {
        match self.schema.mirrors() {
            Ok(()) => self.header = Some(name),
            Err(error) => error.raise("parameter", self.name),
        }
        self
    }

    /// Checks that a completion function can suggest values: the argument must be a string or an array of strings.
    /// Returns the parameter unchanged, because completion is not part of the contract.
    #[track_caller]
    #[must_use]
    pub const fn completed(self) -> Self {
        match self.schema.takes_suggestions() {
            Ok(()) => self,
            Err(error) => error.raise("parameter", self.name),
        }
    }
}

// Defines `min`, `max`, `min_len`, `max_len`, `pattern`, `min_items` and `max_items`.
bound_setters!(Param, "parameter");
