//! The rules by which two versions of a contract are told apart: each has a stable id, a class, and words.

pub mod page;
pub mod sample;
pub mod witness;

use std::fmt;

/// What a change means to those who call already, from harmless to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeClass {
    /// Words and order: nothing that binds. Any version takes it.
    Patch,
    /// Callers and readers go on as before. Its licence is a minor version.
    Additive,
    /// Callers go on as before, and a guard was lowered. Its licence is a minor version and a reason.
    Weakens,
    /// Something that was accepted is refused, or something that was impossible comes back. Its licence is a
    /// major version.
    Breaking,
}

impl ChangeClass {
    /// Its name in messages.
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

/// One row a rule: its name, its id, its class, and its words, in which `{place}` is where, `{key}` the keyword,
/// `{from}` what was locked and `{to}` what is now.
macro_rules! rules {
    ($($name:ident $id:literal $class:ident $words:literal)+) => {
        /// A rule. `mcp-tool-contract/RULES.md` has a page on each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the words of each stand in its row, and its page says more")]
        pub enum ChangeRule { $($name,)+ }

        impl ChangeRule {
            /// All rules.
            pub const ALL: &[ChangeRule] = &[$(ChangeRule::$name,)+];

            /// The stable id, such as `parameter-required`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(ChangeRule::$name => $id,)+ }
            }

            /// What such a change means to those who call already.
            #[must_use]
            pub const fn class(self) -> ChangeClass {
                match self { $(ChangeRule::$name => ChangeClass::$class,)+ }
            }

            pub(crate) const fn words(self) -> &'static str {
                match self { $(ChangeRule::$name => $words,)+ }
            }
        }
    };
}

rules! {
    // The tool
    ToolAdded "tool-added" Additive "{place} is new"
    ToolRemoved "tool-removed" Breaking "{place} isn't served any more"
    TitleChanged "title-changed" Patch "{place} has another title"
    DescriptionChanged "description-changed" Patch "{place} has another description"
    OrderChanged "order-changed" Patch "{place} has its {key} in another order"
    // Who may call it
    ScopeAdded "scope-added" Breaking "scope '{to}' is needed now"
    ScopeRemoved "scope-removed" Weakens "scope '{from}' isn't needed any more"
    ApprovalAdded "approval-added" Breaking "calls need approval now, for which scope '{from}' stood"
    ApprovalRemoved "approval-removed" Weakens "scope '{to}' stands for a person's approval now"
    UpstreamAdded "upstream-added" Weakens "upstream '{to}' can be reached now"
    UpstreamRemoved "upstream-removed" Additive "upstream '{from}' can't be reached any more"
    // What it does
    ReadOnlyAdded "read-only-added" Additive "{place} became read_only"
    ReadOnlyRemoved "read-only-removed" Weakens "{place} isn't read_only any more"
    DestructiveAdded "destructive-added" Breaking "{place} became destructive, so that its calls must pass a gate"
    DestructiveRemoved "destructive-removed" Weakens "{place} isn't destructive any more, so that its calls pass no gate"
    IdempotentAdded "idempotent-added" Additive "{place} became idempotent"
    IdempotentRemoved "idempotent-removed" Weakens "{place} isn't idempotent any more"
    OpenWorldAdded "open-world-added" Weakens "{place} became open_world"
    OpenWorldRemoved "open-world-removed" Additive "{place} isn't open_world any more"
    // How it is run
    TimeoutLowered "timeout-lowered" Additive "timeout in ms went from {from} to {to}"
    TimeoutRaised "timeout-raised" Weakens "timeout in ms went from {from} to {to}"
    ConcurrencyLowered "concurrency-lowered" Additive "concurrency went from {from} to {to}"
    ConcurrencyRaised "concurrency-raised" Weakens "concurrency went from {from} to {to}"
    RateLowered "rate-lowered" Additive "rate went from {from} to {to}"
    RateRaised "rate-raised" Weakens "rate went from {from} to {to}"
    TaskAdded "task-added" Additive "{place} goes on as a task where its client knows such"
    TaskRequired "task-required" Breaking "{place} runs as a task alone"
    TaskRemoved "task-removed" Additive "{place} needs no task any more"
    // How long it stays
    DeprecationAdded "deprecation-added" Additive "{place} became deprecated"
    DeprecationChanged "deprecation-changed" Patch "{place} has another deprecation"
    DeprecationRemoved "deprecation-removed" Patch "{place} isn't deprecated any more"
    RemovalEarlier "removal-earlier" Breaking "removal went from {from} to {to}"
    // Its parameters
    ParameterAdded "parameter-added" Additive "{place} was added, optional"
    RequiredParameterAdded "required-parameter-added" Breaking "{place} was added, required"
    ParameterRemoved "parameter-removed" Breaking "{place} was removed"
    ParameterRenamed "parameter-renamed" Breaking "{place} was renamed to '{to}'"
    ParameterRequired "parameter-required" Breaking "{place} became required"
    ParameterOptional "parameter-optional" Additive "{place} became optional"
    DefaultChanged "default-changed" Breaking "{place}: default went from {from} to {to}"
    SecretAdded "secret-added" Patch "{place} became secret"
    SecretRemoved "secret-removed" Weakens "{place} isn't secret any more"
    HeaderAdded "header-added" Breaking "{place} is mirrored in the header Mcp-Param-{to} now"
    HeaderRemoved "header-removed" Additive "{place} isn't mirrored in the header Mcp-Param-{from} any more"
    HeaderChanged "header-changed" Breaking "{place} is mirrored in the header Mcp-Param-{to} instead of Mcp-Param-{from}"
    ConstraintsAdded "constraints-added" Breaking "{place} has conditions among its parameters now"
    ConstraintsRemoved "constraints-removed" Weakens "{place} has no conditions among its parameters any more"
    ConstraintsChanged "constraints-changed" Breaking "{place} has other conditions among its parameters (whether they take all that the old ones did isn't decided)"
    TypeChanged "type-changed" Breaking "{place} went from {from} to {to}"
    TypeNarrowed "type-narrowed" Breaking "{place} narrowed from {from} to {to}"
    TypeWidened "type-widened" Additive "{place} widened from {from} to {to}"
    BoundTightened "bound-tightened" Breaking "{place}: {key} went from {from} to {to}"
    BoundLoosened "bound-loosened" Weakens "{place}: {key} went from {from} to {to}"
    PatternAdded "pattern-added" Breaking "{place} must match {to} now"
    PatternRemoved "pattern-removed" Weakens "{place} needn't match {from} any more"
    PatternChanged "pattern-changed" Breaking "{place}: pattern went from {from} to {to} (whether the new one takes all that the old one did isn't decided)"
    EnumValueRemoved "enum-value-removed" Breaking "{place} doesn't take \"{from}\" any more"
    EnumValueAdded "enum-value-added" Additive "{place} takes \"{to}\" too"
    // Its results
    ResultAdded "result-added" Additive "{place} gives {to} now"
    ResultRemoved "result-removed" Breaking "{place} doesn't give {from} any more"
    ResultChanged "result-changed" Breaking "{place} gives {to} instead of {from}"
    ResultFieldAdded "result-field-added" Additive "{place} was added"
    ResultFieldRemoved "result-field-removed" Breaking "{place} was removed"
    ResultFieldDropped "result-field-dropped" Additive "{place}, which could be absent, was removed"
    ResultFieldOptional "result-field-optional" Breaking "{place} may be absent now"
    ResultFieldRequired "result-field-required" Additive "{place} is always there now"
    ResultFieldNullable "result-field-nullable" Breaking "{place} may be null now"
    ResultFieldNotNull "result-field-not-null" Additive "{place} is never null now"
    ResultTypeChanged "result-type-changed" Breaking "{place} went from {from} to {to}"
    ResultTypeWidened "result-type-widened" Breaking "{place} widened from {from} to {to}"
    ResultTypeNarrowed "result-type-narrowed" Additive "{place} narrowed from {from} to {to}"
    ResultBoundLoosened "result-bound-loosened" Breaking "{place}: {key} went from {from} to {to}"
    ResultBoundTightened "result-bound-tightened" Additive "{place}: {key} went from {from} to {to}"
    ResultPatternAdded "result-pattern-added" Additive "{place} matches {to} now"
    ResultPatternRemoved "result-pattern-removed" Breaking "{place} needn't match {from} any more"
    ResultPatternChanged "result-pattern-changed" Breaking "{place}: pattern went from {from} to {to} (whether the old one took all that the new one does isn't decided)"
    ResultEnumValueAdded "result-enum-value-added" Breaking "{place} may be \"{to}\" now"
    ResultEnumValueRemoved "result-enum-value-removed" Additive "{place} is never \"{from}\" now"
}

impl ChangeRule {
    /// The rule of that id.
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
