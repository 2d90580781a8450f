//! Compares pairs of contracts: a random contract, and an edited copy of it. The findings (the changes that the
//! comparison found) must agree with the validation of generated arguments and results.
//!
//! The environment variable `PAIRS` sets the number of pairs, `PAIRS_SEED` the first seed.

use std::{collections::BTreeMap, fmt::Debug, ops::AddAssign, str::FromStr, thread};

use mcp_tool_contract::{
    bounds::{Field, Kind, Object, Schema},
    json::schema::Prose,
    judge::{self, ChangeLocation, Findings},
    lock::{Lock, compact},
    model::{Contract, Param, ToolOutput},
    read::{arguments, result},
    rules::{
        ChangeClass, ChangeRule,
        witness::{self, Witness},
    },
};

use crate::{
    generate::{self, Random, contract, edited},
    specimens::is_valid_witness,
};

/// Number of argument objects that are validated for a pair whose parameters have no breaking change, and number of
/// results for a pair whose result has none.
const SAMPLES: usize = 20;
/// For one pair in 16, the new contract is written into a lock (the text of `mcp-tools.lock`) and parsed again.
const LOCKED_EVERY: u64 = 16;

/// Statistics of a run.
#[derive(Debug, Default)]
struct Counts {
    /// Pairs that differ at most in titles, descriptions and order.
    same: usize,
    /// Pairs with a breaking change.
    breaking: usize,
    /// Pairs without a breaking change.
    compatible: usize,
    /// Validated argument objects.
    arguments: usize,
    /// Validated results.
    results: usize,
    /// Pairs that [`compact::is_unchanged`] reports as unchanged.
    unchanged: usize,
    /// Contracts that were written into a lock and parsed again.
    locked: usize,
    /// Breaking findings.
    findings: usize,
    /// Breaking findings without a [`Witness`], a value or sentence that shows the change; see [`is_undecided`].
    undecided: usize,
    /// Breaking findings whose witness is a sentence, or arguments with a different meaning.
    worded: usize,
    /// Number of findings by rule id.
    rules: BTreeMap<&'static str, usize>,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.same += other.same;
        self.breaking += other.breaking;
        self.compatible += other.compatible;
        self.arguments += other.arguments;
        self.results += other.results;
        self.unchanged += other.unchanged;
        self.locked += other.locked;
        self.findings += other.findings;
        self.undecided += other.undecided;
        self.worded += other.worded;
        for (rule, count) in other.rules {
            *self.rules.entry(rule).or_default() += count;
        }
    }
}

/// Returns the value of an environment variable.
fn setting<T: FromStr<Err: Debug>>(name: &str, default: T) -> T {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn findings_agree_with_validation_of_random_calls() {
    let (pairs, seed): (u64, u64) = (setting("PAIRS", 100_000), setting("PAIRS_SEED", 1));
    let workers = thread::available_parallelism().map_or(1, |count| count.get().min(4)) as u64;
    let mut counts = Counts::default();
    thread::scope(|scope| {
        // Returns the work of one thread: the pairs `worker`, `worker + workers`, `worker + 2 * workers` and so on.
        let work = |worker| {
            move || (worker..pairs).step_by(workers as usize).map(|i| check_pair(seed + i)).collect()
        };
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(work(worker))).collect();
        for worker in running {
            let counted: Vec<Counts> = worker.join().unwrap();
            counted.into_iter().for_each(|counted| counts += counted);
        }
    });
    println!("{pairs} pairs from {seed}: {counts:#?}");
    // A few pairs say nothing about the shares below.
    if pairs < 100_000 {
        return;
    }
    let is_at_least = |part: usize, all: usize, min_percent: usize| part * 100 >= all * min_percent;
    let all = usize::try_from(pairs).unwrap();
    assert!(
        is_at_least(counts.breaking, all, 20) && is_at_least(counts.compatible, all, 20),
        "too few pairs are breaking, or too few are compatible"
    );
    assert!(
        is_at_least(counts.unchanged, counts.same, 20),
        "`is_unchanged` recognizes too few unchanged pairs"
    );
    assert!(
        !is_at_least(counts.undecided, counts.findings, 5),
        "too many breaking findings have no witness: {}",
        counts.undecided
    );
    assert!(
        !is_at_least(counts.worded, counts.findings, 20),
        "too many breaking findings have a sentence as witness: {}",
        counts.worded
    );
    let missing: Vec<&str> =
        ChangeRule::ALL.iter().map(|rule| rule.id()).filter(|id| !counts.rules.contains_key(id)).collect();
    assert_eq!(
        missing,
        ["tool-added", "tool-removed"],
        "rules without a finding; only a comparison of tool lists finds the expected two"
    );
}

/// Compares one random pair and checks its findings.
fn check_pair(seed: u64) -> Counts {
    let random = &mut Random::new(seed);
    let old = contract(random);
    let new = edited(&old, random);
    let context = || format!("PAIRS=1 PAIRS_SEED={seed}\nold: {old:?}\nnew: {new:?}");
    let mut counts = Counts::default();

    let found = judge::compare_at_run_time(&old, &new);
    assert_eq!(found.more(), 0, "not all findings are listed");
    for finding in found.listed() {
        *counts.rules.entry(finding.rule.id()).or_default() += 1;
    }
    // `0`: the findings are only counted, not listed. `Prose::Dropped` leaves out titles, descriptions and order.
    let is_same = judge::compare::<0>(&old, &new, Prose::Dropped).is_empty();
    // In most builds, the compiler runs only `is_unchanged`. It may report a contract as unchanged only if titles,
    // descriptions and order are all that changed.
    let same_names =
        old.input().iter().map(|param| param.name()).eq(new.input().iter().map(|param| param.name()));
    if compact::is_unchanged(&new, compact::encode(&old).leak(), same_names) {
        assert!(is_same, "`is_unchanged` missed changes: {:?}\n{}", found.listed(), context());
        counts.unchanged += 1;
    }
    counts.same += usize::from(is_same);
    if found.worst() == ChangeClass::Breaking {
        counts.breaking += 1;
        check_witnesses(&old, &new, &found, &mut counts, &context);
    } else {
        counts.compatible += 1;
    }
    // Arguments are checked only if no parameter has a breaking change, and results only if the result has none. Parts
    // that weren't edited have the same address and aren't checked.
    let breaks = |is_location: fn(ChangeLocation) -> bool| {
        let mut breaking =
            found.listed().iter().filter(|finding| finding.rule.class() == ChangeClass::Breaking);
        breaking.any(|finding| is_location(finding.location))
    };
    if !std::ptr::eq(old.input(), new.input())
        && !breaks(|location| matches!(location, ChangeLocation::Parameter(_)))
    {
        check_arguments(&old, &new, random, &mut counts, &context);
    }
    if !breaks(|location| matches!(location, ChangeLocation::Result(_))) {
        check_results(&old, &new, random, &mut counts, &context);
    }
    // Writing and parsing a lock takes longer than all other checks.
    if seed.is_multiple_of(LOCKED_EVERY) {
        check_lock(&new, &context);
        counts.locked += 1;
    }
    counts
}

/// Checks that each breaking finding has a valid witness, or is one that may have no witness.
fn check_witnesses(
    old: &Contract,
    new: &Contract,
    found: &Findings,
    counts: &mut Counts,
    context: &dyn Fn() -> String,
) {
    for finding in found.listed().iter().filter(|finding| finding.rule.class() == ChangeClass::Breaking) {
        counts.findings += 1;
        match witness::of(finding, old, new) {
            None => {
                assert!(is_undecided(finding.location, old, new), "no witness: {finding}\n{}", context());
                counts.undecided += 1;
            }
            Some(witness) => {
                assert!(is_valid_witness(&witness, old, new), "{finding}: {witness}\n{}", context());
                let should_be_worded = matches!(
                    finding.rule,
                    ChangeRule::ScopeAdded
                        | ChangeRule::ApprovalAdded
                        | ChangeRule::DestructiveAdded
                        | ChangeRule::RemovalEarlier
                        | ChangeRule::ResultRemoved
                        | ChangeRule::ResultChanged
                        | ChangeRule::DefaultChanged
                        | ChangeRule::TaskRequired
                        | ChangeRule::ConstraintsAdded
                        | ChangeRule::ConstraintsChanged
                        | ChangeRule::HeaderAdded
                        | ChangeRule::HeaderChanged
                );
                let is_worded = matches!(witness, Witness::Sentence(_) | Witness::NewMeaning(_));
                assert_eq!(
                    is_worded, should_be_worded,
                    "{finding}: this rule has another kind of witness than {witness}"
                );
                counts.worded += usize::from(is_worded);
            }
        }
    }
}

/// Returns `true` if a change may have no witness, because no sample value is sure to show it: the old or the new value
/// has a pattern, or one value is an enum and the other has a format.
fn is_undecided(location: ChangeLocation, old: &Contract, new: &Contract) -> bool {
    let value = |contract: &Contract| match location {
        ChangeLocation::Tool => None,
        ChangeLocation::Parameter(name) => {
            contract.input().iter().find(|param| param.name() == name).map(|param| param.schema())
        }
        ChangeLocation::Result(path) => match contract.output() {
            ToolOutput::Object(object) | ToolOutput::Paged(object) => generate::at(object, path.names()),
            _ => None,
        },
        other => panic!("no value at {other:?}"),
    };
    let (Some(old_schema), Some(new_schema)) = (value(old), value(new)) else { return false };
    let is_enum_and_format = |left: Schema, right: Schema| matches!((left.kind(), right.kind()), (Kind::Enum(_), Kind::Text(text)) if text.format().is_some());
    generate::pattern(&old_schema).or(generate::pattern(&new_schema)).is_some()
        || is_enum_and_format(old_schema, new_schema)
        || is_enum_and_format(new_schema, old_schema)
}

/// Checks that the new contract accepts arguments that the old contract accepts.
fn check_arguments(
    old: &Contract,
    new: &Contract,
    random: &mut Random,
    counts: &mut Counts,
    context: &dyn Fn() -> String,
) {
    // The valid values of each parameter. `None` omits the argument.
    let choices: Vec<(&Param, Vec<Option<String>>)> = old
        .input()
        .iter()
        .map(|param| {
            let other = new.input().iter().find(|other| other.name() == param.name()).map(Param::schema);
            let mut values: Vec<Option<String>> = vec![None];
            values.extend(generate::values(&param.schema(), other.as_ref(), random).map(Some));
            let check =
                |value: &Option<String>| arguments::check(&object(&[(param.name(), value)]), &[*param]);
            values.retain(|value| check(value).is_ok());
            (param, values)
        })
        .collect();
    for sample in 0..SAMPLES {
        let members: Vec<(&str, &Option<String>)> = choices
            .iter()
            .map(|(param, values)| (param.name(), &values[(sample + random.below(2)) % values.len()]))
            .collect();
        let json = object(&members);
        assert_eq!(arguments::check(&json, old.input()), Ok(()), "invalid sample {json}\n{}", context());
        let outcome = arguments::check(&json, new.input());
        assert_eq!(outcome, Ok(()), "{json} was accepted, and no breaking change was found\n{}", context());
        counts.arguments += 1;
    }
}

/// Returns a JSON object with the members that have a value.
fn object(members: &[(&str, &Option<String>)]) -> String {
    let members = members.iter().filter_map(|(name, value)| Some(format!("\"{name}\":{}", value.as_ref()?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Checks that a reader of the old result accepts results of the new contract.
fn check_results(
    old: &Contract,
    new: &Contract,
    random: &mut Random,
    counts: &mut Counts,
    context: &dyn Fn() -> String,
) {
    let (
        ToolOutput::Object(old_object) | ToolOutput::Paged(old_object),
        ToolOutput::Object(new_object) | ToolOutput::Paged(new_object),
    ) = (old.output(), new.output())
    else {
        return;
    };
    if std::ptr::eq(old_object, new_object) {
        return;
    }
    let choices = choices(new_object, Some(old_object), random);
    for _ in 0..SAMPLES {
        let json = random_result(&choices, random);
        assert_eq!(result::check(&json, new_object), Ok(()), "invalid sample {json}\n{}", context());
        let is_permitted = witness::permits(old_object, &json);
        assert!(is_permitted, "{json} can be returned now, and no breaking change was found\n{}", context());
        counts.results += 1;
    }
}

/// Returns valid values of each field of `object`, including values at the limits that the fields have in `other`.
fn choices(
    object: &'static Object,
    other: Option<&'static Object>,
    random: &mut Random,
) -> Vec<(Field, Vec<String>)> {
    let mut chosen = Vec::new();
    for field in generate::fields(object) {
        let counterpart = other.and_then(|other| generate::at(other, &[field.name()]));
        let mut values: Vec<String> = match generate::object(&field.schema()) {
            Some(inner) => {
                let within = choices(inner, counterpart.as_ref().and_then(generate::object), random);
                let mut sample = || random_result(&within, random);
                let samples: Vec<String> = match field.schema().items() {
                    None => (0..4).map(|_| sample()).collect(),
                    Some(items) => [items.min(), items.max().unwrap_or(items.min() + 2)]
                        .map(|count| {
                            format!("[{}]", (0..count).map(|_| sample()).collect::<Vec<_>>().join(","))
                        })
                        .to_vec(),
                };
                samples.into_iter().chain(field.schema().is_optional().then(|| "null".to_owned())).collect()
            }
            None => generate::values(&field.schema(), counterpart.as_ref(), random).collect(),
        };
        values.retain(|value| result::check_value(value, &field.schema()).is_ok());
        chosen.push((field, values));
    }
    chosen
}

/// Returns an object with the required fields and half of the others.
fn random_result(choices: &[(Field, Vec<String>)], random: &mut Random) -> String {
    let mut members = Vec::new();
    for (field, values) in choices {
        if field.is_required() || random.is_one_in(2) {
            members.push(format!("\"{}\":{}", field.name(), values[random.below(values.len())]));
        }
    }
    format!("{{{}}}", members.join(","))
}

/// Checks that a contract is unchanged after it was written into a lock and parsed again.
fn check_lock(contract: &Contract, context: &dyn Fn() -> String) {
    let mut lock = Lock::default();
    lock.put(*contract, "server");
    let text = lock.render().unwrap();
    let read = Lock::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let [locked] = read.tools() else { panic!("{text}") };
    for (old, new) in [(contract, locked.contract()), (locked.contract(), contract)] {
        let found = judge::compare_at_run_time(old, new);
        assert!(
            found.is_empty(),
            "the lock changed the contract: {:?}\n{text}\n{}",
            found.listed(),
            context()
        );
    }
}
