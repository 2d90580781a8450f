//! Text of an error and its sources ([`std::error::Error::source`]), mostly for the log.

/// Returns the messages of an error and of its sources, separated by `: `.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        line.push_str(": ");
        line.push_str(&source.to_string());
        next = source.source();
    }
    line
}
