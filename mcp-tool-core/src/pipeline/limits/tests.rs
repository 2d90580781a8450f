use std::time::Duration;

use mcp_tool_contract::model::{Contract, Rate, Version, Window};

use super::{
    rates::{MAX_OF_USER, RateReservations, Rates},
    window::{MARKS, Nanoseconds, RateWindow},
};
use crate::{
    call::caller::{Caller, Scopes},
    error::{ErrorKind, ToolError},
    shares::Shares,
    sync::lock,
};

const CONTRACT: Contract = Contract::EMPTY.with_name("delete").with_version(Version::new(2, 1));

const fn rated(calls: u32, window: Window) -> Contract {
    CONTRACT.with_rate(Some(Rate::new(calls, window)))
}

/// Returns the next number of a xorshift generator.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Counts a call of `tool` by `caller`, at the time `at` after the creation of `rates`.
fn call(rates: &Rates, at: Duration, caller: &Caller, tool: &Contract) -> Result<(), ToolError> {
    rates
        .reserve(rates.created + at, &Shares::new(50), caller, std::iter::once(tool))
        .map(RateReservations::commit)
}

fn retry_after(refused: Result<(), ToolError>) -> Duration {
    refused.err().and_then(|error| error.retry_after()).unwrap_or_default()
}

#[test]
fn no_time_span_of_the_window_length_contains_more_calls_than_the_rate_allows() {
    for calls in [1, 2, 7, 60, 61, 100, 1_000] {
        for seed in 1..20 {
            let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed);
            let mut rate_window = RateWindow::new(Rate::new(calls, Window::Second));
            let (mut now, mut counted): (Nanoseconds, Vec<Nanoseconds>) = (0, Vec::new());
            for _ in 0..4_000 {
                // The next call follows at once, or after up to half or three times the average time that the rate
                // allows between calls.
                let step = 1_000_000_000 / u64::from(calls);
                now += random(&mut state) % [1, step / 2, step * 3][(random(&mut state) % 3) as usize].max(1);
                // Of two concurrent calls, the one that reads the clock first may be counted last.
                let clock = now.saturating_sub(random(&mut state) % 1_000);
                match rate_window.take(clock) {
                    Ok(at) if random(&mut state).is_multiple_of(5) => rate_window.give_back(at),
                    Ok(at) => counted.push(at),
                    Err(wait) => assert!(wait > Duration::ZERO),
                }
                assert!(rate_window.marks.len() <= MARKS as usize + 1 && rate_window.marks.capacity() <= 64);
            }
            let too_many = counted
                .windows(calls as usize + 1)
                .find(|span| span[calls as usize] - span[0] < rate_window.length);
            assert_eq!(
                too_many, None,
                "rate {calls}, seed {seed}: a window contains more calls than the rate"
            );
            assert!(
                counted.len() > calls as usize,
                "rate {calls}, seed {seed}: only {} calls counted",
                counted.len()
            );
        }
    }
}

#[test]
fn caller_that_waits_for_retry_after_is_admitted() {
    let ann = Caller::new("ann");
    for (calls, window) in [(1, Window::Day), (3, Window::Hour), (60, Window::Minute), (500, Window::Second)]
    {
        let (rates, tool) = (Rates::default(), rated(calls, window));
        let (mut now, mut refused) = (Duration::ZERO, 0);
        // Five times as many calls as one window allows, so the caller must wait at least four times.
        for _ in 0..5 * calls {
            if let Err(error) = call(&rates, now, &ann, &tool) {
                refused += 1;
                now += error.retry_after().unwrap_or_default();
                let again = call(&rates, now, &ann, &tool);
                assert!(again.is_ok(), "rate {calls} per {window:?}: refused after the wait: {again:?}");
            }
            now += Duration::from_micros(1);
        }
        assert!(refused >= 4, "rate {calls} per {window:?}: only {refused} calls were refused");
    }
}

#[test]
fn caller_within_the_rate_is_never_refused() {
    let ann = Caller::new("ann");
    for calls in [1, 10, 60] {
        let (rates, tool) = (Rates::default(), rated(calls, Window::Minute));
        for number in 0..10 * calls {
            let at = Duration::from_secs(60) * number / calls;
            assert!(call(&rates, at, &ann, &tool).is_ok(), "rate {calls}: call {number} was refused");
        }
    }
    // Calls that share a mark may count for 61 s instead of 60 s, so this caller spreads its calls over 61 s.
    let (rates, tool) = (Rates::default(), rated(600, Window::Minute));
    for number in 0..6_000 {
        let at = Duration::from_secs(61) * number / 600;
        assert!(call(&rates, at, &ann, &tool).is_ok(), "call {number} was refused");
    }
}

#[test]
fn refusal_names_the_limit_and_the_time_to_wait() {
    let ann = Caller::new("ann");
    let (rates, tool) = (Rates::default(), rated(10, Window::Minute));
    for second in 0..10 {
        assert!(call(&rates, Duration::from_secs(second), &ann, &tool).is_ok());
    }
    // The first call counts for another 11.9995 s, which the error rounds up to whole milliseconds.
    let refused = call(&rates, Duration::from_micros(48_000_500), &ann, &tool).unwrap_err();
    assert_eq!((refused.kind(), refused.rate()), (ErrorKind::RateLimited, tool.rates().first().copied()));
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(12)));
    assert_eq!(
        refused.to_string(),
        "'delete' may be called 10 times in 1 minute by one caller: try again in 12 s"
    );
    let once = rated(1, Window::Day);
    let once = once.with_name("wipe");
    assert!(call(&rates, Duration::ZERO, &ann, &once).is_ok());
    let refused = call(&rates, Duration::from_secs(1), &ann, &once).unwrap_err();
    assert_eq!(refused.to_string(), "'wipe' may be called once in 1 day by one caller: try again in 24 h");
}

#[test]
fn dropped_or_refused_reservation_does_not_count() {
    for calls in [1, 100] {
        let (rates, tool) = (Rates::default(), rated(calls, Window::Hour));
        let ann = Caller::new("ann");
        for _ in 0..3 * calls {
            assert!(
                rates.reserve(rates.created, &Shares::new(50), &ann, std::iter::once(&tool)).is_ok(),
                "a dropped reservation counted"
            );
        }
        for _ in 0..calls {
            assert!(call(&rates, Duration::ZERO, &ann, &tool).is_ok());
        }
        assert!(call(&rates, Duration::ZERO, &ann, &tool).is_err());
    }
    // A call that runs several tools counts for all of them or for none.
    let (rates, shares, ann) = (Rates::default(), Shares::new(50), Caller::new("ann"));
    let (wide, narrow) = (rated(2, Window::Hour), rated(1, Window::Hour).with_name("end"));
    let both = |at| {
        rates
            .reserve(rates.created + at, &shares, &ann, [&wide, &narrow].into_iter())
            .map(RateReservations::commit)
    };
    assert!(both(Duration::ZERO).is_ok());
    assert!(both(Duration::ZERO).is_err());
    assert!(call(&rates, Duration::ZERO, &ann, &wide).is_ok());
    assert!(call(&rates, Duration::ZERO, &ann, &wide).is_err());
}

#[test]
fn each_caller_and_major_version_has_a_separate_window() {
    let (rates, tool) = (Rates::default(), rated(1, Window::Hour));
    let ann = Caller::new("ann");
    let callers = [
        ann.clone(),
        Caller::new("bob"),
        ann.clone().with_agent("a"),
        ann.clone().with_agent("b"),
        ann.clone().with_tenant("a"),
        ann.clone().with_tenant(""),
    ];
    for caller in &callers {
        assert!(call(&rates, Duration::ZERO, caller, &tool).is_ok(), "first call refused: {caller:?}");
        assert!(call(&rates, Duration::ZERO, caller, &tool).is_err(), "second call admitted: {caller:?}");
    }
    let minor = tool.with_version(Version::new(2, 9));
    let major = tool.with_version(Version::new(3, 1));
    assert!(call(&rates, Duration::ZERO, &ann, &minor).is_err());
    assert!(call(&rates, Duration::ZERO, &ann, &major).is_ok());
}

#[test]
fn local_client_has_the_same_window_whatever_name_it_sends() {
    let (rates, tool) = (Rates::default(), rated(1, Window::Hour));
    let local = Caller::local(Scopes::All);
    assert!(call(&rates, Duration::ZERO, &local.clone().with_agent("a"), &tool).is_ok());
    assert!(call(&rates, Duration::ZERO, &local.clone().with_agent("b"), &tool).is_err());
    assert!(call(&rates, Duration::ZERO, &local, &tool).is_err());
}

#[test]
fn windows_of_new_callers_replace_idle_windows() {
    let (rates, tool) = (Rates::with_capacity(100), rated(2, Window::Minute));
    let caller = |number: u32| Caller::new(format!("caller {number}"));
    let at = |second| Duration::from_secs(second);
    for number in 0..100 {
        assert!(call(&rates, at(number.into()) / 10, &caller(number), &tool).is_ok());
    }
    let full = call(&rates, at(10), &caller(100), &tool).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Unavailable);
    assert_eq!(full.retry_after(), Some(at(50)), "must be the time until the first window may be idle");
    assert!(call(&rates, at(10), &caller(0), &tool).is_ok(), "a caller that has a window must be admitted");
    // Caller 0 used its window again, so the window of caller 1 is the first to be idle.
    assert_eq!(retry_after(call(&rates, at(60), &caller(100), &tool)), Duration::from_millis(100));
    assert!(call(&rates, Duration::from_millis(60_100), &caller(100), &tool).is_ok());
    assert_eq!(lock(&rates.store).windows.len(), 100);
    assert!(call(&rates, Duration::from_millis(60_100), &caller(101), &tool).is_err());
    // Much later, each new caller removes two windows.
    for number in 200..250 {
        assert!(call(&rates, at(1_000), &caller(number), &tool).is_ok());
    }
    let store = lock(&rates.store);
    assert_eq!((store.windows.len(), store.idle.len()), (50, 50));
}

#[test]
fn cached_window_is_not_used_after_the_store_removed_it() {
    let (rates, tool) = (Rates::with_capacity(2), rated(1, Window::Minute));
    // The same caller on two connections, each with its own cache of windows.
    let (first, second) = (Caller::new("ann"), Caller::new("ann"));
    assert!(call(&rates, Duration::ZERO, &first, &tool).is_ok());
    // The windows of two other callers replace the idle window of `ann`, which `first` still caches.
    for other in ["bob", "eve"] {
        assert!(call(&rates, Duration::from_secs(1_000), &Caller::new(other), &tool).is_ok());
    }
    assert!(call(&rates, Duration::from_secs(2_000), &second, &tool).is_ok());
    assert!(call(&rates, Duration::from_secs(2_000), &first, &tool).is_err());
    assert!(call(&rates, Duration::from_secs(2_060), &first, &tool).is_ok());
    assert!(call(&rates, Duration::from_secs(2_060), &second, &tool).is_err());
}

#[test]
fn agents_of_one_user_share_a_limited_number_of_windows() {
    let rates = Rates::default();
    let shares = Shares::new(50);
    let tool = rated(1, Window::Minute);
    let call = |seconds: u64, caller: &Caller| {
        let now = rates.created + Duration::from_secs(seconds);
        rates.reserve(now, &shares, caller, std::iter::once(&tool)).map(RateReservations::commit)
    };
    let eve = |number: u32| Caller::new("eve").with_agent(format!("agent {number}"));
    for number in 0..MAX_OF_USER {
        assert!(call(0, &eve(number)).is_ok(), "agent {number} was refused");
    }
    let refused = call(0, &eve(MAX_OF_USER)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(60)));
    assert!(refused.to_string().contains("at most 2000 pairs of agent and tool of one user"), "{refused}");
    assert!(call(0, &Caller::new("ann")).is_ok(), "another user was refused");
    assert!(call(1, &eve(0)).is_err(), "a window of the user was forgotten");
    assert!(call(61, &eve(MAX_OF_USER)).is_ok(), "idle windows of the user still count");
    assert!(call(61, &eve(MAX_OF_USER)).is_err());
}

#[test]
fn user_that_may_have_the_whole_server_has_no_share_of_windows() {
    let (rates, shares, tool) = (Rates::default(), Shares::new(100), rated(1, Window::Minute));
    for number in 0..=MAX_OF_USER {
        let gateway = Caller::new("gateway").with_agent(format!("agent {number}"));
        let reserved = rates.reserve(rates.created, &shares, &gateway, std::iter::once(&tool));
        assert!(reserved.is_ok(), "agent {number} was refused");
    }
}
