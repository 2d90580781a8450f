//! The committed figures, and how counts are held to them.

use std::{fmt::Write as _, path::Path};

/// How far above its figure a count may be, in percent; one as far below shows that the figure is to be lowered.
const ALLOWED: u64 = 3;

/// The command that takes new counts for the figures.
const WRITE: &str = "cd benches/instructions && cargo run --release -- --write";

/// Instructions of one pass of each station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The compiler that they are of.
    pub rustc: String,
    /// In order, by name.
    pub stations: Vec<(String, u64)>,
}

impl Figures {
    /// Reads them from their file.
    ///
    /// # Errors
    /// Where it can't be read, or a line of it.
    pub fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Figures::parse(&text)
            .map_err(|reason| format!("{}: {reason}: write it anew: {WRITE}", file.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut figures = Figures { rustc: String::new(), stations: Vec::new() };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.split_once(" = ") {
                Some(("rustc", version)) => version.trim_matches('"').clone_into(&mut figures.rustc),
                Some((name, count)) => {
                    let count = count.parse().map_err(|_| format!("{line:?} is no figure"))?;
                    figures.stations.push((name.to_owned(), count));
                }
                None => return Err(format!("{line:?} is no figure")),
            }
        }
        Ok(figures)
    }

    /// Writes them to their file.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        std::fs::write(file, self.text()).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# Instructions of one pass of each station, as README.md says. Written by\n# {WRITE}\nrustc = \"{}\"\n\n",
            self.rustc
        );
        for (name, count) in &self.stations {
            _ = writeln!(text, "{name} = {count}");
        }
        text
    }

    fn of(&self, name: &str) -> Option<u64> {
        self.stations.iter().find(|(each, _)| each == name).map(|(_, count)| *count)
    }
}

/// Counts beside the committed figures.
#[derive(Debug)]
pub struct Verdict {
    /// Whether none is too far above its figure.
    pub passes: bool,
    /// A table, and what is to be done.
    pub text: String,
}

impl Verdict {
    /// Holds counts to the figures.
    pub fn of(committed: &Figures, counted: &Figures) -> Self {
        let mut text = format!("{:<20} {:>12} {:>12}\n", "instructions", "counted", "committed");
        let (mut over, mut under) = (Vec::new(), Vec::new());
        for (name, count) in &counted.stations {
            let Some(figure) = committed.of(name) else {
                _ = writeln!(text, "{name:<20} {count:>12} {:>12}", "none");
                over.push(format!("{name} has no figure"));
                continue;
            };
            let percent = (*count as f64 / figure as f64 - 1.0) * 100.0;
            _ = writeln!(text, "{name:<20} {count:>12} {figure:>12} {percent:>+7.2}%");
            // In whole numbers: a float of exactly so much is a little more.
            let share = count.saturating_mul(100);
            if share > figure.saturating_mul(100 + ALLOWED) {
                over.push(format!(
                    "{name} takes {percent:.1}% more than its figure, and {ALLOWED}% are allowed"
                ));
            } else if share < figure.saturating_mul(100 - ALLOWED) {
                under.push(name.as_str());
            }
        }
        for (name, _) in committed.stations.iter().filter(|(name, _)| counted.of(name).is_none()) {
            over.push(format!("{name} has a figure and isn't counted"));
        }
        for fault in &over {
            _ = writeln!(text, "error: {fault}");
        }
        if !over.is_empty() {
            _ = writeln!(
                text,
                "Find what was added; if it is worth it, take the new counts and say why: {WRITE}"
            );
        } else if !under.is_empty() {
            _ = writeln!(
                text,
                "Lower the figures, so that what was won stays: {}: {WRITE}",
                under.join(", ")
            );
        }
        if committed.rustc != counted.rustc {
            _ = writeln!(
                text,
                "The figures are of rustc {}, and this is {}.",
                committed.rustc, counted.rustc
            );
        }
        Verdict { passes: over.is_empty(), text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(stations: &[(&str, u64)]) -> Figures {
        let stations = stations.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Figures { rustc: "1.95.0".into(), stations }
    }

    #[test]
    fn a_count_fails_that_is_over_its_figure() {
        let committed = figures(&[("message", 1_000), ("list", 1_000)]);
        assert!(Verdict::of(&committed, &figures(&[("message", 1_030), ("list", 970)])).passes);
        let over = Verdict::of(&committed, &figures(&[("message", 1_031), ("list", 500)]));
        assert!(!over.passes && over.text.contains("message takes 3.1% more"), "{}", over.text);
    }

    #[test]
    fn a_figure_that_is_missing_on_either_side_fails() {
        let (one, two) = (figures(&[("message", 1)]), figures(&[("message", 1), ("list", 1)]));
        assert!(!Verdict::of(&one, &two).passes);
        assert!(!Verdict::of(&two, &one).passes);
    }

    #[test]
    fn what_was_won_is_said() {
        let won = Verdict::of(&figures(&[("message", 1_000)]), &figures(&[("message", 960)]));
        assert!(won.passes && won.text.contains("Lower the figures"), "{}", won.text);
    }

    #[test]
    fn figures_are_read_as_they_were_written() {
        let figures = figures(&[("message", 1_000), ("list", 20)]);
        assert_eq!(Figures::parse(&figures.text()), Ok(figures));
        assert!(Figures::parse("message = many").is_err());
        assert!(Figures::parse("message").is_err());
    }
}
