//! Figures: the committed instruction counts, and their comparison with new counts.

use std::{fmt::Write as _, path::Path};

/// Allowed deviation of a count from its figure, in percent. A count above this range fails. For a count below this
/// range, the text of the comparison asks the developer to lower the figure.
const ALLOWED: u64 = 3;

/// The command that writes new figures.
const WRITE: &str = "cd benches/instructions && cargo run --release -- --write";

/// Instructions of one pass of each stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Version of rustc that compiled the counted program.
    pub rustc: String,
    /// Name and instructions of each stage, in the order of `Stage::ALL`.
    pub stages: Vec<(String, u64)>,
}

impl Figures {
    /// Reads the figures from a file.
    ///
    /// # Errors
    /// Returns an error if the file can't be read, or if a line of it is not a figure.
    pub fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Figures::parse(&text)
            .map_err(|reason| format!("{}: {reason}: write it again: {WRITE}", file.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut figures = Figures { rustc: String::new(), stages: Vec::new() };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.split_once(" = ") {
                Some(("rustc", version)) => version.trim_matches('"').clone_into(&mut figures.rustc),
                Some((name, count)) => {
                    let count = count.parse().map_err(|_| format!("{line:?} is not a figure"))?;
                    figures.stages.push((name.to_owned(), count));
                }
                None => return Err(format!("{line:?} is not a figure")),
            }
        }
        Ok(figures)
    }

    /// Writes the figures to a file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        std::fs::write(file, self.text()).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# Instructions of one pass of each stage, as README.md describes. Written by\n# {WRITE}\nrustc = \"{}\"\n\n",
            self.rustc
        );
        for (name, count) in &self.stages {
            _ = writeln!(text, "{name} = {count}");
        }
        text
    }

    /// Instructions of the stage with this name.
    fn of(&self, name: &str) -> Option<u64> {
        self.stages.iter().find(|(each, _)| each == name).map(|(_, count)| *count)
    }
}

/// Result of a comparison.
#[derive(Debug)]
pub struct Comparison {
    /// Every count has a figure and is at most [`ALLOWED`] percent greater than it, and every figure has a count.
    pub is_accepted: bool,
    /// Table of counts and figures, and what the developer should do.
    pub text: String,
}

impl Comparison {
    /// Compares counts with the figures.
    pub fn of(committed: &Figures, counted: &Figures) -> Self {
        let mut text = format!("{:<20} {:>12} {:>12}\n", "instructions", "counted", "committed");
        let (mut over, mut under) = (Vec::new(), Vec::new());
        for (name, count) in &counted.stages {
            let Some(figure) = committed.of(name) else {
                _ = writeln!(text, "{name:<20} {count:>12} {:>12}", "none");
                over.push(format!("{name} has no figure"));
                continue;
            };
            let percent = (*count as f64 / figure as f64 - 1.0) * 100.0;
            _ = writeln!(text, "{name:<20} {count:>12} {figure:>12} {percent:>+7.2}%");
            // In integers, because a rounded percentage could exceed the limit for a count that is exactly at it.
            let hundredfold = count.saturating_mul(100);
            if hundredfold > figure.saturating_mul(100 + ALLOWED) {
                over.push(format!(
                    "{name} takes {percent:.1}% more than its figure, and {ALLOWED}% are allowed"
                ));
            } else if hundredfold < figure.saturating_mul(100 - ALLOWED) {
                under.push(name.as_str());
            }
        }
        for (name, _) in committed.stages.iter().filter(|(name, _)| counted.of(name).is_none()) {
            over.push(format!("{name} has a figure and isn't counted"));
        }
        for error in &over {
            _ = writeln!(text, "error: {error}");
        }
        if !over.is_empty() {
            _ = writeln!(
                text,
                "Find the added work; if it is justified, write the new counts and explain them: {WRITE}"
            );
        } else if !under.is_empty() {
            _ = writeln!(text, "Lower the figures to keep the improvement: {}: {WRITE}", under.join(", "));
        }
        if committed.rustc != counted.rustc {
            _ = writeln!(
                text,
                "The figures are from rustc {}, the counts from rustc {}.",
                committed.rustc, counted.rustc
            );
        }
        Comparison { is_accepted: over.is_empty(), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(stages: &[(&str, u64)]) -> Figures {
        let stages = stages.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Figures { rustc: "1.95.0".into(), stages }
    }

    #[test]
    fn count_more_than_three_percent_above_its_figure_fails() {
        let committed = figures(&[("message", 1_000), ("list", 1_000)]);
        assert!(Comparison::of(&committed, &figures(&[("message", 1_030), ("list", 970)])).is_accepted);
        let over = Comparison::of(&committed, &figures(&[("message", 1_031), ("list", 500)]));
        assert!(!over.is_accepted && over.text.contains("message takes 3.1% more"), "{}", over.text);
    }

    #[test]
    fn stage_without_figure_or_count_fails() {
        let (one, two) = (figures(&[("message", 1)]), figures(&[("message", 1), ("list", 1)]));
        assert!(!Comparison::of(&one, &two).is_accepted);
        assert!(!Comparison::of(&two, &one).is_accepted);
    }

    #[test]
    fn improvement_asks_for_lower_figures() {
        let improved = Comparison::of(&figures(&[("message", 1_000)]), &figures(&[("message", 960)]));
        assert!(improved.is_accepted && improved.text.contains("Lower the figures"), "{}", improved.text);
    }

    #[test]
    fn written_figures_are_parsed_unchanged_and_invalid_lines_are_refused() {
        let figures = figures(&[("message", 1_000), ("list", 20)]);
        assert_eq!(Figures::parse(&figures.text()), Ok(figures));
        assert!(Figures::parse("message = many").is_err());
        assert!(Figures::parse("message").is_err());
    }
}
