//! The fixed limits of docs/reference/limits.md compared with the constants in the sources.

use std::collections::BTreeSet;

use super::{page, rows, source};

/// Row of the page, text with `{}` for the value, path of the source in `src` of the crate, and the constant. A unit in
/// the last word of the text, such as `KiB` or `min`, applies to the value.
type Limit = (&'static str, &'static str, &'static str, &'static str);

/// Rows whose limit is a part of a setting, or a number of checks of a watchdog, so that no constant has its value.
const WITHOUT_CONSTANT: [&str; 5] = [
    "questions waiting, all callers",
    "memory of bodies over 64 KiB of one user",
    "connections of one address",
    "time of a write of records",
    "time of a check of the control file",
];

/// Limits of `mcp-tool-contract`.
const CONTRACT: &[Limit] = &[
    ("message nesting", "{} levels", "read/scan.rs", "MAX_NESTING"),
    ("result nesting", "{} levels", "read/result.rs", "MAX_NESTING"),
    ("violations listed", "{}", "read/violation.rs", "MAX_VIOLATIONS"),
    ("characters of a value in a violation", "{}", "read/violation.rs", "MAX_ECHO"),
    ("items of a page of results", "{}", "bounds/mod.rs", "DEFAULT_MAX_ITEMS"),
];

/// Limits of `mcp-tool-core`.
const CORE: &[Limit] = &[
    ("request id", "{} bytes", "transport/id.rs", "MAX_ID_BYTES"),
    ("message over stdio", "{} MiB", "transport/stdio/lines.rs", "MAX_LINE"),
    (
        "requestState, inputResponses, clientCapabilities",
        "{} KiB",
        "transport/message/types.rs",
        "MAX_MEMBER_BYTES",
    ),
    ("messages other than tools/call", "{} KiB", "transport/message/limits.rs", "MAX_BYTES"),
    ("messages other than tools/call", "{} values", "transport/message/limits.rs", "MAX_VALUES"),
    ("initialize, subscriptions/listen", "{} KiB", "transport/message/limits.rs", "MAX_RETAINED_BYTES"),
    ("initialize, subscriptions/listen", "{} values", "transport/message/limits.rs", "MAX_RETAINED_VALUES"),
    ("members of inputResponses", "{}", "transport/message/full_parser.rs", "MAX_INPUT_RESPONSES"),
    ("text of an error or a report", "{} KiB", "call/cut.rs", "MAX_TEXT"),
    ("data of a log message", "{} KiB", "call/report.rs", "MAX_DATA"),
    ("progress and log messages waiting", "{}", "call/report.rs", "MAX_BUFFERED"),
    ("tracestate", "{} bytes", "call/trace.rs", "MAX_STATE"),
    ("head of a request", "{} KiB", "transport/http/connection.rs", "MAX_BUFFER"),
    ("time of a head", "{} s", "transport/http/connection.rs", "HEAD_TIMEOUT"),
    ("time of a body", "{} s", "transport/http/body.rs", "DEADLINE"),
    ("memory of bodies over 64 KiB together", "{} MiB", "transport/http/body.rs", "MEMORY"),
    ("memory of bodies over 64 KiB together", "over {} KiB", "transport/http/body.rs", "SMALL_BODY"),
    ("memory of bodies over 64 KiB together", "waits {} s", "transport/http/body.rs", "MEMORY_TIMEOUT"),
    ("requests of one user", "{} at a time", "transport/http/user_limits.rs", "MAX_REQUESTS"),
    ("unread answers of one user", "{} MiB", "pipeline/limits/concurrency.rs", "MAX_UNREAD"),
    ("unread answers of one user", "at most {} KiB", "transport/http/response.rs", "MAX_UNCOUNTED"),
    ("event streams of one user", "{} open", "transport/http/user_limits.rs", "MAX_STREAMS"),
    ("unread answer", "{} s", "transport/http/connection.rs", "WRITE_TIMEOUT"),
    ("idle connection", "{} to 180 s", "transport/http/connection.rs", "IDLE_INTERVAL"),
    ("connections answered 503 at a time", "{}", "transport/http/overload.rs", "MAX_ANSWERING"),
    (
        "connections that bypass the trusted proxies",
        "{} at a time",
        "transport/http/outsiders.rs",
        "MAX_OPEN",
    ),
    (
        "connections that bypass the trusted proxies",
        "{} of one address",
        "transport/http/outsiders.rs",
        "MAX_OPEN_OF_ADDRESS",
    ),
    ("connections that bypass the trusted proxies", "{} s", "transport/http/outsiders.rs", "MAX_TIME"),
    ("keep-alive of an event stream", "every {} s", "transport/http/sse.rs", "KEEP_ALIVE"),
    ("input waiting", "{} KiB", "transport/stdio/lines.rs", "MAX_WAITING_BYTES"),
    ("output waiting", "{} MiB", "transport/stdio/output.rs", "MAX_WAITING_BYTES"),
    ("calls after the end of input", "{} s", "transport/stdio/mod.rs", "GRACE"),
    ("requests and streams of rmcp", "{}", "transport/stdio/connection/forward.rs", "MAX_FORWARDED"),
    ("requests and streams of rmcp", "{}", "transport/rmcp/mod.rs", "MAX_OPENING_STREAMS"),
    ("requests and streams of rmcp", "waits {} s", "transport/stdio/connection/forward.rs", "PERMIT_TIMEOUT"),
    ("windows of rates", "{} callers", "pipeline/limits/rates.rs", "MAX_WINDOWS"),
    ("windows of rates, one user", "{} pairs", "pipeline/limits/rates.rs", "MAX_OF_USER"),
    ("timeout of an application's policy", "{} s", "pipeline/policy/mod.rs", "TIMEOUT"),
    ("key of a page", "{} bytes", "tool/page.rs", "MAX_KEY"),
    ("content blocks of a result", "{}", "tool/content.rs", "MAX_BLOCKS"),
    ("callers of deprecated tools counted", "{}", "pipeline/usage.rs", "MAX_COUNTED_PAIRS"),
    // `in 2`: two generations are kept, so the limit is twice the constant.
    ("last-listed contracts", "{} callers in 2", "pipeline/versions/last_listed.rs", "GENERATION"),
    ("last-listed contracts, one user", "{} agents", "pipeline/versions/last_listed.rs", "MAX_OF_USER"),
    ("callers with a log level", "{} of one user", "transport/log_levels.rs", "MAX_OF_USER"),
    ("lists kept", "{} sets", "transport/listing/list_cache.rs", "MAX_LISTS"),
    ("lists kept", "{} MiB", "transport/listing/list_cache.rs", "MAX_BYTES"),
    ("resources subscribed to by a session", "{}", "transport/rmcp/session.rs", "MAX_SUBSCRIPTIONS"),
    ("resources subscribed to by a session", "at most {} bytes", "transport/rmcp/session.rs", "MAX_URI"),
    ("callers with a log level", "{}", "transport/log_levels.rs", "MAX_CALLERS"),
    ("time to answer a question", "{} min", "ask/reply.rs", "ANSWER_TIMEOUT"),
    ("questions of a call", "{}", "ask/question_log.rs", "MAX_QUESTIONS"),
    ("attempts at one question", "{}", "ask/asking.rs", "MAX_ATTEMPTS"),
    ("answers carried in a state", "{} KiB", "ask/round_state.rs", "MAX_STATE"),
    ("questions waiting, one user", "{}", "ask/wait_limit.rs", "MAX_PER_USER"),
    ("used states remembered", "{} of a user", "ask/used_states.rs", "MAX_STATES_PER_USER"),
    ("used states remembered", "{} in all", "ask/used_states.rs", "MAX_STATES"),
    ("running tasks, one user", "{}", "tasks/mod.rs", "MAX_PER_USER"),
    ("running tasks, all callers", "{}, or half", "tasks/mod.rs", "MAX_RUNNING"),
    ("ended tasks, one user", "{}", "tasks/mod.rs", "MAX_PER_USER"),
    ("results of tasks", "{} MiB", "tasks/mod.rs", "MAX_RESULT_BYTES"),
    ("requests about tasks, one user", "{} per second", "tasks/mod.rs", "MAX_REQUESTS_PER_SECOND"),
    ("time a result is kept", "{} min", "tasks/task.rs", "RESULT_RETENTION"),
    ("time of a task without timeout", "{} h", "tasks/mod.rs", "DEFAULT_TIMEOUT"),
    ("rate", "{} per second", "tool/completion.rs", "RATE_CONTRACT"),
    ("time", "{} s", "tool/completion.rs", "TIMEOUT"),
    ("typed text and a suggestion", "{} characters", "tool/completion.rs", "MAX_CHARACTERS"),
    ("suggestions", "{}", "tool/completion.rs", "MAX_VALUES"),
    ("records of refused calls", "{} per second", "audit/refusals.rs", "MAX_PER_SECOND"),
    (
        "records of requests refused by their token",
        "{} per second",
        "audit/refusals.rs",
        "MAX_UNAUTHENTICATED_PER_SECOND",
    ),
    ("records waiting", "{}", "audit/writer/state.rs", "MAX_WAITING"),
    ("time of a batch of records", "{} ms", "audit/writer/thread.rs", "BATCH_DELAY"),
    ("time of the last records", "{} s", "audit/writer/mod.rs", "LAST_RECORDS"),
    ("lock of the control file", "{} s", "control/file.rs", "LOCK_TIMEOUT"),
    ("messages about refused connections", "one in {} s", "log_limit.rs", "INTERVAL"),
    ("control file", "{} MiB", "control/file.rs", "MAX_FILE"),
    ("text in the control file", "{} bytes", "control/entry.rs", "MAX_TEXT"),
    ("time until a revocation applies", "every {} ms", "control/watch.rs", "PERIOD"),
];

/// Limits of `mcp-tool-auth`.
const AUTH: &[Limit] = &[
    ("TLS handshake", "{} s", "tls.rs", "HANDSHAKE_TIMEOUT"),
    ("token", "{} KiB", "inbound/bearer.rs", "MAX_TOKEN"),
    ("clock skew", "{} s", "inbound/claims.rs", "SKEW"),
    ("kid", "{} bytes", "inbound/jwt.rs", "MAX_KID"),
    ("name of user, agent or tenant", "{} bytes", "inbound/claims.rs", "MAX_NAME"),
    ("scopes of a token", "{}", "inbound/claims.rs", "MAX_SCOPES"),
    ("nesting of header and claims", "{} levels", "inbound/strict.rs", "DEPTH"),
    ("RSA key", "{} to 8,192 bits", "inbound/keys.rs", "RSA_BITS"),
    ("RSA key", "2,048 to {} bits", "inbound/keys.rs", "RSA_BITS"),
    ("keys of an issuer", "{}", "inbound/keys.rs", "MAX_KEYS"),
    ("verification", "{} s", "inbound/resource.rs", "DEADLINE"),
    ("cached tokens", "{}", "inbound/cache.rs", "MAX_TOKENS"),
    ("cached tokens", "{} MiB", "inbound/cache.rs", "MAX_BYTES"),
    ("introspection result", "{} s", "inbound/introspection.rs", "MAX_CACHED_SECONDS"),
    ("introspection requests", "{} at a time", "inbound/introspection.rs", "SLOTS"),
    ("introspection requests", "{} waiting", "inbound/introspection.rs", "MAX_QUEUED"),
    (
        "introspection requests of one address",
        "{} waiting",
        "inbound/introspection.rs",
        "MAX_QUEUED_OF_ADDRESS",
    ),
    ("key set refreshed", "every {} min", "inbound/issuer.rs", "FRESH"),
    ("key set without its issuer", "{} h", "inbound/issuer.rs", "STALE"),
    ("fetch for an unknown kid", "once in {} s", "inbound/issuer.rs", "UNKNOWN_KID_INTERVAL"),
    ("audience or claim of an issuer's section", "{} bytes", "inbound/issuer_settings.rs", "MAX_TEXT"),
    ("log line about tokens of an issuer", "once in {} s", "inbound/advice.rs", "INTERVAL"),
    ("answer of an issuer", "{} KiB", "inbound/fetch.rs", "MAX_RESPONSE"),
    ("answer of an issuer", "{} s", "inbound/fetch.rs", "DEADLINE"),
    ("connect", "{} s", "outbound/client.rs", "CONNECT"),
    ("idle connection", "{} s", "outbound/client.rs", "IDLE"),
    ("redirects", "{}", "outbound/redirect.rs", "MAX_REDIRECTS"),
    ("path", "{} KiB", "outbound/path.rs", "MAX_PATH"),
    ("answer of a token endpoint", "{} KiB", "outbound/token_endpoint.rs", "MAX_RESPONSE"),
    ("answer of a token endpoint", "{} s", "outbound/token_endpoint.rs", "TIMEOUT"),
    ("token of an upstream", "{} KiB", "outbound/token_endpoint.rs", "MAX_TOKEN"),
    ("secret file", "{} KiB", "secret.rs", "MAX_SECRET"),
    ("time to read a secret file", "{} s", "file_reader.rs", "MAX_READ"),
    ("requests waiting for a secret file", "{} for each file", "file_reader.rs", "MAX_WAITING"),
    ("exchanged tokens", "{} callers", "outbound/credential.rs", "MAX_CALLERS"),
    ("exchanged tokens", "{} min", "outbound/credential.rs", "IDLE"),
    ("wait told to a model", "{} h", "outbound/response.rs", "MAX_DELAY"),
];

/// Value of a constant: a number, or a time in milliseconds.
#[derive(Debug)]
enum ConstantValue {
    Number(u64),
    Milliseconds(u64),
}

/// Value of an expression of integers, `*` and `<<`.
fn integer(expression: &str) -> u64 {
    if let Some((value, shift)) = expression.split_once("<<") {
        return integer(value) << integer(shift);
    }
    let factors = expression.split('*').map(|factor| factor.trim().replace('_', ""));
    factors.map(|factor| factor.parse::<u64>().unwrap_or_else(|_| panic!("{expression}"))).product()
}

/// Value of the constant in a source. Of a range, the upper end if `is_upper` is set, and the lower end if not.
fn constant(text: &str, name: &str, is_upper: bool) -> ConstantValue {
    let (_, rest) =
        text.split_once(&format!("const {name}: ")).unwrap_or_else(|| panic!("no constant {name}"));
    let (kind, expression) = rest.split(';').next().unwrap().split_once('=').unwrap();
    let expression = expression.trim();
    let inner = |before: &str, after: &[char]| {
        let (_, rest) = expression.split_once(before)?;
        rest.split(after).next()
    };
    if let Some(seconds) = inner("Duration::from_secs(", &[')']) {
        ConstantValue::Milliseconds(integer(seconds) * 1_000)
    } else if let Some(milliseconds) = inner("Duration::from_millis(", &[')']) {
        ConstantValue::Milliseconds(integer(milliseconds))
    } else if kind.trim() == "f64" {
        ConstantValue::Milliseconds(integer(expression.strip_suffix(".0").unwrap()) * 1_000)
    } else if let Some(calls) = inner("Rate::new(", &[',']) {
        ConstantValue::Number(integer(calls))
    } else {
        ConstantValue::Number(integer(expression.split("..=").nth(usize::from(is_upper)).unwrap()))
    }
}

/// A number with a comma between each three digits.
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// The text with the value of the constant, converted to the unit of the text, in place of `{}`.
fn stated(text: &str, value: &ConstantValue) -> String {
    let unit = text.rsplit(' ').next().unwrap();
    let (value, per_unit) = match (value, unit) {
        (ConstantValue::Number(bytes), "KiB") => (*bytes, 1 << 10),
        (ConstantValue::Number(bytes), "MiB") => (*bytes, 1 << 20),
        // The only such constant is a number of seconds.
        (ConstantValue::Number(seconds), "h") => (*seconds, 3_600),
        (ConstantValue::Milliseconds(time), "ms") => (*time, 1),
        (ConstantValue::Milliseconds(time), "s") => (*time, 1_000),
        (ConstantValue::Milliseconds(time), "min") => (*time, 60_000),
        (ConstantValue::Milliseconds(time), "h") => (*time, 3_600_000),
        (ConstantValue::Number(number), _) => (*number, 1),
        (ConstantValue::Milliseconds(_), _) => panic!("{text}: a time without a unit"),
    };
    assert_eq!(value % per_unit, 0, "{text}: {value}");
    text.replace("{}", &with_commas(value / per_unit))
}

/// Returns `true` if the row contains the text as whole words: no letter or digit touches it, and no comma precedes it.
fn states(row: &str, text: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == ',';
    row.match_indices(text).any(|(at, _)| {
        !row[..at].ends_with(is_part)
            && !row[at + text.len()..].starts_with(|letter: char| letter.is_alphanumeric())
    })
}

#[test]
fn limits_are_those_of_the_constants() {
    let page = page("limits.md");
    let mut compared: BTreeSet<String> = WITHOUT_CONSTANT.map(str::to_owned).into();
    let mut violations = Vec::new();
    for (package, limits) in [("contract", CONTRACT), ("core", CORE), ("auth", AUTH)] {
        for &(name, text, path, constant) in limits {
            let path = format!("mcp-tool-{package}/src/{path}");
            let value = self::constant(&source(&path), constant, text.contains(" to {}"));
            let expected = match text.strip_suffix(" in 2") {
                Some(text) => match value {
                    ConstantValue::Number(number) => stated(text, &ConstantValue::Number(number * 2)),
                    ConstantValue::Milliseconds(_) => panic!("{name}"),
                },
                None => stated(text, &value),
            };
            let mut found = page.lines().filter(|line| line.starts_with(&format!("| `{name}` |")));
            if !found.any(|row| states(row, &expected)) {
                violations.push(format!("`{name}` must say {expected:?}, by {constant} of {path}"));
            }
            compared.insert(name.to_owned());
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    assert_eq!(rows(&page, ""), compared);
}
