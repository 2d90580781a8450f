//! The keys of `#[mcp_tool]`, `#[arg]` and `#[schema]`, each with the rules that classify a change of its value.

use crate::rules::ChangeRule;

/// Judgement of a change of a key's value: the rules that classify it, or the reason why no rule does.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum KeyJudgement {
    /// These rules classify the change.
    ByRules(&'static [ChangeRule]),
    /// No rule applies to `version` and `weakens`, because these keys permit changes of other keys.
    PermitsChanges,
    /// No rule applies, because the key is not part of the contract.
    NotInContract,
}

/// Declares keys, one row each. A row without a judgement doesn't compile.
///
/// The enums aren't `#[non_exhaustive]`, so the crate `mcp-tool-macros` doesn't compile until it parses a new key. A
/// new key breaks no user, because the facade `mcp-tool-runtime` doesn't export the enums.
macro_rules! keys {
    (
        $(#[$doc:meta])* $grammar:ident
        $($variant:ident $name:literal => $judgement:tt $([$($rule:ident),+])?;)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the macros' documentation describes each key")]
        pub enum $grammar { $($variant,)+ }

        impl $grammar {
            /// All keys.
            pub const ALL: &[$grammar] = &[$($grammar::$variant,)+];
            /// Names of all keys.
            pub const NAMES: &[&str] = &[$($name,)+];

            /// Returns the key with this name.
            #[must_use]
            pub fn of_name(name: &str) -> Option<$grammar> {
                $grammar::ALL.iter().copied().find(|key| key.name() == name)
            }

            /// Name of the key.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($grammar::$variant => $name,)+ }
            }

            /// Rules that classify a change of the key's value, or the reason why no rule does.
            #[must_use]
            pub const fn judgement(self) -> KeyJudgement {
                match self { $($grammar::$variant => judgement!($judgement $([$($rule),+])?),)+ }
            }
        }
    };
}

/// Expands the last column of a row of `keys!` to a [`KeyJudgement`].
macro_rules! judgement {
    (permits_changes) => { KeyJudgement::PermitsChanges };
    (not_in_contract) => { KeyJudgement::NotInContract };
    (by [$($rule:ident),+]) => { KeyJudgement::ByRules(&[$(ChangeRule::$rule),+]) };
}

keys! {
    /// Keys of `#[mcp_tool(…)]`.
    ToolKey
    Version "version" => permits_changes;
    Scope "scope" => by [ScopeAdded, ScopeRemoved, OrderChanged];
    Public "public" => by [ScopeAdded, ScopeRemoved];
    Name "name" => by [ToolAdded, ToolRemoved];
    Title "title" => by [TitleChanged];
    ReadOnly "read_only" => by [ReadOnlyAdded, ReadOnlyRemoved];
    // A destructive tool without a gate needs approval: the operator's permission.
    Destructive "destructive" => by [DestructiveAdded, DestructiveRemoved, ApprovalAdded, ApprovalRemoved];
    Idempotent "idempotent" => by [IdempotentAdded, IdempotentRemoved];
    OpenWorld "open_world" => by [OpenWorldAdded, OpenWorldRemoved];
    MaxLen "max_len" => by [BoundTightened, BoundLoosened];
    MaxItems "max_items" => by [BoundTightened, BoundLoosened];
    Constraints "constraints" => by [ConstraintsAdded, ConstraintsRemoved, ConstraintsChanged];
    Timeout "timeout" => by [TimeoutLowered, TimeoutRaised];
    Concurrency "concurrency" => by [ConcurrencyLowered, ConcurrencyRaised];
    Rate "rate" => by [RateLowered, RateRaised];
    Gate "gate" => by [ScopeAdded, ScopeRemoved, ApprovalAdded, ApprovalRemoved];
    Upstream "upstream" => by [UpstreamAdded, UpstreamRemoved, OrderChanged];
    Task "task" => by [TaskAdded, TaskRequired, TaskRemoved];
    Deprecated "deprecated" => by [DeprecationAdded, DeprecationChanged, DeprecationRemoved, RemovalEarlier];
    Weakens "weakens" => permits_changes;
    Crate "crate" => not_in_contract;
}

keys! {
    /// Keys of `#[arg(…)]`. `#[schema(…)]` accepts `secret` and the keys for which [`is_bound`](ArgKey::is_bound)
    /// returns `true`.
    ArgKey
    Min "min" => by [BoundTightened, BoundLoosened, ResultBoundTightened, ResultBoundLoosened];
    Max "max" => by [BoundTightened, BoundLoosened, ResultBoundTightened, ResultBoundLoosened];
    MinLen "min_len" => by [BoundTightened, BoundLoosened, ResultBoundTightened, ResultBoundLoosened];
    MaxLen "max_len" => by [BoundTightened, BoundLoosened, ResultBoundTightened, ResultBoundLoosened];
    MinItems "min_items" => by [BoundTightened, BoundLoosened, ResultBoundTightened, ResultBoundLoosened];
    MaxItems "max_items" => by [BoundTightened, BoundLoosened, ResultBoundTightened, ResultBoundLoosened];
    Pattern "pattern" => by [
        PatternAdded, PatternRemoved, PatternChanged, ResultPatternAdded, ResultPatternRemoved, ResultPatternChanged
    ];
    Default "default" => by [DefaultChanged, ParameterRequired, ParameterOptional];
    Secret "secret" => by [SecretAdded, SecretRemoved];
    Header "header" => by [HeaderAdded, HeaderRemoved, HeaderChanged];
    Complete "complete" => not_in_contract;
}

impl ArgKey {
    /// Returns `true` if the key bounds a value. Such a key is also valid in `#[schema(…)]`, on types and fields.
    #[must_use]
    pub const fn is_bound(self) -> bool {
        !matches!(self, ArgKey::Default | ArgKey::Secret | ArgKey::Header | ArgKey::Complete)
    }
}
