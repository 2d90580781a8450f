//! Model of a tool: result of the parsers of the attribute and the signature, and input of the code generation.

use mcp_tool_contract::{
    model::{Rate, TaskSupport},
    rules::ChangeRule,
};
use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, LitStr, Path, Type, Visibility};

use crate::{
    bounds::Bounds,
    docs::Description,
    literal::{DeclaredCount, DeclaredValue},
    lock::LockedTool,
    runtime_crate::RuntimeCrate,
};

/// Parsed keys of `#[mcp_tool(…)]`. An absent key is `None`, `false` or empty, and so is a key with an invalid value.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) name: Option<String>,
    /// Major and minor version; `(0, 0)` if the version is missing or invalid.
    pub(crate) version: (u32, u32),
    /// Span of the version's text; `None` if the version is missing or isn't text.
    pub(crate) version_at: Option<Span>,
    pub(crate) title: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) read_only: bool,
    pub(crate) destructive: bool,
    pub(crate) idempotent: bool,
    pub(crate) open_world: bool,
    /// Maximum length of string parameters without their own maximum, in code points.
    pub(crate) max_len: Option<DeclaredCount>,
    /// Maximum number of items of array parameters without their own maximum.
    pub(crate) max_items: Option<DeclaredCount>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) task: Option<TaskSupport>,
    /// Constraints across the parameters, as written.
    pub(crate) constraints: Option<LitStr>,
    pub(crate) rate: Option<Rate>,
    /// Scope of the gate: callers of a destructive tool need this scope in addition to `scopes`.
    pub(crate) gate: Option<String>,
    pub(crate) upstreams: Vec<String>,
    pub(crate) deprecation: Option<DeclaredDeprecation>,
    pub(crate) weakens: Vec<DeclaredWeakening>,
    /// Path of the runtime crate, from the key `crate`.
    pub(crate) runtime: Option<RuntimeCrate>,
}

/// Deprecation notice, from `deprecated(…)`.
pub(crate) struct DeclaredDeprecation {
    pub(crate) message: String,
    pub(crate) replacement: Option<String>,
    /// Date as written, such as `2027-01-31`.
    pub(crate) removal: Option<String>,
}

/// Reason for a change that lowers a guard, such as a removed scope; from `weakens(…)`.
pub(crate) struct DeclaredWeakening {
    pub(crate) rule: ChangeRule,
    pub(crate) reason: String,
}

/// A function that is a tool.
pub(crate) struct DeclaredTool {
    /// Path of the runtime crate.
    pub(crate) runtime: RuntimeCrate,
    pub(crate) function: Ident,
    /// Name of the tool's type: the function's name, unless that is the name of a crate.
    pub(crate) type_name: Ident,
    pub(crate) visibility: Visibility,
    /// Constraints across the parameters, in canonical form (RFC 8785).
    pub(crate) constraints: Option<String>,
    /// `#[cfg(…)]` attributes of the function, which the generated items repeat.
    pub(crate) conditions: Vec<Attribute>,
    /// `false` if the signature has an error or a parameter can't be parsed, so that no call of the function can be
    /// generated.
    pub(crate) is_callable: bool,
    /// The declaration has an error, so the contract isn't compared with the lock: the comparison would advise to permit a
    /// change that the author didn't intend.
    pub(crate) has_errors: bool,
    /// `true` if the signature has generic parameters or returns `impl Trait`. Items outside of the function can't name
    /// these types.
    pub(crate) is_generic: bool,
    pub(crate) is_async: bool,
    /// Name of the tool: the key `name`, else the function's name.
    pub(crate) name: String,
    pub(crate) description: Description,
    pub(crate) keys: Keys,
    /// Contract in the lock, the file `mcp-tools.lock`, that the tool's contract is compared with.
    pub(crate) locked: Option<LockedTool>,
    /// Name of the package whose lock has the tool's contract.
    pub(crate) package: String,
    /// Item that makes cargo rebuild when the lock changes; only for the first tool of a crate.
    pub(crate) tracked: Option<TokenStream>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) output: Type,
    /// Missing descriptions of the tool and its parameters.
    pub(crate) undescribed: Vec<Undescribed>,
}

/// A missing description.
pub(crate) struct Undescribed {
    /// Beginning of the warning, such as `the tool 'x' has no description`.
    pub(crate) what: String,
    pub(crate) span: Span,
}

/// One parameter of the function.
pub(crate) enum Input {
    /// A borrowed parameter: the call's context, or application state.
    State(StateParam),
    /// A `PageRequest`, with the span of its type.
    Page(Span),
    /// An owned parameter, which the agent sends.
    Argument(ArgumentParam),
}

/// Borrowed parameter.
pub(crate) struct StateParam {
    /// Name; `None` for a pattern such as `_`.
    pub(crate) name: Option<Ident>,
    pub(crate) ty: Type,
}

/// Parameter that the agent sends.
pub(crate) struct ArgumentParam {
    pub(crate) name: String,
    pub(crate) description: Description,
    pub(crate) ty: Type,
    pub(crate) bounds: Bounds,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) secret: bool,
    pub(crate) header: Option<Header>,
    pub(crate) completion: Option<Box<DeclaredCompletion>>,
}

/// HTTP header that repeats an argument, from `header = "Region"`.
pub(crate) struct Header {
    pub(crate) name: String,
    /// Span of the key.
    pub(crate) key: Span,
    /// Span of the value.
    pub(crate) value: Span,
}

/// Function that suggests values of an argument, and the tool's borrowed parameters that the function takes.
pub(crate) struct DeclaredCompletion {
    pub(crate) function: Path,
    pub(crate) borrowed: Vec<Ident>,
    /// Span of the key `complete`.
    pub(crate) key: Span,
}

/// Default of an argument, from `default = 20`.
pub(crate) struct DefaultValue {
    pub(crate) value: DeclaredValue,
    /// Span of the key.
    pub(crate) key: Span,
    /// Span of the value.
    pub(crate) span: Span,
}
