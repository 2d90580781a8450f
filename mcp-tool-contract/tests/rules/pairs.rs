//! Random pairs of contracts, one edited from the other: the findings agree with validation of generated arguments and
//! results.
//!
//! `PAIRS` sets the number of pairs, `PAIRS_SEED` the first seed.

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

/// Argument objects and results that are tried per pair without a breaking change.
const TRIED: usize = 20;
/// One contract in this many is written to a lock and parsed.
const LOCKED: u64 = 16;

/// Statistics of a run.
#[derive(Debug, Default)]
struct Counts {
    same: usize,
    breaking: usize,
    compatible: usize,
    arguments: usize,
    results: usize,
    unchanged: usize,
    locked: usize,
    findings: usize,
    /// Breaking findings without a witness, because they can't be decided.
    undecided: usize,
    /// Findings whose witness is a sentence, or arguments that both versions accept.
    worded: usize,
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

fn setting<T: FromStr<Err: Debug>>(name: &str, otherwise: T) -> T {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn findings_agree_with_validation_of_random_calls() {
    let (pairs, seed): (u64, u64) = (setting("PAIRS", 100_000), setting("PAIRS_SEED", 1));
    let workers = thread::available_parallelism().map_or(1, |count| count.get().min(4)) as u64;
    let mut counts = Counts::default();
    thread::scope(|scope| {
        let work =
            |worker| move || (worker..pairs).step_by(workers as usize).map(|i| pair(seed + i)).collect();
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(work(worker))).collect();
        for worker in running {
            let counted: Vec<Counts> = worker.join().unwrap();
            counted.into_iter().for_each(|counted| counts += counted);
        }
    });
    println!("{pairs} pairs from {seed}: {counts:#?}");
    if pairs < 100_000 {
        return;
    }
    let enough = |share: usize, of: usize, percent: usize| share * 100 >= of * percent;
    let all = usize::try_from(pairs).unwrap();
    assert!(enough(counts.breaking, all, 20) && enough(counts.compatible, all, 20), "lopsided");
    assert!(enough(counts.unchanged, counts.same, 20), "the fast path isn't used");
    assert!(!enough(counts.undecided, counts.findings, 5), "{} are undecided", counts.undecided);
    assert!(!enough(counts.worded, counts.findings, 20), "{} are shown by a sentence", counts.worded);
    let missing: Vec<&str> =
        ChangeRule::ALL.iter().map(|rule| rule.id()).filter(|id| !counts.rules.contains_key(id)).collect();
    assert_eq!(missing, ["tool-added", "tool-removed"], "only lists of tools show these");
}

fn pair(seed: u64) -> Counts {
    let random = &mut Random::new(seed);
    let old = contract(random);
    let new = edited(&old, random);
    let about = || format!("PAIRS=1 PAIRS_SEED={seed}\nold: {old:?}\nnew: {new:?}");
    let mut counts = Counts::default();

    let found = judge::compare_at_run_time(&old, &new);
    assert_eq!(found.more(), 0);
    for finding in found.listed() {
        *counts.rules.entry(finding.rule.id()).or_default() += 1;
    }
    let is_same = judge::compare::<0>(&old, &new, Prose::Dropped).is_empty();
    // The only check that the compiler runs in most builds.
    let same_names =
        old.input().iter().map(|param| param.name()).eq(new.input().iter().map(|param| param.name()));
    if compact::is_unchanged(&new, compact::encode(&old).leak(), same_names) {
        assert!(is_same, "changed, and called unchanged: {:?}\n{}", found.listed(), about());
        counts.unchanged += 1;
    }
    counts.same += usize::from(is_same);
    if found.worst() == ChangeClass::Breaking {
        counts.breaking += 1;
        shown(&old, &new, &found, &mut counts, &about);
    } else {
        counts.compatible += 1;
    }
    // A breaking change of parameters doesn't affect results, and the reverse. Unedited parts share their memory.
    let breaks = |is_there: fn(ChangeLocation) -> bool| {
        let mut breaking =
            found.listed().iter().filter(|finding| finding.rule.class() == ChangeClass::Breaking);
        breaking.any(|finding| is_there(finding.place))
    };
    if !std::ptr::eq(old.input(), new.input())
        && !breaks(|place| matches!(place, ChangeLocation::Parameter(_)))
    {
        taken(&old, &new, random, &mut counts, &about);
    }
    if !breaks(|place| matches!(place, ChangeLocation::Result(_))) {
        given(&old, &new, random, &mut counts, &about);
    }
    // A round trip through a lock takes longer than all the rest.
    if seed.is_multiple_of(LOCKED) {
        relocked(&new, &about);
        counts.locked += 1;
    }
    counts
}

/// Checks that each breaking finding has a witness.
fn shown(old: &Contract, new: &Contract, found: &Findings, counts: &mut Counts, about: &dyn Fn() -> String) {
    for finding in found.listed().iter().filter(|finding| finding.rule.class() == ChangeClass::Breaking) {
        counts.findings += 1;
        match witness::of(finding, old, new) {
            None => {
                assert!(is_undecided(finding.place, old, new), "no witness: {finding}\n{}", about());
                counts.undecided += 1;
            }
            Some(witness) => {
                assert!(is_valid_witness(&witness, old, new), "{finding}: {witness}\n{}", about());
                let is_worded = matches!(
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
                let is_said = matches!(witness, Witness::Sentence(_) | Witness::NewMeaning(_));
                assert_eq!(is_said, is_worded, "{finding}: {witness}");
                counts.worded += usize::from(is_worded);
            }
        }
    }
}

/// Returns true if the finding can't be decided: between two patterns, or between an enum and a format.
fn is_undecided(place: ChangeLocation, old: &Contract, new: &Contract) -> bool {
    let value = |contract: &Contract| match place {
        ChangeLocation::Tool => None,
        ChangeLocation::Parameter(name) => {
            contract.input().iter().find(|param| param.name() == name).map(|param| param.schema())
        }
        ChangeLocation::Result(trail) => match contract.output() {
            ToolOutput::Object(object) | ToolOutput::Page(object) => generate::at(object, trail.names()),
            _ => None,
        },
    };
    let (Some(was), Some(is)) = (value(old), value(new)) else { return false };
    let is_between = |one: Schema, other: Schema| matches!((one.kind(), other.kind()), (Kind::Enum(_), Kind::String(text)) if text.format().is_some());
    generate::pattern(&was).or(generate::pattern(&is)).is_some() || is_between(was, is) || is_between(is, was)
}

/// Checks that accepted arguments are still accepted.
fn taken(
    old: &Contract,
    new: &Contract,
    random: &mut Random,
    counts: &mut Counts,
    about: &dyn Fn() -> String,
) {
    let choices: Vec<(&Param, Vec<Option<String>>)> = old
        .input()
        .iter()
        .map(|param| {
            let other = new.input().iter().find(|other| other.name() == param.name()).map(Param::schema);
            let mut values: Vec<Option<String>> = vec![None];
            values.extend(generate::values(&param.schema(), other.as_ref(), random).map(Some));
            let takes =
                |value: &Option<String>| arguments::check(&object(&[(param.name(), value)]), &[*param]);
            values.retain(|value| takes(value).is_ok());
            (param, values)
        })
        .collect();
    for turn in 0..TRIED {
        let members: Vec<(&str, &Option<String>)> = choices
            .iter()
            .map(|(param, values)| (param.name(), &values[(turn + random.below(2)) % values.len()]))
            .collect();
        let json = object(&members);
        assert_eq!(arguments::check(&json, old.input()), Ok(()), "{json}\n{}", about());
        let still = arguments::check(&json, new.input());
        assert_eq!(still, Ok(()), "{json} was accepted, and no breaking change was found\n{}", about());
        counts.arguments += 1;
    }
}

fn object(members: &[(&str, &Option<String>)]) -> String {
    let members = members.iter().filter_map(|(name, value)| Some(format!("\"{name}\":{}", value.as_ref()?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Checks that every result could be returned before.
fn given(
    old: &Contract,
    new: &Contract,
    random: &mut Random,
    counts: &mut Counts,
    about: &dyn Fn() -> String,
) {
    let (ToolOutput::Object(was) | ToolOutput::Page(was), ToolOutput::Object(is) | ToolOutput::Page(is)) =
        (old.output(), new.output())
    else {
        return;
    };
    if std::ptr::eq(was, is) {
        return;
    }
    let choices = choices(is, Some(was), random);
    for _ in 0..TRIED {
        let json = returned(&choices, random);
        assert_eq!(result::check(&json, is), Ok(()), "{json}\n{}", about());
        let before = witness::permits(was, &json);
        assert!(before, "{json} can come back now, and no breaking change was found\n{}", about());
        counts.results += 1;
    }
}

/// Values of each field, including the limits of the other object.
fn choices(
    shape: &'static Object,
    other: Option<&'static Object>,
    random: &mut Random,
) -> Vec<(Field, Vec<String>)> {
    let mut chosen = Vec::new();
    for field in generate::fields(shape) {
        let counterpart = other.and_then(|other| generate::at(other, &[field.name()]));
        let mut values: Vec<String> = match generate::object(&field.schema()) {
            Some(inner) => {
                let within = choices(inner, counterpart.as_ref().and_then(generate::object), random);
                let mut one = || returned(&within, random);
                let ones: Vec<String> = match field.schema().items() {
                    None => (0..4).map(|_| one()).collect(),
                    Some(items) => [items.min(), items.max().unwrap_or(items.min() + 2)]
                        .map(|count| format!("[{}]", (0..count).map(|_| one()).collect::<Vec<_>>().join(",")))
                        .to_vec(),
                };
                ones.into_iter().chain(field.schema().is_optional().then(|| "null".to_owned())).collect()
            }
            None => generate::values(&field.schema(), counterpart.as_ref(), random).collect(),
        };
        values.retain(|value| result::check_value(value, &field.schema()).is_ok());
        chosen.push((field, values));
    }
    chosen
}

fn returned(choices: &[(Field, Vec<String>)], random: &mut Random) -> String {
    let mut members = Vec::new();
    for (field, values) in choices {
        if field.is_required() || random.is_one_in(2) {
            members.push(format!("\"{}\":{}", field.name(), values[random.below(values.len())]));
        }
    }
    format!("{{{}}}", members.join(","))
}

/// Checks that a lock restores its contract.
fn relocked(contract: &Contract, about: &dyn Fn() -> String) {
    let mut lock = Lock::default();
    lock.put(*contract, "server");
    let text = lock.render().unwrap();
    let read = Lock::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let [locked] = read.tools() else { panic!("{text}") };
    for (old, new) in [(contract, &locked.contract), (&locked.contract, contract)] {
        let found = judge::compare_at_run_time(old, new);
        assert!(found.is_empty(), "the lock changed the contract: {:?}\n{text}\n{}", found.listed(), about());
    }
}
