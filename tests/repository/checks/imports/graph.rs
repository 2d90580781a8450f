//! Strongly connected components of a graph of files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

type Edges = BTreeSet<(PathBuf, PathBuf)>;

/// The nodes that a node reaches.
fn reached<'a>(start: &'a PathBuf, next: &BTreeMap<&'a PathBuf, Vec<&'a PathBuf>>) -> BTreeSet<&'a PathBuf> {
    let (mut seen, mut queue) = (BTreeSet::new(), vec![start]);
    while let Some(node) = queue.pop() {
        for other in next.get(node).into_iter().flatten() {
            if seen.insert(*other) {
                queue.push(other);
            }
        }
    }
    seen
}

/// Sets of files, each of which reaches all others of its set. The graphs are small enough for the plain way.
pub fn rings(edges: &Edges) -> Vec<Vec<PathBuf>> {
    let mut next: BTreeMap<&PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    let reach: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
        next.keys().map(|node| (*node, reached(node, &next))).collect();
    let mut rings: BTreeSet<Vec<PathBuf>> = BTreeSet::new();
    for (node, others) in &reach {
        if others.contains(node) {
            let back =
                others.iter().filter(|other| reach.get(**other).is_some_and(|from| from.contains(node)));
            rings.insert(back.map(|other| (*other).clone()).collect());
        }
    }
    rings.into_iter().collect()
}

#[test]
fn a_ring_is_found_and_a_line_is_not() {
    let edge = |from: &str, to: &str| (PathBuf::from(from), PathBuf::from(to));
    let edges = Edges::from([edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("c", "d"), edge("d", "e")]);
    assert_eq!(rings(&edges), [["a", "b", "c"].map(PathBuf::from)]);
}
