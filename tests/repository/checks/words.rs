//! Words that the project's texts and names do without.

use std::collections::BTreeSet;

use crate::files::files;

const WORDS: [&str; 13] = [
    "anew",
    "beside",
    "heed",
    "heeded",
    "heeding",
    "heeds",
    "lend",
    "lending",
    "lends",
    "lent",
    "stranger",
    "strangers",
    "whoever",
];

/// In capitals alone.
const CAPITALS: &str = "MEND";

/// Honest uses, each as `word | path | reason`.
const ALLOWED: &str = include_str!("allowed-words.txt");

/// Openings of a doc comment that asks instead of naming its item.
const QUESTIONS: [&str; 5] = ["What", "Who", "Whose", "Whether", "How"];

/// The words of a line, of which `snake_case` and `CamelCase` names have several.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in line.chars() {
        if letter.is_alphabetic() {
            let starts = !before.is_alphabetic() || (letter.is_uppercase() && before.is_lowercase());
            if starts {
                words.push(String::new());
            }
            words.last_mut().unwrap().push(letter);
        }
        before = letter;
    }
    words
}

#[test]
fn names_are_split_into_words() {
    assert_eq!(words("fn not_lent(x: &NotLent) // MEND"), ["fn", "not", "lent", "x", "Not", "Lent", "MEND"]);
}

#[test]
fn old_words_are_gone() {
    let mut unused: BTreeSet<(&str, &str)> = BTreeSet::new();
    for line in ALLOWED.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(" | ").collect();
        assert!(matches!(parts[..], [_, _, reason] if !reason.is_empty()), "word | path | reason: {line}");
        assert!(unused.insert((parts[0], parts[1])), "twice: {line}");
    }
    let allowed = unused.clone();
    let mut violations = Vec::new();
    for (path, text) in files(&["", "md", "mjs", "py", "rs", "sh", "stderr", "toml"]) {
        for (number, line) in text.lines().enumerate() {
            for word in words(line) {
                let lower = word.to_lowercase();
                if word != CAPITALS && !WORDS.contains(&lower.as_str()) {
                    continue;
                }
                let use_of = (lower.as_str(), path.as_str());
                unused.retain(|known| *known != use_of);
                if !allowed.contains(&use_of) {
                    violations.push(format!("{path}:{}: {word}", number + 1));
                }
            }
        }
    }
    violations.extend(unused.iter().map(|(word, path)| format!("allowed without a use: {word} in {path}")));
    crate::report("words", &violations);
}

#[test]
fn docs_open_with_what_an_item_is() {
    let (mut total, mut questions) = (0, Vec::new());
    for (path, text) in files(&["rs"]) {
        let mut in_docs = false;
        for (number, line) in text.lines().enumerate() {
            let doc = line.trim_start().strip_prefix("///").or_else(|| line.trim_start().strip_prefix("//!"));
            if let (Some(doc), false) = (doc, in_docs) {
                total += 1;
                let first = doc.split_whitespace().next().unwrap_or_default();
                let first = first.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
                if QUESTIONS.contains(&first) {
                    questions.push(format!("{path}:{}:{doc}", number + 1));
                }
            }
            in_docs = doc.is_some();
        }
    }
    println!("{} of {total} docs open with a question", questions.len());
    crate::report("questions", if questions.len() * 100 > total { &questions } else { &[] });
}
