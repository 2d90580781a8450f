//! The rules that classify changes between two versions of a contract. Each has a stable id, a class and a message.

pub mod page;
pub mod sample;
pub mod witness;

use std::fmt;

/// Effect of a change on existing callers, from harmless to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeClass {
    /// Only words or order changed. The version may stay the same.
    Patch,
    /// Callers and readers are unaffected. Needs a minor version.
    Additive,
    /// Callers are unaffected, but a guard was lowered. Needs a minor version and a reason.
    Weakens,
    /// An accepted call is refused, or a new kind of result can be returned. Needs a major version.
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

/// One row per rule: its name, id, class and message. In the message `{place}` is the location, `{key}` the keyword,
/// `{from}` the locked value and `{to}` the new one.
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

            /// Effect of such a change on existing callers.
            #[must_use]
            pub const fn class(self) -> ChangeClass {
                match self { $(ChangeRule::$name => ChangeClass::$class,)+ }
            }

            /// Identifier of the variant, for generated code.
            #[doc(hidden)]
            #[must_use]
            pub const fn variant(self) -> &'static str {
                match self { $(ChangeRule::$name => stringify!($name),)+ }
            }

            pub(crate) const fn message_template(self) -> &'static str {
                match self { $(ChangeRule::$name => $words,)+ }
            }
        }
    };
}

rules! {
    // The tool
    ToolAdded "tool-added" Additive "{place} is new"
    ToolRemoved "tool-removed" Breaking "{place} is no longer served"
    TitleChanged "title-changed" Patch "{place} has a different title"
    DescriptionChanged "description-changed" Patch "{place} has a different description"
    OrderChanged "order-changed" Patch "{place} has its {key} in a different order"
    // Access
    ScopeAdded "scope-added" Breaking "scope '{to}' is now required"
    ScopeRemoved "scope-removed" Weakens "scope '{from}' is no longer required"
    ApprovalAdded "approval-added" Breaking "calls now need approval instead of scope '{from}'"
    ApprovalRemoved "approval-removed" Weakens "calls now need scope '{to}' instead of approval"
    UpstreamAdded "upstream-added" Weakens "upstream '{to}' is now reachable"
    UpstreamRemoved "upstream-removed" Additive "upstream '{from}' is no longer reachable"
    // Effects
    ReadOnlyAdded "read-only-added" Additive "{place} became read_only"
    ReadOnlyRemoved "read-only-removed" Weakens "{place} is no longer read_only"
    DestructiveAdded "destructive-added" Breaking "{place} became destructive: its calls must now pass a gate"
    DestructiveRemoved "destructive-removed" Weakens "{place} is no longer destructive: its calls no longer pass a gate"
    IdempotentAdded "idempotent-added" Additive "{place} became idempotent"
    IdempotentRemoved "idempotent-removed" Weakens "{place} is no longer idempotent"
    OpenWorldAdded "open-world-added" Weakens "{place} became open_world"
    OpenWorldRemoved "open-world-removed" Additive "{place} is no longer open_world"
    // Execution
    TimeoutLowered "timeout-lowered" Additive "timeout (ms) changed from {from} to {to}"
    TimeoutRaised "timeout-raised" Weakens "timeout (ms) changed from {from} to {to}"
    ConcurrencyLowered "concurrency-lowered" Additive "concurrency changed from {from} to {to}"
    ConcurrencyRaised "concurrency-raised" Weakens "concurrency changed from {from} to {to}"
    RateLowered "rate-lowered" Additive "rate changed from {from} to {to}"
    RateRaised "rate-raised" Weakens "rate changed from {from} to {to}"
    TaskAdded "task-added" Additive "{place} now runs as a task if its client supports tasks"
    TaskRequired "task-required" Breaking "{place} now runs only as a task"
    TaskRemoved "task-removed" Additive "{place} no longer requires a task"
    // Deprecation
    DeprecationAdded "deprecation-added" Additive "{place} became deprecated"
    DeprecationChanged "deprecation-changed" Patch "{place} has a different deprecation notice"
    DeprecationRemoved "deprecation-removed" Patch "{place} is no longer deprecated"
    RemovalEarlier "removal-earlier" Breaking "removal changed from {from} to {to}"
    // Parameters
    ParameterAdded "parameter-added" Additive "{place} was added as optional"
    RequiredParameterAdded "required-parameter-added" Breaking "{place} was added as required"
    ParameterRemoved "parameter-removed" Breaking "{place} was removed"
    ParameterRenamed "parameter-renamed" Breaking "{place} was renamed to '{to}'"
    ParameterRequired "parameter-required" Breaking "{place} became required"
    ParameterOptional "parameter-optional" Additive "{place} became optional"
    DefaultChanged "default-changed" Breaking "{place}: default changed from {from} to {to}"
    SecretAdded "secret-added" Patch "{place} became secret"
    SecretRemoved "secret-removed" Weakens "{place} is no longer secret"
    HeaderAdded "header-added" Breaking "{place} is now mirrored in the header Mcp-Param-{to}"
    HeaderRemoved "header-removed" Additive "{place} is no longer mirrored in the header Mcp-Param-{from}"
    HeaderChanged "header-changed" Breaking "{place} is now mirrored in the header Mcp-Param-{to} instead of Mcp-Param-{from}"
    ConstraintsAdded "constraints-added" Breaking "{place} now has constraints across its parameters"
    ConstraintsRemoved "constraints-removed" Weakens "{place} no longer has constraints across its parameters"
    ConstraintsChanged "constraints-changed" Breaking "{place} has different constraints across its parameters (whether they accept everything that the old ones did can't be decided)"
    TypeChanged "type-changed" Breaking "{place} changed from {from} to {to}"
    TypeNarrowed "type-narrowed" Breaking "{place} narrowed from {from} to {to}"
    TypeWidened "type-widened" Additive "{place} widened from {from} to {to}"
    BoundTightened "bound-tightened" Breaking "{place}: {key} changed from {from} to {to}"
    BoundLoosened "bound-loosened" Weakens "{place}: {key} changed from {from} to {to}"
    PatternAdded "pattern-added" Breaking "{place} must now match {to}"
    PatternRemoved "pattern-removed" Weakens "{place} no longer has to match {from}"
    PatternChanged "pattern-changed" Breaking "{place}: pattern changed from {from} to {to} (whether the new one accepts everything that the old one did can't be decided)"
    EnumValueRemoved "enum-value-removed" Breaking "{place} no longer accepts \"{from}\""
    EnumValueAdded "enum-value-added" Additive "{place} now also accepts \"{to}\""
    // Results
    ResultAdded "result-added" Additive "{place} changed from nothing to {to}"
    ResultRemoved "result-removed" Breaking "{place} changed from {from} to nothing"
    ResultChanged "result-changed" Breaking "{place} changed from {from} to {to}"
    ResultFieldAdded "result-field-added" Additive "{place} was added"
    ResultFieldRemoved "result-field-removed" Breaking "{place} was removed"
    ResultFieldDropped "result-field-dropped" Additive "{place}, which could be absent, was removed"
    ResultFieldOptional "result-field-optional" Breaking "{place} may now be absent"
    ResultFieldRequired "result-field-required" Additive "{place} is now always present"
    ResultFieldNullable "result-field-nullable" Breaking "{place} may now be null"
    ResultFieldNotNull "result-field-not-null" Additive "{place} is now never null"
    ResultTypeChanged "result-type-changed" Breaking "{place} changed from {from} to {to}"
    ResultTypeWidened "result-type-widened" Breaking "{place} widened from {from} to {to}"
    ResultTypeNarrowed "result-type-narrowed" Additive "{place} narrowed from {from} to {to}"
    ResultBoundLoosened "result-bound-loosened" Breaking "{place}: {key} changed from {from} to {to}"
    ResultBoundTightened "result-bound-tightened" Additive "{place}: {key} changed from {from} to {to}"
    ResultPatternAdded "result-pattern-added" Additive "{place} now matches {to}"
    ResultPatternRemoved "result-pattern-removed" Breaking "{place} no longer has to match {from}"
    ResultPatternChanged "result-pattern-changed" Breaking "{place}: pattern changed from {from} to {to} (whether the old one accepted everything that the new one does can't be decided)"
    ResultEnumValueAdded "result-enum-value-added" Breaking "{place} may now be \"{to}\""
    ResultEnumValueRemoved "result-enum-value-removed" Additive "{place} is now never \"{from}\""
}

impl ChangeRule {
    /// Returns the rule with this id.
    #[must_use]
    pub fn of_id(id: &str) -> Option<ChangeRule> {
        ChangeRule::ALL.iter().copied().find(|rule| rule.id() == id)
    }

    pub(crate) const fn same(self, other: ChangeRule) -> bool {
        self as u8 == other as u8
    }
}

impl fmt::Display for ChangeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
