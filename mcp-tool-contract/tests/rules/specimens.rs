//! One specimen for each rule of contract changes: two contracts that differ only by one change, which the rule
//! classifies.

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

/// Two contracts with one change, and the expected finding, witness and reversed findings.
pub(crate) struct Specimen {
    pub(crate) rule: ChangeRule,
    class: ChangeClass,
    old: Contract,
    new: Contract,
    /// Text of the finding: class, message and rule id.
    pub(crate) says: &'static str,
    /// Text of the [`Witness`], a value or sentence that shows the effect; `None` for rules of class patch.
    pub(crate) shown: Option<&'static str>,
    /// Rules of the changes from `new` to `old`.
    back: &'static [ChangeRule],
}

/// The contract from which the others are made. It has no parameters and no result.
pub(crate) const BASE: Contract = Contract::EMPTY
    .with_name("remind")
    .with_version(Version::new(1, 0))
    .with_title(Some("Remind"))
    .with_description("Sends a reminder.")
    .with_scopes(&["mail:send"]);

/// A contract with these parameters.
macro_rules! takes {
    ($($param:expr),*) => { $crate::specimens::BASE.with_input(const { &[$($param),*] }) };
}

/// A contract whose result has these fields.
macro_rules! gives {
    ($($field:expr),*) => {
        $crate::specimens::BASE.with_output(ToolOutput::Object(const {
            const { &Object::new(const { &[$(Member::Field($field)),*] }) }
        }))
    };
}

const fn hinted(hints: Hints) -> Contract {
    BASE.with_hints(hints)
}

/// A deprecated tool with this message and this date of removal.
const fn deprecated(message: &'static str, removal: &'static str) -> Contract {
    let removal = Some(removal);
    BASE.with_deprecation(Some(Deprecation::new(message, None, removal)))
}

/// An integer, with its JSON text.
pub(crate) const fn whole(value: i128, json: &'static str) -> Literal {
    Literal::new(LiteralValue::Integer(value), json)
}

/// A contract with a result schema that is known only at run time.
const fn run_time_result(schema: &'static str) -> Contract {
    BASE.with_output(ToolOutput::FromLock(schema))
}

/// A destructive tool with these scopes and this gate.
const fn gated(scopes: &'static [&'static str], gate: Option<Gate>) -> Contract {
    BASE.with_scopes(scopes).with_gate(gate).with_hints(Hints::NONE.with_destructive(true))
}

pub(crate) const fn rated(calls: u32, window: Window) -> Contract {
    BASE.with_rate(Some(Rate::new(calls, window)))
}

pub(crate) const TEXT: Schema = Kind::TEXT.schema();
const STATUS: Kind = Kind::Enum(&["open", "paid"]);
const STATUSES: Kind = Kind::Enum(&["open", "paid", "late"]);
pub(crate) const COUNT: Schema = Kind::Integer { minimum: 0, maximum: 90 }.schema();
const AMOUNT: Schema = Kind::Number { minimum: Some(0.0), maximum: Some(90.0) }.schema();
const DATE: Schema = Kind::Text(Format::Date.text()).schema();

/// A pattern without a cached compiled form.
pub(crate) const fn like(source: &'static str) -> Pattern {
    Pattern::from_lock(source)
}

/// A parameter as the attribute macro creates it: strings and arrays get default maximum lengths.
pub(crate) const fn param(name: &'static str, schema: Schema) -> Param {
    Param::new(name, "", schema).bounded(None, None)
}

/// A field as the derive macro creates it: strings get a default maximum length.
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

/// One row per rule: the rule, its class, the old and the new contract; the message and the witness; and the rules of
/// the reversed change.
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
    // Only a comparison of tool lists finds added and removed tools, so `finding` doesn't compare these two pairs.
    ToolAdded Additive: Contract::EMPTY, BASE;
        "additive: the tool is new [tool-added]",
        Some("callers find it in `tools/list`"); []
    ToolRemoved Breaking: BASE, Contract::EMPTY;
        "breaking: the tool is no longer served [tool-removed]",
        Some("a call of it now fails, because the tool is unknown"); []
    TitleChanged Patch: BASE, BASE.with_title(Some("Remind them"));
        "patch: the tool has a different title [title-changed]",
        None; [TitleChanged]
    DescriptionChanged Patch:
        BASE, BASE.with_description("Sends one reminder.");
        "patch: the tool has a different description [description-changed]",
        None; [DescriptionChanged]
    OrderChanged Patch: takes!(NUMBER, REASON), takes!(REASON, NUMBER);
        "patch: the tool has its parameters in a different order [order-changed]",
        None; [OrderChanged]

    ScopeAdded Breaking:
        BASE, BASE.with_scopes(&["mail:send", "invoices:read"]);
        "breaking: scope 'invoices:read' is now required [scope-added]",
        Some("a caller without it was admitted, and is now refused"); [ScopeRemoved]
    ScopeRemoved Weakens:
        BASE, BASE.with_scopes(&[]);
        "weakens: scope 'mail:send' is no longer required [scope-removed]",
        Some("a caller without it was refused, and is now admitted"); [ScopeAdded]

    ApprovalAdded Breaking:
        gated(&["mail:send"], Some(Gate::Scope("mail:purge"))), gated(&["mail:send", "mail:purge"], None);
        "breaking: calls now need approval instead of scope 'mail:purge' [approval-added]",
        Some("a caller with the scope was admitted, and is now refused until the operator allows the tool"); [ApprovalRemoved]
    ApprovalRemoved Weakens:
        gated(&["mail:send", "mail:purge"], None), gated(&["mail:send"], Some(Gate::Scope("mail:purge")));
        "weakens: calls now need scope 'mail:purge' instead of approval [approval-removed]",
        Some("a call was refused until the operator allowed the tool, and now needs only the scope"); [ApprovalAdded]
    UpstreamAdded Weakens:
        BASE, BASE.with_upstreams(&["billing"]);
        "weakens: upstream 'billing' is now reachable [upstream-added]",
        Some("arguments could not reach this upstream, and now may"); [UpstreamRemoved]
    UpstreamRemoved Additive:
        BASE.with_upstreams(&["billing", "mail"]), BASE.with_upstreams(&["mail"]);
        "additive: upstream 'billing' is no longer reachable [upstream-removed]",
        Some("arguments no longer reach this upstream"); [UpstreamAdded]

    ReadOnlyAdded Additive:
        BASE, hinted(Hints::NONE.with_read_only(true));
        "additive: the tool became read_only [read-only-added]",
        Some("a host that confirms each write no longer has to ask"); [ReadOnlyRemoved]
    ReadOnlyRemoved Weakens:
        hinted(Hints::NONE.with_read_only(true)), BASE;
        "weakens: the tool is no longer read_only [read-only-removed]",
        Some("a host ran it without asking, because it was read-only, and it may now write"); [ReadOnlyAdded]
    DestructiveAdded Breaking:
        BASE, hinted(Hints::NONE.with_destructive(true));
        "breaking: the tool became destructive: its calls must now pass a gate [destructive-added]",
        Some("a call ran immediately, and must now pass a gate"); [DestructiveRemoved]
    DestructiveRemoved Weakens:
        hinted(Hints::NONE.with_destructive(true)), BASE;
        "weakens: the tool is no longer destructive: its calls no longer pass a gate [destructive-removed]",
        Some("a call had to pass a gate, and now runs immediately"); [DestructiveAdded]
    IdempotentAdded Additive:
        BASE, hinted(Hints::NONE.with_idempotent(true));
        "additive: the tool became idempotent [idempotent-added]",
        Some("a call may now be repeated"); [IdempotentRemoved]
    IdempotentRemoved Weakens:
        hinted(Hints::NONE.with_idempotent(true)), BASE;
        "weakens: the tool is no longer idempotent [idempotent-removed]",
        Some("a client that repeats a lost call caused no second effect, and now may cause one"); [IdempotentAdded]
    OpenWorldAdded Weakens:
        BASE, hinted(Hints::NONE.with_open_world(true));
        "weakens: the tool became open_world [open-world-added]",
        Some("arguments stayed within the server's domain, and may now leave it"); [OpenWorldRemoved]
    OpenWorldRemoved Additive:
        hinted(Hints::NONE.with_open_world(true)), BASE;
        "additive: the tool is no longer open_world [open-world-removed]",
        Some("arguments now stay within the server's domain"); [OpenWorldAdded]

    TimeoutLowered Additive:
        BASE.with_timeout_ms(Some(5_000)), BASE.with_timeout_ms(Some(2_000));
        "additive: timeout (ms) changed from 5000 to 2000 [timeout-lowered]",
        Some("a call that runs longer is now ended"); [TimeoutRaised]
    TimeoutRaised Weakens:
        BASE.with_timeout_ms(Some(5_000)), BASE.with_timeout_ms(Some(60_000));
        "weakens: timeout (ms) changed from 5000 to 60000 [timeout-raised]",
        Some("a call that runs longer was ended, and now continues"); [TimeoutLowered]
    ConcurrencyLowered Additive:
        BASE.with_concurrency(Some(8)), BASE.with_concurrency(Some(2));
        "additive: concurrency changed from 8 to 2 [concurrency-lowered]",
        Some("a concurrent call beyond the new limit is now asked to retry later"); [ConcurrencyRaised]
    ConcurrencyRaised Weakens:
        BASE.with_concurrency(Some(8)), BASE.with_concurrency(None);
        "weakens: concurrency changed from 8 to none [concurrency-raised]",
        Some("a concurrent call beyond the old limit was asked to retry later, and now runs"); [ConcurrencyLowered]

    RateLowered Additive:
        BASE, rated(10, Window::Minute);
        "additive: rate changed from none to 10/min [rate-lowered]",
        Some("a call beyond the new limit is now asked to retry later"); [RateRaised]
    // Raised in both directions: 100/h permits 100 calls within a minute, and 10/min permits 600 calls within an hour.
    RateRaised Weakens:
        rated(10, Window::Minute), rated(100, Window::Hour);
        "weakens: rate changed from 10/min to 100/h [rate-raised]",
        Some("a call beyond the old limit was asked to retry later, and now runs"); [RateRaised]

    TaskAdded Additive: BASE, BASE.with_task(Some(TaskSupport::Optional));
        "additive: the tool now runs as a task if its client supports tasks [task-added]",
        Some("a client that declares the tasks extension may get a task instead of a result"); [TaskRemoved]
    TaskRequired Breaking:
        BASE.with_task(Some(TaskSupport::Optional)), BASE.with_task(Some(TaskSupport::Required));
        "breaking: the tool now runs only as a task [task-required]",
        Some("a client that doesn't declare the tasks extension was served, and is now refused"); [TaskRemoved]
    TaskRemoved Additive: BASE.with_task(Some(TaskSupport::Required)), BASE;
        "additive: the tool now answers more calls without a task [task-removed]",
        Some("a call that ran as a task may now return its result directly"); [TaskRequired]

    DeprecationAdded Additive:
        BASE, deprecated("Use send.", "2027-06-30");
        "additive: the tool became deprecated [deprecation-added]",
        Some("callers are told that the tool will be removed"); [DeprecationRemoved]
    DeprecationChanged Patch:
        deprecated("Use send.", "2027-06-30"), deprecated("Use send.", "2027-12-31");
        "patch: the tool has a different deprecation notice [deprecation-changed]",
        None; [RemovalEarlier]
    DeprecationRemoved Patch:
        deprecated("Use send.", "2027-06-30"), BASE;
        "patch: the tool is no longer deprecated [deprecation-removed]",
        None; [DeprecationAdded]
    RemovalEarlier Breaking:
        deprecated("Use send.", "2027-06-30"), deprecated("Use send.", "2027-01-31");
        "breaking: removal changed from 2027-06-30 to 2027-01-31 [removal-earlier]",
        Some("a caller that relies on the old date may find that the tool is gone"); [DeprecationChanged]

    ParameterAdded Additive:
        takes!(NUMBER), takes!(NUMBER, param("reason", TEXT.optional()));
        "additive: parameter 'reason' was added as optional [parameter-added]",
        Some(r#"{"number":"a","reason":"a"} was refused, and is now accepted"#); [ParameterRemoved]
    RequiredParameterAdded Breaking:
        takes!(NUMBER), takes!(NUMBER, REASON);
        "breaking: parameter 'reason' was added as required [required-parameter-added]",
        Some(r#"{"number":"a"} was accepted, and is now refused"#); [ParameterRemoved]
    ParameterRemoved Breaking:
        takes!(NUMBER, REASON), takes!(NUMBER);
        "breaking: parameter 'reason' was removed [parameter-removed]",
        Some(r#"{"number":"a","reason":"a"} was accepted, and is now refused"#); [RequiredParameterAdded]
    ParameterRenamed Breaking:
        takes!(NUMBER), takes!(param("invoice", TEXT));
        "breaking: parameter 'number' was renamed to 'invoice' [parameter-renamed]",
        Some(r#"{"number":"a"} was accepted, and is now refused"#); [ParameterRenamed]
    ParameterRequired Breaking:
        takes!(param("reason", TEXT.optional())), takes!(REASON);
        "breaking: parameter 'reason' became required [parameter-required]",
        Some("{} was accepted, and is now refused"); [ParameterOptional]
    ParameterOptional Additive:
        takes!(REASON), takes!(param("reason", TEXT.optional()));
        "additive: parameter 'reason' became optional [parameter-optional]",
        Some("{} was refused, and is now accepted"); [ParameterRequired]
    DefaultChanged Breaking:
        takes!(DAYS.default(whole(14, "14"))), takes!(DAYS.default(whole(30, "30")));
        "breaking: parameter 'days': default changed from 14 to 30 [default-changed]",
        Some("{} is still accepted, with a different meaning"); [DefaultChanged]
    SecretAdded Patch: takes!(NUMBER), takes!(NUMBER.secret());
        "patch: parameter 'number' became secret [secret-added]",
        None; [SecretRemoved]
    SecretRemoved Weakens: takes!(NUMBER.secret()), takes!(NUMBER);
        "weakens: parameter 'number' is no longer secret [secret-removed]",
        Some("its values may now be echoed, logged and included in the audit digest"); [SecretAdded]
    HeaderAdded Breaking: takes!(NUMBER), takes!(NUMBER.header("Number"));
        "breaking: parameter 'number' is now mirrored in the header Mcp-Param-Number [header-added]",
        Some("over HTTP, a client that sends the argument without the header was served, and is now refused"); [HeaderRemoved]
    HeaderRemoved Additive: takes!(NUMBER.header("Number")), takes!(NUMBER);
        "additive: parameter 'number' is no longer mirrored in the header Mcp-Param-Number [header-removed]",
        Some("a header that a client still sends is ignored"); [HeaderAdded]
    HeaderChanged Breaking: takes!(NUMBER.header("Number")), takes!(NUMBER.header("Invoice"));
        "breaking: parameter 'number' is now mirrored in the header Mcp-Param-Invoice instead of Mcp-Param-Number [header-changed]",
        Some("over HTTP, a client that sends the old header was served, and is now refused"); [HeaderChanged]
    ConstraintsAdded Breaking: BASE, BASE.with_constraints(Some("{\"not\":{}}"));
        "breaking: the tool now has constraints across its parameters [constraints-added]",
        Some("arguments that violate the constraints were accepted, and are now refused"); [ConstraintsRemoved]
    ConstraintsRemoved Weakens: BASE.with_constraints(Some("{\"not\":{}}")), BASE;
        "weakens: the tool no longer has constraints across its parameters [constraints-removed]",
        Some("arguments that violate the constraints were refused, and are now accepted"); [ConstraintsAdded]
    ConstraintsChanged Breaking:
        BASE.with_constraints(Some("{\"not\":{}}")), BASE.with_constraints(Some("{\"anyOf\":[]}"));
        "breaking: the tool has different constraints across its parameters (it can't be decided whether they accept everything that the old ones accept) [constraints-changed]",
        Some("arguments that violate only the new constraints were accepted, and are now refused"); [ConstraintsChanged]
    TypeChanged Breaking:
        takes!(param("days", TEXT)), takes!(DAYS);
        "breaking: parameter 'days' changed from a string to an integer [type-changed]",
        Some(r#"{"days":"a"} was accepted, and is now refused"#); [TypeChanged]
    TypeNarrowed Breaking:
        takes!(param("state", TEXT)), takes!(param("state", STATUS.schema()));
        "breaking: parameter 'state' narrowed from a string to an enum [type-narrowed]",
        Some(r#"{"state":"a"} was accepted, and is now refused"#); [TypeWidened]
    TypeWidened Additive: takes!(DAYS), takes!(param("days", AMOUNT));
        "additive: parameter 'days' widened from an integer to a number [type-widened]",
        Some(r#"{"days":0.5} was refused, and is now accepted"#); [TypeNarrowed]
    BoundTightened Breaking:
        takes!(NUMBER.max_len(40)), takes!(NUMBER.max_len(12));
        "breaking: parameter 'number': max_len changed from 40 to 12 [bound-tightened]",
        Some(r#"{"number":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} was accepted, and is now refused"#); [BoundLoosened]
    BoundLoosened Weakens:
        takes!(DAYS.max(whole(60, "60"))), takes!(DAYS);
        "weakens: parameter 'days': max changed from 60 to 90 [bound-loosened]",
        Some(r#"{"days":90} was refused, and is now accepted"#); [BoundTightened]
    PatternAdded Breaking:
        takes!(NUMBER), takes!(NUMBER.pattern(like("^inv_[0-9]{8}$")));
        "breaking: parameter 'number' must now match ^inv_[0-9]{8}$ [pattern-added]",
        Some(r#"{"number":"a"} was accepted, and is now refused"#); [PatternRemoved]
    PatternRemoved Weakens:
        takes!(NUMBER.pattern(like("^inv_[0-9]{8}$"))), takes!(NUMBER);
        "weakens: parameter 'number' no longer has to match ^inv_[0-9]{8}$ [pattern-removed]",
        Some(r#"{"number":"a"} was refused, and is now accepted"#); [PatternAdded]
    PatternChanged Breaking:
        takes!(NUMBER.pattern(like("^inv_[0-9]{8}$"))), takes!(NUMBER.pattern(like("^inv_[0-9]{6}$")));
        "breaking: parameter 'number': pattern changed from ^inv_[0-9]{8}$ to ^inv_[0-9]{6}$ (it can't be decided whether the new one accepts everything that the old one accepts) [pattern-changed]",
        Some(r#"{"number":"inv_00000000"} was accepted, and is now refused"#); [PatternChanged]
    EnumValueRemoved Breaking:
        takes!(param("state", STATUSES.schema())), takes!(param("state", STATUS.schema()));
        r#"breaking: parameter 'state' no longer accepts "late" [enum-value-removed]"#,
        Some(r#"{"state":"late"} was accepted, and is now refused"#); [EnumValueAdded]
    EnumValueAdded Additive:
        takes!(param("state", STATUS.schema())), takes!(param("state", STATUSES.schema()));
        r#"additive: parameter 'state' now also accepts "late" [enum-value-added]"#,
        Some(r#"{"state":"late"} was refused, and is now accepted"#); [EnumValueRemoved]

    ResultAdded Additive: BASE, gives!(TOTAL);
        "additive: the result changed from nothing to an object [result-added]",
        Some("readers now get a result"); [ResultRemoved]
    ResultRemoved Breaking: gives!(TOTAL), BASE;
        "breaking: the result changed from an object to nothing [result-removed]",
        Some("readers no longer get a result"); [ResultAdded]
    ResultChanged Breaking:
        BASE.with_output(ToolOutput::Text), gives!(TOTAL);
        "breaking: the result changed from text to an object [result-changed]",
        Some("readers of the old result can't read the new one"); [ResultChanged]
    ResultFieldAdded Additive: gives!(TOTAL), gives!(TOTAL, NOTE);
        "additive: result field 'note' was added [result-field-added]",
        Some("readers that don't know the field ignore it"); [ResultFieldRemoved]
    ResultFieldRemoved Breaking: gives!(TOTAL, NOTE), gives!(TOTAL);
        "breaking: result field 'note' was removed [result-field-removed]",
        Some(r#"{"total":1} can now be returned, and couldn't before"#); [ResultFieldAdded]
    ResultFieldDropped Additive:
        gives!(TOTAL, NOTE.optional()), gives!(TOTAL);
        "additive: result field 'note', which could be absent, was removed [result-field-dropped]",
        Some("readers already had to handle its absence"); [ResultFieldAdded]
    ResultFieldOptional Breaking:
        gives!(TOTAL, NOTE), gives!(TOTAL, NOTE.optional());
        "breaking: result field 'note' may now be absent [result-field-optional]",
        Some(r#"{"total":1} can now be returned, and couldn't before"#); [ResultFieldRequired]
    ResultFieldRequired Additive:
        gives!(TOTAL, NOTE.optional()), gives!(TOTAL, NOTE);
        "additive: result field 'note' is now always present [result-field-required]",
        Some(r#"{"total":1} could be returned before, and no longer can"#); [ResultFieldOptional]
    ResultFieldNullable Breaking:
        gives!(TOTAL, NOTE), gives!(TOTAL, field("note", TEXT.optional()));
        "breaking: result field 'note' may now be null [result-field-nullable]",
        Some(r#"{"total":1,"note":null} can now be returned, and couldn't before"#); [ResultFieldNotNull]
    ResultFieldNotNull Additive:
        gives!(TOTAL, field("note", TEXT.optional())), gives!(TOTAL, NOTE);
        "additive: result field 'note' is now never null [result-field-not-null]",
        Some(r#"{"total":1,"note":null} could be returned before, and no longer can"#); [ResultFieldNullable]
    ResultTypeChanged Breaking:
        gives!(field("total", TEXT)), gives!(TOTAL);
        "breaking: result field 'total' changed from a string to an integer [result-type-changed]",
        Some(r#"{"total":1} can now be returned, and couldn't before"#); [ResultTypeChanged]
    ResultTypeWidened Breaking: gives!(TOTAL), gives!(field("total", AMOUNT));
        "breaking: result field 'total' widened from an integer to a number [result-type-widened]",
        Some(r#"{"total":0.5} can now be returned, and couldn't before"#); [ResultTypeNarrowed]
    ResultTypeNarrowed Additive:
        gives!(field("day", TEXT)), gives!(field("day", DATE));
        "additive: result field 'day' narrowed from a string to a date [result-type-narrowed]",
        Some(r#"{"day":"a"} could be returned before, and no longer can"#); [ResultTypeWidened]
    ResultBoundLoosened Breaking:
        gives!(TAGS), gives!(widened(TAGS));
        "breaking: result field 'tags': max_items changed from 3 to 4 [result-bound-loosened]",
        Some(r#"{"tags":["a","a","a","a"]} can now be returned, and couldn't before"#); [ResultBoundTightened]
    ResultBoundTightened Additive:
        gives!(TOTAL), gives!(TOTAL.max(whole(60, "60")));
        "additive: result field 'total': max changed from 90 to 60 [result-bound-tightened]",
        Some(r#"{"total":90} could be returned before, and no longer can"#); [ResultBoundLoosened]
    ResultPatternAdded Additive:
        gives!(NOTE), gives!(NOTE.pattern(like("^inv_[0-9]{8}$")));
        "additive: result field 'note' now matches ^inv_[0-9]{8}$ [result-pattern-added]",
        Some(r#"{"note":"a"} could be returned before, and no longer can"#); [ResultPatternRemoved]
    ResultPatternRemoved Breaking:
        gives!(NOTE.pattern(like("^inv_[0-9]{8}$"))), gives!(NOTE);
        "breaking: result field 'note' no longer has to match ^inv_[0-9]{8}$ [result-pattern-removed]",
        Some(r#"{"note":"a"} can now be returned, and couldn't before"#); [ResultPatternAdded]
    ResultPatternChanged Breaking:
        gives!(NOTE.pattern(like("^inv_[0-9]{8}$"))), gives!(NOTE.pattern(like("^inv_[0-9]{6}$")));
        "breaking: result field 'note': pattern changed from ^inv_[0-9]{8}$ to ^inv_[0-9]{6}$ (it can't be decided whether the old one accepts everything that the new one accepts) [result-pattern-changed]",
        Some(r#"{"note":"inv_000000"} can now be returned, and couldn't before"#); [ResultPatternChanged]
    ResultEnumValueAdded Breaking:
        gives!(STATE), gives!(field("state", STATUSES.schema()));
        r#"breaking: result field 'state' may now be "late" [result-enum-value-added]"#,
        Some(r#"{"state":"late"} can now be returned, and couldn't before"#); [ResultEnumValueRemoved]
    ResultEnumValueRemoved Additive:
        gives!(field("state", STATUSES.schema())), gives!(STATE);
        r#"additive: result field 'state' is now never "late" [result-enum-value-removed]"#,
        Some(r#"{"state":"late"} could be returned before, and no longer can"#); [ResultEnumValueAdded]
}

/// The array field with a maximum of 4 items and no minimum.
const fn widened(field: Field) -> Field {
    field.with_schema(field.schema().with_items(Some(Items::new(0, Some(4)))))
}

/// Returns the finding of a specimen. Panics if there are several.
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
    let (ToolOutput::Object(object) | ToolOutput::Paged(object)) = output else { panic!("{output:?}") };
    object
}

/// Returns `true` if validation against both versions confirms the witness. For a sentence, checks only that it isn't
/// empty.
pub(crate) fn is_valid_witness(witness: &Witness, old: &Contract, new: &Contract) -> bool {
    let takes = |json: &str, contract: &Contract| arguments::check(json, contract.input()).is_ok();
    let gives = |json: &str, contract: &Contract| witness::permits(object(&contract.output()), json);
    match witness {
        Witness::NowRefused(json) => takes(json, old) && !takes(json, new),
        Witness::NowAccepted(json) => takes(json, new) && !takes(json, old),
        // The new version may refuse the arguments because of another change.
        Witness::NewMeaning(json) => takes(json, old),
        Witness::NewResult(json) => gives(json, new) && !gives(json, old),
        Witness::LostResult(json) => gives(json, old) && !gives(json, new),
        Witness::Sentence(words) => !words.is_empty(),
        other => panic!("no check of {other:?}"),
    }
}

#[test]
fn every_rule_has_a_specimen() {
    let rules: Vec<ChangeRule> = ALL.iter().map(|specimen| specimen.rule).collect();
    assert_eq!(rules, ChangeRule::ALL);
}

#[test]
fn specimen_has_one_finding_with_its_rule_class_and_message() {
    for specimen in ALL {
        let finding = finding(specimen);
        assert_eq!((finding.rule, finding.rule.class()), (specimen.rule, specimen.class));
        assert_eq!(finding.to_string(), specimen.says);
    }
}

#[test]
fn every_change_except_patches_has_a_valid_witness() {
    for specimen in ALL {
        let Specimen { rule, old, new, shown, .. } = specimen;
        let finding = finding(specimen);
        let witness = witness::of(&finding, old, new);
        assert_eq!(witness.as_ref().map(ToString::to_string).as_deref(), *shown, "{rule}");
        assert_eq!(witness.is_none(), specimen.class == ChangeClass::Patch, "{rule}");
        let Some(witness) = witness else { continue };
        assert!(is_valid_witness(&witness, old, new), "{rule}: {witness}");
        if let Witness::NewMeaning(json) = &witness {
            assert_eq!(arguments::check(json, new.input()), Ok(()), "{rule}");
        }
        let is_as_expected = match (finding.location, specimen.class) {
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
            (other, _) => panic!("no expectation of {other:?}"),
        };
        assert!(is_as_expected, "{rule}: {witness:?}");
    }
}

#[test]
fn reversed_change_is_classified_by_the_expected_rules() {
    for specimen in ALL.iter().filter(|specimen| !specimen.back.is_empty()) {
        assert_eq!(rules(&specimen.new, &specimen.old), specimen.back, "{}", specimen.rule);
    }
    let not_reversed: Vec<ChangeRule> =
        ALL.iter().filter(|specimen| specimen.back.is_empty()).map(|specimen| specimen.rule).collect();
    assert_eq!(not_reversed, [ChangeRule::ToolAdded, ChangeRule::ToolRemoved]);
}

#[test]
fn header_names_are_case_insensitive() {
    assert_eq!(rules(&takes!(NUMBER.header("Number")), &takes!(NUMBER.header("NUMBER"))), []);
}

#[test]
fn run_time_schemas_are_compared_for_equality_without_descriptions() {
    let old =
        run_time_result(r#"{"type":"object","properties":{"a":{"type":"string","description":"One."}}}"#);
    let reworded =
        run_time_result(r#"{"type":"object","properties":{"a":{"type":"string","description":"Two."}}}"#);
    let new = run_time_result(r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#);
    assert_eq!(rules(&old, &reworded), []);
    assert_eq!(rules(&old, &new), [ChangeRule::ResultChanged]);
    assert_eq!(rules(&old, &gives!(TOTAL)), [ChangeRule::ResultChanged]);
    // Lists at most 8 findings.
    let in_const = judge::compare::<8>(&old, &new, mcp_tool_contract::json::schema::Prose::Kept);
    assert!(
        in_const.is_empty(),
        "const evaluation compared schemas that are known only at run time: {in_const:?}"
    );
}
