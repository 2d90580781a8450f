//! Read access to contracts. Each row of `accessors!` has a method's documentation, its name and its type.

use super::{
    Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Weakening, Window,
};
use crate::{
    accessors::accessors,
    bounds::{Literal, Schema},
    rules::ChangeRule,
};

accessors! { Contract:
    "Name that callers use." name: &'static str,
    "Version of the contract." version: Version,
    "Display name." title: Option<&'static str>,
    "Description for the model that chooses the tool." description: &'static str,
    "Parameters, in the order of the signature." input: &'static [Param],
    "Conditions across several arguments, as JSON Schema; `None` if there are none." constraints: Option<&'static str>,
    "Kind of the result, with its schema." output: ToolOutput,
    "Scopes, all of which a caller needs; empty for a public tool." scopes: &'static [&'static str],
    "Hints about the tool's effects, for hosts (applications that use an MCP client)." hints: Hints,
    "Timeout of a call in milliseconds; `None` for the server's default." timeout_ms: Option<u64>,
    "Maximum concurrent calls of the tool; `None` if only the server's limit applies." concurrency: Option<u32>,
    "Gate of a destructive tool. Without a gate, calls need the operator's permission for the tool." gate: Option<Gate>,
    "Upstreams (services) that the tool can reach; all others are refused." upstreams: &'static [&'static str],
    "Support for running calls as tasks (SEP-2663); `None` if calls never run as tasks." task: Option<TaskSupport>,
    "Deprecation notice; `None` if the tool isn't deprecated." deprecation: Option<Deprecation>,
    "Guards (such as scopes) that were lowered on purpose, each with its reason." weakens: &'static [Weakening],
}

impl Contract {
    /// Rate limit of each caller: at most one item; none if the number of calls is unlimited.
    #[must_use]
    pub const fn rates(&self) -> &[Rate] {
        self.rate.as_slice()
    }
}

accessors! { Version:
    "Increases with changes that break callers." major: u32,
    "Increases with other changes." minor: u32,
}

accessors! { Rate:
    "Calls per window." calls: u32,
    "Length of the window." window: Window,
}

accessors! { Deprecation:
    "Reason, or migration advice." message: &'static str,
    "Name of the tool to use instead." replacement: Option<&'static str>,
    "Last day on which the tool is served (RFC 3339 `full-date`)." removal: Option<&'static str>,
}

accessors! { Weakening:
    "Rule of the change that lowered the guard." rule: ChangeRule,
    "Reason for the change." reason: &'static str,
}

accessors! { Hints:
    "Returns `true` if the tool changes nothing." read_only: bool,
    "Returns `true` if the tool deletes or overwrites data." destructive: bool,
    "Returns `true` if a second call with the same arguments has no further effect." idempotent: bool,
    "Returns `true` if the tool reaches external systems (MCP `openWorldHint`)." open_world: bool,
}

accessors! { Param:
    "Name in the arguments object." name: &'static str,
    "Description for the model that sends the argument." description: &'static str,
    "Schema of the argument." schema: Schema,
}

impl Param {
    /// Value to use if the argument is absent or `null`; `None` if the attribute sets no default.
    #[must_use]
    pub const fn default_value(&self) -> Option<Literal> {
        self.default
    }

    /// Returns `true` if the value is never echoed or logged, and is left out of the digest in audit records.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        self.secret
    }

    /// HTTP header that mirrors the argument, without the prefix `Mcp-Param-`; `None` if no header does.
    #[must_use]
    pub const fn mirroring_header(&self) -> Option<&'static str> {
        self.header
    }
}
