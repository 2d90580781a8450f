//! The project's texts and names avoid certain words, and doc comments don't open with a question.

use std::collections::BTreeMap;

use crate::files::files;

/// Words that may not occur, in any letter case. They are old-fashioned, or the field has another term.
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

/// A word that may not occur in capitals. The command `doctor` writes `FAIL` instead.
const CAPITALS: &str = "MEND";

/// Permitted uses, one in a line: `word | path | number of uses | reason`.
const ALLOWED: &str = include_str!("allowed-words.txt");
/// Path of the list in `ALLOWED`.
const ALLOWED_PATH: &str = "tests/repository/checks/allowed-words.txt";

/// First words by which a doc comment asks a question instead of describing its item.
const QUESTIONS: [&str; 10] =
    ["How", "What", "When", "Where", "Whether", "Which", "Who", "Whom", "Whose", "Why"];

/// Maximum percentage of a package's doc comments that open with a question.
const MAX_QUESTIONS: usize = 1;

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

/// A forbidden word in lower case, and the path of a file that uses it.
type Usage = (String, String);

#[test]
fn forbidden_words_do_not_occur() {
    let mut allowed: BTreeMap<Usage, usize> = BTreeMap::new();
    for line in ALLOWED.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(" | ").collect();
        let &[word, path, uses, reason] = &parts[..] else {
            panic!("not `word | path | number of uses | reason`: {line}")
        };
        assert!(!reason.is_empty(), "no reason: {line}");
        let usage = (word.to_owned(), path.to_owned());
        assert!(allowed.insert(usage, uses.parse().unwrap()).is_none(), "listed twice: {line}");
    }
    let mut found: BTreeMap<Usage, Vec<String>> = BTreeMap::new();
    for (path, text) in files(&["", "json", "md", "mjs", "py", "rs", "sh", "stderr", "toml", "txt", "yml"]) {
        for (number, line) in text.lines().enumerate() {
            // The first column of the list names the word and is not a use of it.
            let line = line.split_once(" | ").filter(|_| path == ALLOWED_PATH).map_or(line, |(_, rest)| rest);
            for word in words(line) {
                let lower = word.to_lowercase();
                if word == CAPITALS || WORDS.contains(&lower.as_str()) {
                    found
                        .entry((lower, path.clone()))
                        .or_default()
                        .push(format!("{path}:{}: {word}", number + 1));
                }
            }
        }
    }
    let mut violations = Vec::new();
    for (usage, lines) in &found {
        let limit = allowed.get(usage).copied().unwrap_or(0);
        if lines.len() > limit {
            violations.push(format!("{} uses, permitted {limit}:", lines.len()));
            violations.extend(lines.iter().cloned());
        }
    }
    for ((word, path), limit) in &allowed {
        let uses = found.get(&(word.clone(), path.clone())).map_or(0, Vec::len);
        if uses < *limit {
            violations.push(format!("{word} in {path}: permitted {limit} times, used {uses} times"));
        }
    }
    crate::report("words", &violations);
}

/// Lines on which doc comments begin, each with the text of the line: `///`, `//!`, `/** … */` and `/*! … */`.
fn doc_comments(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_docs = false;
    // `true` after the opening of a doc block without text, until the first line with text.
    let mut is_open = false;
    for (number, line) in source.lines().enumerate() {
        let line = line.trim();
        if is_open && !line.is_empty() {
            found.push((number + 1, line.trim_start_matches('*')));
            is_open = false;
        }
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let doc = doc.filter(|doc| !doc.starts_with('/'));
        if let (Some(doc), false) = (doc, in_docs) {
            found.push((number + 1, doc));
        }
        in_docs = doc.is_some();
        if line.starts_with("//") {
            continue;
        }
        for (start, opening) in line.match_indices("/*") {
            let rest = &line[start + opening.len()..];
            let Some(rest) = rest.strip_prefix(['*', '!']).filter(|rest| !rest.starts_with(['*', '/']))
            else {
                continue;
            };
            match rest.trim() {
                "" => is_open = true,
                _ => found.push((number + 1, rest)),
            }
        }
    }
    found
}

#[test]
fn doc_comments_of_all_forms_are_found() {
    let source = "//! Crate.\n//! More.\n\n/// One.\n/// More.\nfn a(/** Two. */ b: u8, /** Three. */ c: u8) {}\n\
                  /**\n * Four.\n */\n// /** Comment. */\n/* Comment. */ //// Comment.\n    /*! Five. */";
    let found: Vec<(usize, &str)> = doc_comments(source)
        .into_iter()
        .map(|(line, text)| (line, text.trim().split('.').next().unwrap()))
        .collect();
    assert_eq!(found, [(1, "Crate"), (4, "One"), (6, "Two"), (6, "Three"), (8, "Four"), (12, "Five")]);
}

#[test]
fn few_doc_comments_open_with_a_question() {
    let mut packages: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    let manifests: Vec<String> = files(&["toml"])
        .into_iter()
        .filter_map(|(path, _)| path.strip_suffix("Cargo.toml").map(str::to_owned))
        .collect();
    for (path, text) in files(&["rs"]) {
        let package =
            manifests.iter().filter(|folder| path.starts_with(*folder)).max_by_key(|folder| folder.len());
        let (total, questions) = packages.entry(package.cloned().unwrap_or_default()).or_default();
        for (number, doc) in doc_comments(&text) {
            *total += 1;
            let first = doc.split(|letter: char| !letter.is_alphabetic()).find(|word| !word.is_empty());
            if first.is_some_and(|first| QUESTIONS.contains(&first)) {
                questions.push(format!("{path}:{number}:{doc}"));
            }
        }
    }
    let mut violations = Vec::new();
    for (package, (total, questions)) in packages {
        println!("{package}: {} of {total} doc comments open with a question", questions.len());
        if questions.len() * 100 > total * MAX_QUESTIONS {
            violations.extend(questions);
        }
    }
    crate::report("questions", &violations);
}
