//! The argument `--format` of the commands that print data.

use clap::{Arg, ArgMatches, builder::PossibleValuesParser};

/// Output format of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// Lines and tables for people.
    Text,
    /// JSON for programs.
    Json,
    /// Annotations of GitHub Actions, for `contract check` and `contract diff`.
    Github,
}

impl OutputFormat {
    /// Returns the argument `--format` with the values `text` and `json`.
    pub(crate) fn arg() -> Arg {
        OutputFormat::arg_of(["text", "json"])
    }

    /// Returns the argument `--format` with the values `text`, `json` and `github`.
    pub(crate) fn arg_with_github() -> Arg {
        OutputFormat::arg_of(["text", "json", "github"])
    }

    fn arg_of<const N: usize>(names: [&'static str; N]) -> Arg {
        Arg::new("format")
            .long("format")
            .value_name("FORMAT")
            .value_parser(PossibleValuesParser::new(names))
            .default_value("text")
            .help("Output format")
    }

    /// Returns the format that the command line requests, by default `Text`.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => OutputFormat::Json,
            Some("github") => OutputFormat::Github,
            _ => OutputFormat::Text,
        }
    }
}
