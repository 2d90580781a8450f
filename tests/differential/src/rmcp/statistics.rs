//! Counts and failures of a test run. An exchange is a request that is sent to our HTTP listener and to rmcp's own
//! service, with both responses.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    deviations::{self, Case},
    exchange::{Category, Exchange},
    model::{Classified, check},
    response::Response,
};
use crate::ours::{FAST_PATH, ReadPath};

/// Counts of the exchanges so far.
#[derive(Default)]
pub(crate) struct Statistics {
    /// Number of exchanges, by kind of request.
    categories: BTreeMap<Category, usize>,
    /// Number of exchanges, by the code paths of our listener that read the request, and by category.
    read_paths: BTreeMap<String, BTreeMap<Category, usize>>,
    /// Number of exchanges that the fast path read: the parser for messages in usual spelling.
    by_fast_path: usize,
    /// Number of exchanges with equal responses.
    equal: usize,
    /// Number of exchanges with different responses, by the deviations that explain them: the listed, intended
    /// differences from rmcp.
    deviations: BTreeMap<&'static str, usize>,
    /// Failed exchanges as text, by a summary of reason, rule of the model and both responses.
    failures: BTreeMap<String, Vec<String>>,
}

impl Statistics {
    /// Counts an exchange, and compares our response with the model of our rules and with the response of rmcp.
    /// `read_paths` are the code paths that read the request in our listener.
    pub(crate) fn add(
        &mut self,
        tools: &[Value],
        exchange: &Exchange,
        read_paths: &[ReadPath],
        ours: Response,
        theirs: Response,
    ) {
        let request = Classified::of(exchange);
        *self.categories.entry(exchange.category).or_default() += 1;
        let paths = if read_paths.is_empty() {
            "none: refused, or a notification".to_owned()
        } else {
            format!("{read_paths:?}")
        };
        *self.read_paths.entry(paths).or_default().entry(exchange.category).or_default() += 1;
        self.by_fast_path += usize::from(read_paths.contains(&FAST_PATH));
        if let Err(reason) = check::check(tools, exchange, &request, read_paths, &ours) {
            self.fail(&format!("differs from the model ({reason})"), &request, exchange, &ours, &theirs);
        }
        if ours == theirs {
            self.equal += 1;
            return;
        }
        let mut case = Case { exchange, request: &request, ours: ours.clone(), theirs: theirs.clone() };
        match deviations::explain(&mut case) {
            Some(names) => names.into_iter().for_each(|name| *self.deviations.entry(name).or_default() += 1),
            None => self.fail("differs from rmcp", &request, exchange, &ours, &theirs),
        }
    }

    /// Records a failed exchange. `other` is the response that our response was compared with.
    pub(crate) fn fail(
        &mut self,
        reason: &str,
        request: &Classified,
        exchange: &Exchange,
        ours: &Response,
        other: &Response,
    ) {
        let group =
            format!("{reason}: {:?}, ours {}, other {}", request.rule, ours.summary(), other.summary());
        let failure = format!(
            "{:?}, {}\n{}\n   ours   {ours:?}\n   other  {other:?}",
            exchange.category,
            exchange.variation,
            String::from_utf8_lossy(&exchange.bytes())
        );
        self.failures.entry(group).or_default().push(failure);
    }

    /// Prints the counts. Asserts that no exchange failed, that at least a fifth of the exchanges were unusual, that
    /// the fast path read at least a quarter, and, if `expects_all_deviations`, that every listed deviation occurred.
    /// A short run can miss rare deviations.
    pub(crate) fn conclude(self, expects_all_deviations: bool) {
        let exchanges: usize = self.categories.values().sum();
        println!("{exchanges} exchanges: {:?}", self.categories);
        for (paths, categories) in &self.read_paths {
            println!("  {:>5} read by {paths}: {categories:?}", categories.values().sum::<usize>());
        }
        println!("equal to those of rmcp: {}; deviations:", self.equal);
        for (name, reason) in deviations::all() {
            println!("  {:>5} {name}: {reason}", self.deviations.get(name).unwrap_or(&0));
        }
        for (group, failures) in &self.failures {
            println!("=== {} × {group}\n{}", failures.len(), failures[0]);
        }
        let failures: usize = self.failures.values().map(Vec::len).sum();
        assert_eq!(
            failures, 0,
            "responses differ from the model, or from rmcp without an entry in `deviations`"
        );
        let unusual = self.categories.get(&Category::Unusual).copied().unwrap_or_default();
        assert!(
            self.by_fast_path * 4 >= exchanges,
            "the fast path read only {} of {exchanges} exchanges",
            self.by_fast_path
        );
        assert!(unusual * 5 >= exchanges, "only {unusual} of {exchanges} exchanges are unusual");
        if expects_all_deviations {
            let stale: Vec<_> =
                deviations::all().filter(|(name, _)| !self.deviations.contains_key(name)).collect();
            assert!(stale.is_empty(), "these deviations never occurred: {stale:?}");
        }
    }
}
