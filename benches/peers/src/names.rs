//! Further tools, where many are listed: copies of the one under other names.

/// As many names as the second argument says, less the one that the tool has already.
pub fn names() -> impl Iterator<Item = String> {
    let tools: usize = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(1);
    (1..tools).map(|number| format!("search_orders_n{number:04}"))
}
