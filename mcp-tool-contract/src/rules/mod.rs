//! The rules that classify changes between two versions of a contract. Each rule has a stable id, a class and a
//! message.

pub mod page;
pub mod sample;
pub mod witness;

use std::fmt;

/// Effect of a change on existing callers, from the least to the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeClass {
    /// No caller is affected and no guard (such as a scope or a bound) is lowered: for example, only words or order
    /// changed. The version may stay the same.
    Patch,
    /// All arguments that were accepted still are, and results satisfy the old contract. Needs a minor version.
    Additive,
    /// Callers aren't broken, but a guard was lowered. Needs a minor version, and a reason in the tool's attribute.
    Weakens,
    /// A call that was accepted may be refused or mean something else, or a result may violate the old contract. Needs
    /// a major version.
    Breaking,
}

impl ChangeClass {
    /// Name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ChangeClass::Patch => "patch",
            ChangeClass::Additive => "additive",
            ChangeClass::Weakens => "weakens",
            ChangeClass::Breaking => "breaking",
        }
    }
}

impl fmt::Display for ChangeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One row per rule: its name, id, class and message. In the message, `{location}` is the changed tool, parameter,
/// result or result field, `{key}` the name of a bound or of a reordered list, `{from}` the value in the lock, and
/// `{to}` the new value.
macro_rules! rules {
    ($($name:ident $id:literal $class:ident $words:literal)+) => {
        /// Rule that classifies one kind of change. `mcp-tool-contract/RULES.md` has a page on each rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each row has its message, and each rule its page")]
        #[non_exhaustive]
pub enum ChangeRule { $($name,)+ }

        impl ChangeRule {
            /// All rules.
            pub const ALL: &[ChangeRule] = &[$(ChangeRule::$name,)+];

            /// Stable id, such as `parameter-required`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(ChangeRule::$name => $id,)+ }
            }

            /// Class of the changes that this rule classifies.
            #[must_use]
            pub const fn class(self) -> ChangeClass {
                match self { $(ChangeRule::$name => ChangeClass::$class,)+ }
            }

            /// Identifier of the variant, for the code that `#[mcp_tool]` generates.
            #[doc(hidden)]
            #[must_use]
            pub const fn variant(self) -> &'static str {
                match self { $(ChangeRule::$name => stringify!($name),)+ }
            }

            /// Message with its placeholders, such as `{location}`.
            pub(crate) const fn message_template(self) -> &'static str {
                match self { $(ChangeRule::$name => $words,)+ }
            }
        }
    };
}

rules! {
    // The tool
    ToolAdded "tool-added" Additive "{location} is new"
    ToolRemoved "tool-removed" Breaking "{location} is no longer served"
    TitleChanged "title-changed" Patch "{location} has a different title"
    DescriptionChanged "description-changed" Patch "{location} has a different description"
    OrderChanged "order-changed" Patch "{location} has its {key} in a different order"
    // Access. A destructive tool without a gate needs approval: the operator must permit it.
    ScopeAdded "scope-added" Breaking "scope '{to}' is now required"
    ScopeRemoved "scope-removed" Weakens "scope '{from}' is no longer required"
    ApprovalAdded "approval-added" Breaking "calls now need approval instead of scope '{from}'"
    ApprovalRemoved "approval-removed" Weakens "calls now need scope '{to}' instead of approval"
    UpstreamAdded "upstream-added" Weakens "upstream '{to}' is now reachable"
    UpstreamRemoved "upstream-removed" Additive "upstream '{from}' is no longer reachable"
    // Effects
    ReadOnlyAdded "read-only-added" Additive "{location} became read_only"
    ReadOnlyRemoved "read-only-removed" Weakens "{location} is no longer read_only"
    DestructiveAdded "destructive-added" Breaking "{location} became destructive: its calls must now pass a gate"
    DestructiveRemoved "destructive-removed" Weakens "{location} is no longer destructive: its calls no longer pass a gate"
    IdempotentAdded "idempotent-added" Additive "{location} became idempotent"
    IdempotentRemoved "idempotent-removed" Weakens "{location} is no longer idempotent"
    OpenWorldAdded "open-world-added" Weakens "{location} became open_world"
    OpenWorldRemoved "open-world-removed" Additive "{location} is no longer open_world"
    // Execution
    TimeoutLowered "timeout-lowered" Additive "timeout (ms) changed from {from} to {to}"
    TimeoutRaised "timeout-raised" Weakens "timeout (ms) changed from {from} to {to}"
    ConcurrencyLowered "concurrency-lowered" Additive "concurrency changed from {from} to {to}"
    ConcurrencyRaised "concurrency-raised" Weakens "concurrency changed from {from} to {to}"
    RateLowered "rate-lowered" Additive "rate changed from {from} to {to}"
    RateRaised "rate-raised" Weakens "rate changed from {from} to {to}"
    TaskAdded "task-added" Additive "{location} now runs as a task if its client supports tasks"
    TaskRequired "task-required" Breaking "{location} now runs only as a task"
    TaskRemoved "task-removed" Additive "{location} now answers more calls without a task"
    // Deprecation
    DeprecationAdded "deprecation-added" Additive "{location} became deprecated"
    DeprecationChanged "deprecation-changed" Patch "{location} has a different deprecation notice"
    DeprecationRemoved "deprecation-removed" Patch "{location} is no longer deprecated"
    RemovalEarlier "removal-earlier" Breaking "removal changed from {from} to {to}"
    // Parameters
    ParameterAdded "parameter-added" Additive "{location} was added as optional"
    RequiredParameterAdded "required-parameter-added" Breaking "{location} was added as required"
    ParameterRemoved "parameter-removed" Breaking "{location} was removed"
    ParameterRenamed "parameter-renamed" Breaking "{location} was renamed to '{to}'"
    ParameterRequired "parameter-required" Breaking "{location} became required"
    ParameterOptional "parameter-optional" Additive "{location} became optional"
    DefaultChanged "default-changed" Breaking "{location}: default changed from {from} to {to}"
    SecretAdded "secret-added" Patch "{location} became secret"
    SecretRemoved "secret-removed" Weakens "{location} is no longer secret"
    HeaderAdded "header-added" Breaking "{location} is now mirrored in the header Mcp-Param-{to}"
    HeaderRemoved "header-removed" Additive "{location} is no longer mirrored in the header Mcp-Param-{from}"
    HeaderChanged "header-changed" Breaking "{location} is now mirrored in the header Mcp-Param-{to} instead of Mcp-Param-{from}"
    ConstraintsAdded "constraints-added" Breaking "{location} now has constraints across its parameters"
    ConstraintsRemoved "constraints-removed" Weakens "{location} no longer has constraints across its parameters"
    ConstraintsChanged "constraints-changed" Breaking "{location} has different constraints across its parameters (it can't be decided whether they accept everything that the old ones accept)"
    TypeChanged "type-changed" Breaking "{location} changed from {from} to {to}"
    TypeNarrowed "type-narrowed" Breaking "{location} narrowed from {from} to {to}"
    TypeWidened "type-widened" Additive "{location} widened from {from} to {to}"
    BoundTightened "bound-tightened" Breaking "{location}: {key} changed from {from} to {to}"
    BoundLoosened "bound-loosened" Weakens "{location}: {key} changed from {from} to {to}"
    PatternAdded "pattern-added" Breaking "{location} must now match {to}"
    PatternRemoved "pattern-removed" Weakens "{location} no longer has to match {from}"
    PatternChanged "pattern-changed" Breaking "{location}: pattern changed from {from} to {to} (it can't be decided whether the new one accepts everything that the old one accepts)"
    EnumValueRemoved "enum-value-removed" Breaking "{location} no longer accepts \"{from}\""
    EnumValueAdded "enum-value-added" Additive "{location} now also accepts \"{to}\""
    // Results
    ResultAdded "result-added" Additive "{location} changed from nothing to {to}"
    ResultRemoved "result-removed" Breaking "{location} changed from {from} to nothing"
    ResultChanged "result-changed" Breaking "{location} changed from {from} to {to}"
    ResultFieldAdded "result-field-added" Additive "{location} was added"
    ResultFieldRemoved "result-field-removed" Breaking "{location} was removed"
    ResultFieldDropped "result-field-dropped" Additive "{location}, which could be absent, was removed"
    ResultFieldOptional "result-field-optional" Breaking "{location} may now be absent"
    ResultFieldRequired "result-field-required" Additive "{location} is now always present"
    ResultFieldNullable "result-field-nullable" Breaking "{location} may now be null"
    ResultFieldNotNull "result-field-not-null" Additive "{location} is now never null"
    ResultTypeChanged "result-type-changed" Breaking "{location} changed from {from} to {to}"
    ResultTypeWidened "result-type-widened" Breaking "{location} widened from {from} to {to}"
    ResultTypeNarrowed "result-type-narrowed" Additive "{location} narrowed from {from} to {to}"
    ResultBoundLoosened "result-bound-loosened" Breaking "{location}: {key} changed from {from} to {to}"
    ResultBoundTightened "result-bound-tightened" Additive "{location}: {key} changed from {from} to {to}"
    ResultPatternAdded "result-pattern-added" Additive "{location} now matches {to}"
    ResultPatternRemoved "result-pattern-removed" Breaking "{location} no longer has to match {from}"
    ResultPatternChanged "result-pattern-changed" Breaking "{location}: pattern changed from {from} to {to} (it can't be decided whether the old one accepts everything that the new one accepts)"
    ResultEnumValueAdded "result-enum-value-added" Breaking "{location} may now be \"{to}\""
    ResultEnumValueRemoved "result-enum-value-removed" Additive "{location} is now never \"{from}\""
}

impl ChangeRule {
    /// Returns the rule with this id.
    #[must_use]
    pub fn of_id(id: &str) -> Option<ChangeRule> {
        ChangeRule::ALL.iter().copied().find(|rule| rule.id() == id)
    }

    /// Returns `true` for the same rule. `==` can't be used in const evaluation.
    pub(crate) const fn same(self, other: ChangeRule) -> bool {
        self as u8 == other as u8
    }
}

impl fmt::Display for ChangeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
