//! Rings of files: the strongly connected components of the graph of their imports, without single files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Pairs of files; the first imports the second.
type Edges = BTreeSet<(PathBuf, PathBuf)>;

/// Files that `start` imports, directly or through other files.
fn reachable<'a>(
    start: &'a PathBuf,
    imports: &BTreeMap<&'a PathBuf, Vec<&'a PathBuf>>,
) -> BTreeSet<&'a PathBuf> {
    let (mut seen, mut queue) = (BTreeSet::new(), vec![start]);
    while let Some(node) = queue.pop() {
        for other in imports.get(node).into_iter().flatten() {
            if seen.insert(*other) {
                queue.push(other);
            }
        }
    }
    seen
}

/// Sets of files in which each file imports each other file, directly or through others. The graphs are small, so a
/// simple algorithm is fast enough.
pub fn rings(edges: &Edges) -> Vec<Vec<PathBuf>> {
    let mut imports: BTreeMap<&PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for (from, to) in edges {
        imports.entry(from).or_default().push(to);
    }
    let reach: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
        imports.keys().map(|node| (*node, reachable(node, &imports))).collect();
    let mut rings: BTreeSet<Vec<PathBuf>> = BTreeSet::new();
    for (node, others) in &reach {
        if others.contains(node) {
            let ring = others
                .iter()
                .filter(|other| reach.get(**other).is_some_and(|reached| reached.contains(node)));
            rings.insert(ring.map(|other| (*other).clone()).collect());
        }
    }
    rings.into_iter().collect()
}

#[test]
fn ring_is_found_and_chain_is_not() {
    let edge = |from: &str, to: &str| (PathBuf::from(from), PathBuf::from(to));
    let edges = Edges::from([edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("c", "d"), edge("d", "e")]);
    assert_eq!(rings(&edges), [["a", "b", "c"].map(PathBuf::from)]);
}
