//! Finds the arguments that HTTP headers mirror, and compares the arguments with the headers. In MCP 2026-07-28
//! (Streamable HTTP §custom headers), a parameter can declare a header in which the client repeats its argument.

use super::{
    arguments::unescaped,
    number::{ExactInteger, exact_integer},
    scan::{JsonScanner, NotJson},
};
use crate::model::Param;

/// A parameter that declares a header, with the argument that the header mirrors.
#[derive(Clone, Copy, Debug)]
pub struct MirroredArgument<'t> {
    /// Parameter of the argument.
    pub param: &'static Param,
    /// Name of the header, without `Mcp-Param-`.
    pub header: &'static str,
    /// JSON text of the argument; `None` if it is absent or `null`.
    pub argument: Option<&'t str>,
}

/// Returns the parameters that are mirrored in headers, each with its argument.
///
/// # Errors
/// The text isn't a JSON object.
pub fn mirrored<'t>(text: &'t str, params: &'static [Param]) -> Result<Vec<MirroredArgument<'t>>, NotJson> {
    let each = params
        .iter()
        .filter_map(|param| Some(MirroredArgument { param, header: param.header?, argument: None }));
    let mut mirrored: Vec<_> = each.collect();
    let mut scan = JsonScanner::new(text);
    scan.enter_object()?;
    while let Some(key) = scan.next_key()? {
        let key = unescaped(key)?;
        let raw = scan.value()?;
        // If a name occurs twice, the last value counts. The call is refused later, when the arguments are parsed.
        if let Some(mirrored) = mirrored.iter_mut().find(|mirrored| mirrored.param.name == key) {
            mirrored.argument = Some(raw).filter(|raw| *raw != "null");
        }
    }
    scan.end()?;
    Ok(mirrored)
}

/// Returns `true` if the `value` of a header equals an argument, which is given as JSON text. A string must be equal
/// after its escapes are resolved, an integer must have the same value, and any other scalar must have the same text.
/// Arrays and objects never match.
#[must_use]
pub fn header_matches(value: &str, argument: &str) -> bool {
    match argument.as_bytes() {
        [b'"', ..] => serde_json::from_str::<String>(argument).is_ok_and(|text| text == value),
        [b'[' | b'{', ..] => false,
        _ if value == argument => true,
        [b'-' | b'0'..=b'9', ..] => {
            match (is_number(value).then(|| exact_integer(value)), exact_integer(argument)) {
                (Some(ExactInteger::Exact(value)), ExactInteger::Exact(argument)) => value == argument,
                _ => false,
            }
        }
        _ => false,
    }
}

/// Returns `true` if the whole text is one JSON number.
fn is_number(text: &str) -> bool {
    let mut scan = JsonScanner::new(text);
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && scan.value().is_ok_and(|raw| raw == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Kind;

    const REGION: Param = Param::new("region", "", Kind::TEXT.schema().optional()).header("Region");
    /// A parameter without a header.
    const PLAIN: Param = Param::new("plain", "", Kind::TEXT.schema());
    const PARAMS: &[Param] = &[PLAIN, REGION];

    #[test]
    fn argument_is_found_in_every_spelling_of_its_name() {
        let arguments = |text| {
            mirrored(text, PARAMS).map(|found| found.iter().map(|mirrored| mirrored.argument).collect())
        };
        let none: Vec<Option<&str>> = vec![None];
        for text in ["{}", r#"{"region":null}"#, r#"{"plain":"region","Region":"eu"}"#] {
            assert_eq!(arguments(text), Ok(none.clone()), "{text}");
        }
        for text in [r#"{"plain":"a","region": "eu" }"#, r#"{"\u0072egion":"eu"}"#] {
            assert_eq!(arguments(text), Ok(vec![Some("\"eu\"")]), "{text}");
        }
        for text in ["", "[]", "{", r#"{"region":"eu"} x"#] {
            assert_eq!(arguments(text), Err(NotJson), "{text}");
        }
    }

    #[test]
    fn strings_and_integers_match_by_value_and_other_scalars_by_text() {
        for (value, argument) in [
            ("eu", r#""eu""#),
            ("eu", r#""\u0065u""#),
            ("größe", r#""größe""#),
            ("", r#""""#),
            ("42", "42"),
            ("42", "42.0"),
            ("42.0", "42"),
            ("42", "4.2e1"),
            ("-7", "-7"),
            ("0", "-0"),
            ("9007199254740991", "9007199254740991"),
            ("true", "true"),
            ("false", "false"),
            ("1.5", "1.5"),
        ] {
            assert!(header_matches(value, argument), "header {value:?} doesn't match argument {argument}");
        }
        for (value, argument) in [
            ("EU", r#""eu""#),
            ("\"eu\"", r#""eu""#),
            ("", r#""eu""#),
            ("43", "42"),
            ("9007199254740992", "9007199254740993"),
            ("+42", "42"),
            ("042", "42"),
            ("0x2a", "42"),
            ("42 ", "42"),
            ("42,42", "42"),
            ("", "0"),
            ("-", "0"),
            ("1.5", "1.50"),
            ("True", "true"),
            ("1", "true"),
            ("true", r#""false""#),
            ("[]", "[]"),
            ("{}", "{}"),
            // A string with half of a surrogate pair is invalid.
            ("\"a\"", r#""\ud800""#),
        ] {
            assert!(!header_matches(value, argument), "header {value:?} matches argument {argument}");
        }
    }
}
