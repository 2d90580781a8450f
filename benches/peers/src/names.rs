//! Names of additional tools for long lists.

/// Names of the additional tools; the second argument is the total number of tools.
pub fn names() -> impl Iterator<Item = String> {
    let tools: usize = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(1);
    (1..tools).map(|number| format!("search_orders_n{number:04}"))
}
