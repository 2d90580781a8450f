//! The project's texts and names avoid certain words, and doc comments don't open with a question.

use std::collections::BTreeSet;

use crate::files::files;

/// Words that may not occur, in any letter case.
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

/// A word that may not occur in capitals.
const CAPITALS: &str = "MEND";

/// Permitted uses, one in a line: `word | path | reason`.
const ALLOWED: &str = include_str!("allowed-words.txt");

/// First words by which a doc comment asks a question instead of describing its item.
const QUESTIONS: [&str; 5] = ["What", "Who", "Whose", "Whether", "How"];

/// The words of a line. Names in `snake_case` and `CamelCase` are split into their words.
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
fn forbidden_words_do_not_occur() {
    let mut unused: BTreeSet<(&str, &str)> = BTreeSet::new();
    for line in ALLOWED.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(" | ").collect();
        assert!(
            matches!(parts[..], [_, _, reason] if !reason.is_empty()),
            "not `word | path | reason`: {line}"
        );
        assert!(unused.insert((parts[0], parts[1])), "listed twice: {line}");
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
                let usage = (lower.as_str(), path.as_str());
                unused.retain(|known| *known != usage);
                if !allowed.contains(&usage) {
                    violations.push(format!("{path}:{}: {word}", number + 1));
                }
            }
        }
    }
    violations.extend(unused.iter().map(|(word, path)| format!("permitted, but not used: {word} in {path}")));
    crate::report("words", &violations);
}

#[test]
fn few_doc_comments_open_with_a_question() {
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
    println!("{} of {total} doc comments open with a question", questions.len());
    crate::report("questions", if questions.len() * 100 > total { &questions } else { &[] });
}
