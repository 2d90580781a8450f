//! The contract: what a tool promises to those who call it, as one constant.

use crate::{
    bounds::{DEFAULT_MAX_ITEMS, DEFAULT_MAX_LEN, Literal, Object, Schema, bound_setters},
    pattern::Pattern,
    rules::ChangeRule,
};

/// The longest a call may run where its tool says nothing, in milliseconds; an operator may set another.
pub const DEFAULT_TIMEOUT_MS: u64 = 30_000;

/// What a tool promises. It is listed, read against, stamped on every answer and compared between versions.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// The name that callers use: `[A-Za-z_][A-Za-z0-9_-]*`, 1 to 64 characters.
    pub name: &'static str,
    /// The version of this promise.
    pub version: Version,
    /// A name for people.
    pub title: Option<&'static str>,
    /// What it does, for the model that chooses it.
    pub description: &'static str,
    /// What the caller sends, in the order of the signature.
    pub input: &'static [Param],
    /// What the arguments have to satisfy together: JSON Schema in RFC 8785 form, with the keywords of
    /// [`constraints`](crate::constraints).
    pub constraints: Option<&'static str>,
    /// What the caller gets.
    pub output: ToolOutput,
    /// The scopes that a caller needs, all of them; none for a public tool.
    pub scopes: &'static [&'static str],
    /// What hosts are told of its effects.
    pub hints: Hints,
    /// The longest a call may run, in milliseconds; the server's own bound where absent.
    pub timeout_ms: Option<u64>,
    /// Calls of this tool that may run at one time.
    pub concurrency: Option<u32>,
    /// Calls of this tool that one caller may make in a window of time.
    pub rate: Option<Rate>,
    /// What a call of a destructive tool must pass; a person's approval where absent.
    pub gate: Option<Gate>,
    /// The only upstreams that it can reach.
    pub upstreams: &'static [&'static str],
    /// Whether its calls can go on as tasks (SEP-2663), or do nothing else.
    pub task: Option<TaskSupport>,
    /// That it will go, and what to use instead.
    pub deprecation: Option<Deprecation>,
    /// Guards that were lowered, and why.
    pub weakens: &'static [Weakening],
}

/// So many calls of one caller in any window of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls, from 1 to [`Rate::MAX_CALLS`].
    pub calls: u32,
    /// How long the window is.
    pub window: Window,
}

/// How long the window of a rate is. Each holds the ones before it a whole number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say how long each is")]
pub enum Window {
    Second,
    Minute,
    Hour,
    Day,
}

impl Window {
    /// All of them, shortest first.
    pub const ALL: [Window; 4] = [Window::Second, Window::Minute, Window::Hour, Window::Day];

    /// As it stands behind the calls of a rate.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Window::Second => "s",
            Window::Minute => "min",
            Window::Hour => "h",
            Window::Day => "day",
        }
    }

    /// In milliseconds.
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
    /// The most calls of a window.
    pub const MAX_CALLS: u32 = 1_000_000;

    /// The most calls that this lets through in one window of another rate.
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

/// What a call of a destructive tool must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// A scope above those that the tool needs.
    Scope(&'static str),
}

/// How a tool's calls go on as tasks (SEP-2663), with clients that declare that they know such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskSupport {
    /// As tasks where the client knows them, else as any other call.
    Optional,
    /// As tasks alone: a client that doesn't know them is refused.
    Required,
}

impl TaskSupport {
    /// Both.
    pub const ALL: [TaskSupport; 2] = [TaskSupport::Optional, TaskSupport::Required];

    /// As it stands in `_meta`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            TaskSupport::Optional => "optional",
            TaskSupport::Required => "required",
        }
    }
}

/// That a tool will go (SEP-2053 `deprecationInfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// Why, or what to do.
    pub message: &'static str,
    /// The tool to use instead.
    pub replacement: Option<&'static str>,
    /// The day until which it is served, `2027-01-31` (RFC 3339 `full-date`).
    pub removal: Option<&'static str>,
}

/// A guard that was lowered on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weakening {
    /// The rule that says so.
    pub rule: ChangeRule,
    /// Why.
    pub reason: &'static str,
}

/// `major.minor`: a new major breaks callers, a new minor doesn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Changes that break callers.
    pub major: u32,
    /// Changes that don't.
    pub minor: u32,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// `ToolAnnotations` of the protocol. A host may trust them or not; the server's own guards don't rest on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// It changes nothing.
    pub read_only: bool,
    /// It undoes or overwrites what was there.
    pub destructive: bool,
    /// A repeated call changes nothing more.
    pub idempotent: bool,
    /// It reaches beyond the server's own domain.
    pub open_world: bool,
}

/// A parameter: one property of the input schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// Its name in the arguments.
    pub name: &'static str,
    /// What it means, for the model that fills it in.
    pub description: &'static str,
    /// What its argument may be.
    pub schema: Schema,
    /// What stands in when the argument is absent.
    pub default: Option<Literal>,
    /// Its value is never echoed, logged or digested.
    pub secret: bool,
    /// The header that mirrors it over HTTP, behind `Mcp-Param-` (2026-07-28, `x-mcp-header`).
    pub header: Option<&'static str>,
}

/// What a call gives back.
#[derive(Clone, Copy, Debug)]
pub enum ToolOutput {
    /// Nothing but its success.
    Nothing,
    /// Plain text.
    Text,
    /// Pieces for the model of whatever kind: text, images, audio, resources and links to them.
    Content,
    /// An object of this shape.
    Object(&'static Object),
    /// A page of items with a cursor to the next.
    Page(&'static Object),
    /// An object whose JSON Schema is known only when the server runs.
    Dynamic(fn() -> serde_json::Value),
    /// Such a schema as a lock remembers it, as JSON text.
    FromLock(&'static str),
}

impl Contract {
    /// A contract of nothing, for contexts outside any call.
    pub const EMPTY: Contract = Contract {
        name: "",
        version: Version { major: 0, minor: 0 },
        title: None,
        description: "",
        input: &[],
        constraints: None,
        output: ToolOutput::Nothing,
        scopes: &[],
        hints: Hints { read_only: false, destructive: false, idempotent: false, open_world: false },
        timeout_ms: None,
        concurrency: None,
        rate: None,
        gate: None,
        upstreams: &[],
        task: None,
        deprecation: None,
        weakens: &[],
    };

    /// Every scope that a caller needs, that of the gate among them.
    pub fn required_scopes(&self) -> impl Iterator<Item = &'static str> + use<> {
        let gate = self.gate.map(|Gate::Scope(scope)| scope);
        self.scopes.iter().copied().chain(gate)
    }

    /// Whether its calls need a person's approval.
    #[must_use]
    pub const fn needs_approval(&self) -> bool {
        self.hints.destructive && self.gate.is_none()
    }

    /// Whether a caller can ask for the next page of the result.
    #[must_use]
    pub const fn is_paged(&self) -> bool {
        matches!(self.output, ToolOutput::Page(_))
    }
}

impl Param {
    /// A parameter without bounds of its own.
    #[must_use]
    pub const fn new(name: &'static str, description: &'static str, schema: Schema) -> Self {
        Param { name, description, schema, default: None, secret: false, header: None }
    }

    /// Whether a call without it is refused.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        !self.schema.optional && self.default.is_none()
    }

    /// Bounds what the parameter and its type left open: by the tool's defaults, else the framework's.
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

    /// What stands in when the argument is absent. Comes after every bound.
    #[track_caller]
    #[must_use]
    pub const fn default(mut self, literal: Literal) -> Self {
        match self.schema.admits(literal) {
            Ok(()) => self.default = Some(literal),
            Err(error) => error.raise("parameter", self.name),
        }
        self
    }

    /// Its value is never echoed, logged or digested.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The header that mirrors it, behind `Mcp-Param-`. Comes after every bound.
    #[track_caller]
    #[must_use]
    pub const fn header(mut self, name: &'static str) -> Self {
        match self.schema.mirrors() {
            Ok(()) => self.header = Some(name),
            Err(error) => error.raise("parameter", self.name),
        }
        self
    }

    /// That a function completes it, which no contract promises: it only has to be text.
    #[track_caller]
    #[must_use]
    pub const fn completed(self) -> Self {
        match self.schema.takes_suggestions() {
            Ok(()) => self,
            Err(error) => error.raise("parameter", self.name),
        }
    }
}

bound_setters!(Param, "parameter");
