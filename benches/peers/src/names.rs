//! Names of the copies of `search_orders` that make the list of tools long.

/// Names of the copies. The program's second argument is the number of all tools, `search_orders` included; without it,
/// there are no copies.
pub fn names() -> impl Iterator<Item = String> {
    let tools: usize = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(1);
    (1..tools).map(|number| format!("search_orders_n{number:04}"))
}
