//! For every rule the smallest pair of contracts that shows it.

use mcp_tool_contract::{
    bounds::{Field, Format, Items, Kind, Literal, LiteralValue, Member, Object, Schema},
    judge::{self, ChangeLocation, Finding},
    model::{Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Window},
    pattern::Pattern,
    read::arguments,
    rules::{
        ChangeClass, ChangeRule,
        witness::{self, Witness},
    },
};

/// A rule, shown.
pub(crate) struct Specimen {
    pub(crate) rule: ChangeRule,
    class: ChangeClass,
    old: Contract,
    new: Contract,
    /// The message, whole.
    pub(crate) says: &'static str,
    /// The witness; none for what shows in words and order alone.
    pub(crate) shown: Option<&'static str>,
    /// What is found from `new` to `old`.
    back: &'static [ChangeRule],
}

pub(crate) const BASE: Contract = Contract {
    name: "remind",
    version: Version { major: 1, minor: 0 },
    title: Some("Remind"),
    description: "Sends a reminder.",
    scopes: &["mail:send"],
    ..Contract::EMPTY
};

/// A contract of these parameters.
macro_rules! takes {
    ($($param:expr),*) => { Contract { input: const { &[$($param),*] }, ..$crate::specimens::BASE } };
}

/// A contract whose result has these fields.
macro_rules! gives {
    ($($field:expr),*) => {
        Contract {
            output: ToolOutput::Object(const { &Object { members: &[$(Member::Field($field)),*] } }),
            ..$crate::specimens::BASE
        }
    };
}

const fn hinted(hints: Hints) -> Contract {
    Contract { hints, ..BASE }
}

const fn removal(message: &'static str, removal: &'static str) -> Contract {
    let removal = Some(removal);
    Contract { deprecation: Some(Deprecation { message, replacement: None, removal }), ..BASE }
}

pub(crate) const fn whole(value: i128, json: &'static str) -> Literal {
    Literal { value: LiteralValue::Integer(value), json }
}

const fn shape(schema: &'static str) -> Contract {
    Contract { output: ToolOutput::FromLock(schema), ..BASE }
}

/// A destructive tool that needs these, and this at its gate.
const fn gated(scopes: &'static [&'static str], gate: Option<Gate>) -> Contract {
    Contract { scopes, gate, hints: Hints { destructive: true, ..NO_HINTS }, ..BASE }
}

pub(crate) const fn rated(calls: u32, window: Window) -> Contract {
    Contract { rate: Some(Rate { calls, window }), ..BASE }
}

const NO_HINTS: Hints = Hints { read_only: false, destructive: false, idempotent: false, open_world: false };

pub(crate) const TEXT: Schema = Kind::TEXT.schema();
const STATUS: Kind = Kind::Enum(&["open", "paid"]);
const STATUSES: Kind = Kind::Enum(&["open", "paid", "late"]);
pub(crate) const COUNT: Schema = Kind::Integer { minimum: 0, maximum: 90 }.schema();
const AMOUNT: Schema = Kind::Number { minimum: Some(0.0), maximum: Some(90.0) }.schema();
const DATE: Schema = Kind::String(Format::Date.text()).schema();

/// A pattern that isn't asked often.
pub(crate) const fn like(source: &'static str) -> Pattern {
    Pattern::from_lock(source)
}

/// A parameter as the attribute makes it.
pub(crate) const fn param(name: &'static str, schema: Schema) -> Param {
    Param::new(name, "", schema).bounded(None, None)
}

/// A field as the derive makes it.
pub(crate) const fn field(name: &'static str, schema: Schema) -> Field {
    Field::new(name, "", schema).bounded()
}

const NUMBER: Param = param("number", TEXT);
const REASON: Param = param("reason", TEXT);
const DAYS: Param = param("days", COUNT);
const STATE: Field = field("state", STATUS.schema());
const TOTAL: Field = field("total", COUNT);
const NOTE: Field = field("note", TEXT);
const TAGS: Field = Field::new("tags", "", TEXT.array()).max_items(3).bounded();

/// A row a rule: the rule, its class, what was locked, what is now; what is said, and shown; and what is found
/// the other way round.
macro_rules! specimens {
    ($($rule:ident $class:ident: $old:expr, $new:expr; $says:literal, $shown:expr; [$($back:ident)*])+) => {
        pub(crate) const ALL: &[Specimen] = &[$(Specimen {
            rule: ChangeRule::$rule,
            class: ChangeClass::$class,
            old: $old,
            new: $new,
            says: $says,
            shown: $shown,
            back: &[$(ChangeRule::$back),*],
        },)+];
    };
}

specimens! {
    // Whole tools come and go in lists, which no two contracts show: these two are made by hand.
    ToolAdded Additive: Contract::EMPTY, BASE;
        "additive: the tool is new [tool-added]",
        Some("a caller finds it in the list"); []
    ToolRemoved Breaking: BASE, Contract::EMPTY;
        "breaking: the tool isn't served any more [tool-removed]",
        Some("a caller that knows it is told that it is unknown"); []
    TitleChanged Patch: BASE, Contract { title: Some("Remind them"), ..BASE };
        "patch: the tool has another title [title-changed]",
        None; [TitleChanged]
    DescriptionChanged Patch:
        BASE, Contract { description: "Sends one reminder.", ..BASE };
        "patch: the tool has another description [description-changed]",
        None; [DescriptionChanged]
    OrderChanged Patch: takes!(NUMBER, REASON), takes!(REASON, NUMBER);
        "patch: the tool has its parameters in another order [order-changed]",
        None; [OrderChanged]

    ScopeAdded Breaking:
        BASE, Contract { scopes: &["mail:send", "invoices:read"], ..BASE };
        "breaking: scope 'invoices:read' is needed now [scope-added]",
        Some("a caller without it was let in, and is refused now"); [ScopeRemoved]
    ScopeRemoved Weakens:
        BASE, Contract { scopes: &[], ..BASE };
        "weakens: scope 'mail:send' isn't needed any more [scope-removed]",
        Some("a caller without it was refused, and is let in now"); [ScopeAdded]

    ApprovalAdded Breaking:
        gated(&["mail:send"], Some(Gate::Scope("mail:purge"))), gated(&["mail:send", "mail:purge"], None);
        "breaking: calls need approval now, for which scope 'mail:purge' stood [approval-added]",
        Some("a caller with the scope was let through, and waits for approval now"); [ApprovalRemoved]
    ApprovalRemoved Weakens:
        gated(&["mail:send", "mail:purge"], None), gated(&["mail:send"], Some(Gate::Scope("mail:purge")));
        "weakens: scope 'mail:purge' stands for a person's approval now [approval-removed]",
        Some("a call waited for approval, and runs by its scope alone now"); [ApprovalAdded]
    UpstreamAdded Weakens:
        BASE, Contract { upstreams: &["billing"], ..BASE };
        "weakens: upstream 'billing' can be reached now [upstream-added]",
        Some("what is sent stayed here and at the other upstreams, and may go there now"); [UpstreamRemoved]
    UpstreamRemoved Additive:
        Contract { upstreams: &["billing", "mail"], ..BASE }, Contract { upstreams: &["mail"], ..BASE };
        "additive: upstream 'billing' can't be reached any more [upstream-removed]",
        Some("nothing of what is sent goes there now"); [UpstreamAdded]

    ReadOnlyAdded Additive:
        BASE, hinted(Hints { read_only: true, ..NO_HINTS });
        "additive: the tool became read_only [read-only-added]",
        Some("a host that asks before each write needn't ask any more"); [ReadOnlyRemoved]
    ReadOnlyRemoved Weakens:
        hinted(Hints { read_only: true, ..NO_HINTS }), BASE;
        "weakens: the tool isn't read_only any more [read-only-removed]",
        Some("a host that lets readers run unasked let it run, and it writes now"); [ReadOnlyAdded]
    DestructiveAdded Breaking:
        BASE, hinted(Hints { destructive: true, ..NO_HINTS });
        "breaking: the tool became destructive, so that its calls must pass a gate [destructive-added]",
        Some("a call ran at once, and must pass a gate now"); [DestructiveRemoved]
    DestructiveRemoved Weakens:
        hinted(Hints { destructive: true, ..NO_HINTS }), BASE;
        "weakens: the tool isn't destructive any more, so that its calls pass no gate [destructive-removed]",
        Some("a call had to pass a gate, and runs at once now"); [DestructiveAdded]
    IdempotentAdded Additive:
        BASE, hinted(Hints { idempotent: true, ..NO_HINTS });
        "additive: the tool became idempotent [idempotent-added]",
        Some("a call may be repeated now"); [IdempotentRemoved]
    IdempotentRemoved Weakens:
        hinted(Hints { idempotent: true, ..NO_HINTS }), BASE;
        "weakens: the tool isn't idempotent any more [idempotent-removed]",
        Some("a client that repeats a lost call did nothing twice, and may do so now"); [IdempotentAdded]
    OpenWorldAdded Weakens:
        BASE, hinted(Hints { open_world: true, ..NO_HINTS });
        "weakens: the tool became open_world [open-world-added]",
        Some("what is sent stayed within the server's domain, and may leave it now"); [OpenWorldRemoved]
    OpenWorldRemoved Additive:
        hinted(Hints { open_world: true, ..NO_HINTS }), BASE;
        "additive: the tool isn't open_world any more [open-world-removed]",
        Some("what is sent stays within the server's domain now"); [OpenWorldAdded]

    TimeoutLowered Additive:
        Contract { timeout_ms: Some(5_000), ..BASE }, Contract { timeout_ms: Some(2_000), ..BASE };
        "additive: timeout in ms went from 5000 to 2000 [timeout-lowered]",
        Some("a call that runs longer is ended now"); [TimeoutRaised]
    TimeoutRaised Weakens:
        Contract { timeout_ms: Some(5_000), ..BASE }, Contract { timeout_ms: Some(60_000), ..BASE };
        "weakens: timeout in ms went from 5000 to 60000 [timeout-raised]",
        Some("a call that runs longer was ended, and goes on now"); [TimeoutLowered]
    ConcurrencyLowered Additive:
        Contract { concurrency: Some(8), ..BASE }, Contract { concurrency: Some(2), ..BASE };
        "additive: concurrency went from 8 to 2 [concurrency-lowered]",
        Some("one call more at the same time is asked to come back now"); [ConcurrencyRaised]
    ConcurrencyRaised Weakens:
        Contract { concurrency: Some(8), ..BASE }, Contract { concurrency: None, ..BASE };
        "weakens: concurrency went from 8 to none [concurrency-raised]",
        Some("one call more at the same time was asked to come back, and runs now"); [ConcurrencyLowered]

    RateLowered Additive:
        BASE, rated(10, Window::Minute);
        "additive: rate went from none to 10/min [rate-lowered]",
        Some("one call more in some span of time is asked to come back now"); [RateRaised]
    RateRaised Weakens:
        rated(10, Window::Minute), rated(100, Window::Hour);
        "weakens: rate went from 10/min to 100/h [rate-raised]",
        Some("one call more in some span of time was asked to come back, and runs now"); [RateRaised]

    TaskAdded Additive: BASE, Contract { task: Some(TaskSupport::Optional), ..BASE };
        "additive: the tool goes on as a task where its client knows such [task-added]",
        Some("a client that declares the extension may get a task for its result"); [TaskRemoved]
    TaskRequired Breaking:
        Contract { task: Some(TaskSupport::Optional), ..BASE }, Contract { task: Some(TaskSupport::Required), ..BASE };
        "breaking: the tool runs as a task alone [task-required]",
        Some("a client that doesn't declare the extension was served, and is refused now"); [TaskRemoved]
    TaskRemoved Additive: Contract { task: Some(TaskSupport::Required), ..BASE }, BASE;
        "additive: the tool needs no task any more [task-removed]",
        Some("a client that doesn't declare the extension gets a result, as any other"); [TaskRequired]

    DeprecationAdded Additive:
        BASE, removal("Use send.", "2027-06-30");
        "additive: the tool became deprecated [deprecation-added]",
        Some("a caller is told to move on"); [DeprecationRemoved]
    DeprecationChanged Patch:
        removal("Use send.", "2027-06-30"), removal("Use send.", "2027-12-31");
        "patch: the tool has another deprecation [deprecation-changed]",
        None; [RemovalEarlier]
    DeprecationRemoved Patch:
        removal("Use send.", "2027-06-30"), BASE;
        "patch: the tool isn't deprecated any more [deprecation-removed]",
        None; [DeprecationAdded]
    RemovalEarlier Breaking:
        removal("Use send.", "2027-06-30"), removal("Use send.", "2027-01-31");
        "breaking: removal went from 2027-06-30 to 2027-01-31 [removal-earlier]",
        Some("a caller that counted on the old day finds nothing"); [DeprecationChanged]

    ParameterAdded Additive:
        takes!(NUMBER), takes!(NUMBER, param("reason", TEXT.optional()));
        "additive: parameter 'reason' was added, optional [parameter-added]",
        Some(r#"{"number":"a","reason":"a"} was refused, and is taken now"#); [ParameterRemoved]
    RequiredParameterAdded Breaking:
        takes!(NUMBER), takes!(NUMBER, REASON);
        "breaking: parameter 'reason' was added, required [required-parameter-added]",
        Some(r#"{"number":"a"} was taken, and is refused now"#); [ParameterRemoved]
    ParameterRemoved Breaking:
        takes!(NUMBER, REASON), takes!(NUMBER);
        "breaking: parameter 'reason' was removed [parameter-removed]",
        Some(r#"{"number":"a","reason":"a"} was taken, and is refused now"#); [RequiredParameterAdded]
    ParameterRenamed Breaking:
        takes!(NUMBER), takes!(param("invoice", TEXT));
        "breaking: parameter 'number' was renamed to 'invoice' [parameter-renamed]",
        Some(r#"{"number":"a"} was taken, and is refused now"#); [ParameterRenamed]
    ParameterRequired Breaking:
        takes!(param("reason", TEXT.optional())), takes!(REASON);
        "breaking: parameter 'reason' became required [parameter-required]",
        Some("{} was taken, and is refused now"); [ParameterOptional]
    ParameterOptional Additive:
        takes!(REASON), takes!(param("reason", TEXT.optional()));
        "additive: parameter 'reason' became optional [parameter-optional]",
        Some("{} was refused, and is taken now"); [ParameterRequired]
    DefaultChanged Breaking:
        takes!(DAYS.default(whole(14, "14"))), takes!(DAYS.default(whole(30, "30")));
        "breaking: parameter 'days': default went from 14 to 30 [default-changed]",
        Some("{} is taken as before, and means something else"); [DefaultChanged]
    SecretAdded Patch: takes!(NUMBER), takes!(NUMBER.secret());
        "patch: parameter 'number' became secret [secret-added]",
        None; [SecretRemoved]
    SecretRemoved Weakens: takes!(NUMBER.secret()), takes!(NUMBER);
        "weakens: parameter 'number' isn't secret any more [secret-removed]",
        Some("its values may be echoed, logged and digested now"); [SecretAdded]
    HeaderAdded Breaking: takes!(NUMBER), takes!(NUMBER.header("Number"));
        "breaking: parameter 'number' is mirrored in the header Mcp-Param-Number now [header-added]",
        Some("a client that sends the argument without the header was served over HTTP, and is refused now"); [HeaderRemoved]
    HeaderRemoved Additive: takes!(NUMBER.header("Number")), takes!(NUMBER);
        "additive: parameter 'number' isn't mirrored in the header Mcp-Param-Number any more [header-removed]",
        Some("what a client still sends in the header is passed over"); [HeaderAdded]
    HeaderChanged Breaking: takes!(NUMBER.header("Number")), takes!(NUMBER.header("Invoice"));
        "breaking: parameter 'number' is mirrored in the header Mcp-Param-Invoice instead of Mcp-Param-Number [header-changed]",
        Some("a client that sends the header it knows was served over HTTP, and is refused now"); [HeaderChanged]
    ConstraintsAdded Breaking: BASE, Contract { constraints: Some("{\"not\":{}}"), ..BASE };
        "breaking: the tool has conditions among its parameters now [constraints-added]",
        Some("arguments that break the conditions were taken, and are refused now"); [ConstraintsRemoved]
    ConstraintsRemoved Weakens: Contract { constraints: Some("{\"not\":{}}"), ..BASE }, BASE;
        "weakens: the tool has no conditions among its parameters any more [constraints-removed]",
        Some("arguments that broke the conditions were refused, and are taken now"); [ConstraintsAdded]
    ConstraintsChanged Breaking:
        Contract { constraints: Some("{\"not\":{}}"), ..BASE }, Contract { constraints: Some("{\"anyOf\":[]}"), ..BASE };
        "breaking: the tool has other conditions among its parameters (whether they take all that the old ones did isn't decided) [constraints-changed]",
        Some("arguments that break the new conditions alone were taken, and are refused now"); [ConstraintsChanged]
    TypeChanged Breaking:
        takes!(param("days", TEXT)), takes!(DAYS);
        "breaking: parameter 'days' went from a string to an integer [type-changed]",
        Some(r#"{"days":"a"} was taken, and is refused now"#); [TypeChanged]
    TypeNarrowed Breaking:
        takes!(param("state", TEXT)), takes!(param("state", STATUS.schema()));
        "breaking: parameter 'state' narrowed from a string to an enum [type-narrowed]",
        Some(r#"{"state":"a"} was taken, and is refused now"#); [TypeWidened]
    TypeWidened Additive: takes!(DAYS), takes!(param("days", AMOUNT));
        "additive: parameter 'days' widened from an integer to a number [type-widened]",
        Some(r#"{"days":0.5} was refused, and is taken now"#); [TypeNarrowed]
    BoundTightened Breaking:
        takes!(NUMBER.max_len(40)), takes!(NUMBER.max_len(12));
        "breaking: parameter 'number': max_len went from 40 to 12 [bound-tightened]",
        Some(r#"{"number":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} was taken, and is refused now"#); [BoundLoosened]
    BoundLoosened Weakens:
        takes!(DAYS.max(whole(60, "60"))), takes!(DAYS);
        "weakens: parameter 'days': max went from 60 to 90 [bound-loosened]",
        Some(r#"{"days":90} was refused, and is taken now"#); [BoundTightened]
    PatternAdded Breaking:
        takes!(NUMBER), takes!(NUMBER.pattern(like("^inv_[0-9]{8}$")));
        "breaking: parameter 'number' must match ^inv_[0-9]{8}$ now [pattern-added]",
        Some(r#"{"number":"a"} was taken, and is refused now"#); [PatternRemoved]
    PatternRemoved Weakens:
        takes!(NUMBER.pattern(like("^inv_[0-9]{8}$"))), takes!(NUMBER);
        "weakens: parameter 'number' needn't match ^inv_[0-9]{8}$ any more [pattern-removed]",
        Some(r#"{"number":"a"} was refused, and is taken now"#); [PatternAdded]
    PatternChanged Breaking:
        takes!(NUMBER.pattern(like("^inv_[0-9]{8}$"))), takes!(NUMBER.pattern(like("^inv_[0-9]{6}$")));
        "breaking: parameter 'number': pattern went from ^inv_[0-9]{8}$ to ^inv_[0-9]{6}$ (whether the new one takes all that the old one did isn't decided) [pattern-changed]",
        Some(r#"{"number":"inv_00000000"} was taken, and is refused now"#); [PatternChanged]
    EnumValueRemoved Breaking:
        takes!(param("state", STATUSES.schema())), takes!(param("state", STATUS.schema()));
        r#"breaking: parameter 'state' doesn't take "late" any more [enum-value-removed]"#,
        Some(r#"{"state":"late"} was taken, and is refused now"#); [EnumValueAdded]
    EnumValueAdded Additive:
        takes!(param("state", STATUS.schema())), takes!(param("state", STATUSES.schema()));
        r#"additive: parameter 'state' takes "late" too [enum-value-added]"#,
        Some(r#"{"state":"late"} was refused, and is taken now"#); [EnumValueRemoved]

    ResultAdded Additive: BASE, gives!(TOTAL);
        "additive: the result gives an object now [result-added]",
        Some("there is a result to read now"); [ResultRemoved]
    ResultRemoved Breaking: gives!(TOTAL), BASE;
        "breaking: the result doesn't give an object any more [result-removed]",
        Some("a reader finds no result any more"); [ResultAdded]
    ResultChanged Breaking:
        Contract { output: ToolOutput::Text, ..BASE }, gives!(TOTAL);
        "breaking: the result gives an object instead of text [result-changed]",
        Some("a reader of the old result can't read the new one"); [ResultChanged]
    ResultFieldAdded Additive: gives!(TOTAL), gives!(TOTAL, NOTE);
        "additive: result field 'note' was added [result-field-added]",
        Some("a reader that doesn't know the field passes it over"); [ResultFieldRemoved]
    ResultFieldRemoved Breaking: gives!(TOTAL, NOTE), gives!(TOTAL);
        "breaking: result field 'note' was removed [result-field-removed]",
        Some(r#"{"total":1} can come back now, and couldn't before"#); [ResultFieldAdded]
    ResultFieldDropped Additive:
        gives!(TOTAL, NOTE.sometimes()), gives!(TOTAL);
        "additive: result field 'note', which could be absent, was removed [result-field-dropped]",
        Some("a reader has to do without it already"); [ResultFieldAdded]
    ResultFieldOptional Breaking:
        gives!(TOTAL, NOTE), gives!(TOTAL, NOTE.sometimes());
        "breaking: result field 'note' may be absent now [result-field-optional]",
        Some(r#"{"total":1} can come back now, and couldn't before"#); [ResultFieldRequired]
    ResultFieldRequired Additive:
        gives!(TOTAL, NOTE.sometimes()), gives!(TOTAL, NOTE);
        "additive: result field 'note' is always there now [result-field-required]",
        Some(r#"{"total":1} could come back before, and can't now"#); [ResultFieldOptional]
    ResultFieldNullable Breaking:
        gives!(TOTAL, NOTE), gives!(TOTAL, field("note", TEXT.optional()));
        "breaking: result field 'note' may be null now [result-field-nullable]",
        Some(r#"{"total":1,"note":null} can come back now, and couldn't before"#); [ResultFieldNotNull]
    ResultFieldNotNull Additive:
        gives!(TOTAL, field("note", TEXT.optional())), gives!(TOTAL, NOTE);
        "additive: result field 'note' is never null now [result-field-not-null]",
        Some(r#"{"total":1,"note":null} could come back before, and can't now"#); [ResultFieldNullable]
    ResultTypeChanged Breaking:
        gives!(field("total", TEXT)), gives!(TOTAL);
        "breaking: result field 'total' went from a string to an integer [result-type-changed]",
        Some(r#"{"total":1} can come back now, and couldn't before"#); [ResultTypeChanged]
    ResultTypeWidened Breaking: gives!(TOTAL), gives!(field("total", AMOUNT));
        "breaking: result field 'total' widened from an integer to a number [result-type-widened]",
        Some(r#"{"total":0.5} can come back now, and couldn't before"#); [ResultTypeNarrowed]
    ResultTypeNarrowed Additive:
        gives!(field("day", TEXT)), gives!(field("day", DATE));
        "additive: result field 'day' narrowed from a string to a date [result-type-narrowed]",
        Some(r#"{"day":"a"} could come back before, and can't now"#); [ResultTypeWidened]
    ResultBoundLoosened Breaking:
        gives!(TAGS), gives!(widened(TAGS));
        "breaking: result field 'tags': max_items went from 3 to 4 [result-bound-loosened]",
        Some(r#"{"tags":["a","a","a","a"]} can come back now, and couldn't before"#); [ResultBoundTightened]
    ResultBoundTightened Additive:
        gives!(TOTAL), gives!(TOTAL.max(whole(60, "60")));
        "additive: result field 'total': max went from 90 to 60 [result-bound-tightened]",
        Some(r#"{"total":90} could come back before, and can't now"#); [ResultBoundLoosened]
    ResultPatternAdded Additive:
        gives!(NOTE), gives!(NOTE.pattern(like("^inv_[0-9]{8}$")));
        "additive: result field 'note' matches ^inv_[0-9]{8}$ now [result-pattern-added]",
        Some(r#"{"note":"a"} could come back before, and can't now"#); [ResultPatternRemoved]
    ResultPatternRemoved Breaking:
        gives!(NOTE.pattern(like("^inv_[0-9]{8}$"))), gives!(NOTE);
        "breaking: result field 'note' needn't match ^inv_[0-9]{8}$ any more [result-pattern-removed]",
        Some(r#"{"note":"a"} can come back now, and couldn't before"#); [ResultPatternAdded]
    ResultPatternChanged Breaking:
        gives!(NOTE.pattern(like("^inv_[0-9]{8}$"))), gives!(NOTE.pattern(like("^inv_[0-9]{6}$")));
        "breaking: result field 'note': pattern went from ^inv_[0-9]{8}$ to ^inv_[0-9]{6}$ (whether the old one took all that the new one does isn't decided) [result-pattern-changed]",
        Some(r#"{"note":"inv_000000"} can come back now, and couldn't before"#); [ResultPatternChanged]
    ResultEnumValueAdded Breaking:
        gives!(STATE), gives!(field("state", STATUSES.schema()));
        r#"breaking: result field 'state' may be "late" now [result-enum-value-added]"#,
        Some(r#"{"state":"late"} can come back now, and couldn't before"#); [ResultEnumValueRemoved]
    ResultEnumValueRemoved Additive:
        gives!(field("state", STATUSES.schema())), gives!(STATE);
        r#"additive: result field 'state' is never "late" now [result-enum-value-removed]"#,
        Some(r#"{"state":"late"} could come back before, and can't now"#); [ResultEnumValueAdded]
}

/// The same array with room for one more.
const fn widened(field: Field) -> Field {
    let items = Some(Items { min: 0, max: Some(4) });
    Field { schema: Schema { items, ..field.schema }, ..field }
}

/// What a pair shows: one finding.
fn finding(specimen: &Specimen) -> Finding {
    match specimen.rule {
        ChangeRule::ToolAdded => Finding::TOOL_ADDED,
        ChangeRule::ToolRemoved => Finding::TOOL_REMOVED,
        _ => {
            let found = judge::compare_at_run_time(&specimen.old, &specimen.new);
            let [finding] = found.listed() else { panic!("{}: {:?}", specimen.rule, found.listed()) };
            assert_eq!(found.worst(), finding.rule.class());
            *finding
        }
    }
}

pub(crate) fn rules(old: &Contract, new: &Contract) -> Vec<ChangeRule> {
    judge::compare_at_run_time(old, new).listed().iter().map(|finding| finding.rule).collect()
}

pub(crate) fn object(output: &ToolOutput) -> &'static Object {
    let (ToolOutput::Object(object) | ToolOutput::Page(object)) = output else { panic!("{output:?}") };
    object
}

/// Whether the one version takes what the witness shows, and the other doesn't.
pub(crate) fn holds(witness: &Witness, old: &Contract, new: &Contract) -> bool {
    let takes = |json: &str, contract: &Contract| arguments::check(json, contract.input).is_ok();
    let gives = |json: &str, contract: &Contract| witness::permits(object(&contract.output), json);
    match witness {
        Witness::NowRefused(json) => takes(json, old) && !takes(json, new),
        Witness::NowAccepted(json) => takes(json, new) && !takes(json, old),
        // Another change may break it.
        Witness::NewMeaning(json) => takes(json, old),
        Witness::NewResult(json) => gives(json, new) && !gives(json, old),
        Witness::LostResult(json) => gives(json, old) && !gives(json, new),
        Witness::Sentence(words) => !words.is_empty(),
    }
}

#[test]
fn every_rule_has_one() {
    let rules: Vec<ChangeRule> = ALL.iter().map(|specimen| specimen.rule).collect();
    assert_eq!(rules, ChangeRule::ALL);
}

#[test]
fn each_shows_its_rule_alone_in_its_words() {
    for specimen in ALL {
        let finding = finding(specimen);
        assert_eq!((finding.rule, finding.rule.class()), (specimen.rule, specimen.class));
        assert_eq!(finding.to_string(), specimen.says);
    }
}

#[test]
fn each_change_that_binds_has_a_witness_that_holds() {
    for specimen in ALL {
        let Specimen { rule, old, new, shown, .. } = specimen;
        let finding = finding(specimen);
        let witness = witness::of(&finding, old, new);
        assert_eq!(witness.as_ref().map(ToString::to_string).as_deref(), *shown, "{rule}");
        assert_eq!(witness.is_none(), specimen.class == ChangeClass::Patch, "{rule}");
        let Some(witness) = witness else { continue };
        assert!(holds(&witness, old, new), "{rule}: {witness}");
        if let Witness::NewMeaning(json) = &witness {
            assert_eq!(arguments::check(json, new.input), Ok(()), "{rule}");
        }
        let is_as_expected = match (finding.place, specimen.class) {
            (ChangeLocation::Tool, _) => matches!(witness, Witness::Sentence(_)),
            (ChangeLocation::Parameter(_), ChangeClass::Breaking) => {
                matches!(witness, Witness::NowRefused(_) | Witness::NewMeaning(_) | Witness::Sentence(_))
            }
            (ChangeLocation::Parameter(_), _) => {
                matches!(witness, Witness::NowAccepted(_) | Witness::Sentence(_))
            }
            (ChangeLocation::Result(_), ChangeClass::Breaking) => {
                matches!(witness, Witness::NewResult(_) | Witness::Sentence(_))
            }
            (ChangeLocation::Result(_), _) => {
                matches!(witness, Witness::LostResult(_) | Witness::Sentence(_))
            }
        };
        assert!(is_as_expected, "{rule}: {witness:?}");
    }
}

#[test]
fn each_has_its_opposite_the_other_way_round() {
    for specimen in ALL.iter().filter(|specimen| !specimen.back.is_empty()) {
        assert_eq!(rules(&specimen.new, &specimen.old), specimen.back, "{}", specimen.rule);
    }
    let alone: Vec<ChangeRule> =
        ALL.iter().filter(|specimen| specimen.back.is_empty()).map(|specimen| specimen.rule).collect();
    assert_eq!(alone, [ChangeRule::ToolAdded, ChangeRule::ToolRemoved]);
}

#[test]
fn a_header_is_the_same_in_any_case() {
    assert_eq!(rules(&takes!(NUMBER.header("Number")), &takes!(NUMBER.header("NUMBER"))), []);
}

#[test]
fn schemas_that_come_at_run_time_are_the_same_or_not() {
    let old = shape(r#"{"type":"object","properties":{"a":{"type":"string","description":"One."}}}"#);
    let said = shape(r#"{"type":"object","properties":{"a":{"type":"string","description":"Two."}}}"#);
    let new = shape(r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#);
    assert_eq!(rules(&old, &said), []);
    assert_eq!(rules(&old, &new), [ChangeRule::ResultChanged]);
    assert_eq!(rules(&old, &gives!(TOTAL)), [ChangeRule::ResultChanged]);
    let in_const = judge::compare::<8>(&old, &new, mcp_tool_contract::json::schema::Prose::Kept);
    assert!(in_const.is_empty(), "the compiler doesn't know them");
}
