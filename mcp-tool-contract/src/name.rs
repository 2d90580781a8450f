//! Naming rules of tools, parameters, scopes, upstreams and headers, and suggestions for misspelled names. An upstream
//! is a service that tools call over HTTP.

/// Maximum length of the name of a tool, parameter, upstream or header, in characters.
pub const MAX_NAME: usize = 64;

/// Checks that clients accept a tool name: `[A-Za-z_][A-Za-z0-9_-]*`, 1 to 64 characters. A suffix of `_v` and a number
/// is refused, because tool lists show an older major version under a name with such a suffix: `find_v1`.
///
/// # Errors
/// The violated rule, with a correction.
pub fn check_tool(name: &str) -> Result<(), String> {
    let Some(first) = name.chars().next() else {
        return Err("a tool name can't be empty".into());
    };
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err(format!("a tool name must have at most {MAX_NAME} characters, got {length}"));
    }
    if !(first.is_ascii_alphabetic() || first == '_') {
        return Err(format!("a tool name must start with a letter or `_`, got `{first}`"));
    }
    if let Some(invalid) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
        return Err(format!("clients reject `{invalid}` in a tool name: use letters, digits, `_` and `-`"));
    }
    if let Some((_, digits)) = name.rsplit_once("_v")
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(format!("the suffix `_v{digits}` is reserved for older versions: set `version` instead"));
    }
    Ok(())
}

/// Checks that clients accept a parameter name: `[a-z][a-z0-9_]*`, 1 to 64 characters.
///
/// # Errors
/// The violated rule, with a correction.
pub fn check_parameter(name: &str) -> Result<(), String> {
    let is_valid = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_valid {
        return Err(
            "clients reject this parameter name: use lowercase letters a to z, digits and `_`, starting with a letter"
                .into(),
        );
    }
    if name.len() > MAX_NAME {
        return Err(format!("a parameter name must have at most {MAX_NAME} characters, got {}", name.len()));
    }
    Ok(())
}

/// Checks that a scope is a scope token: printable ASCII without spaces, `"` and `\` (RFC 6749 §3.3).
///
/// # Errors
/// The violated rule, with a correction.
pub fn check_scope(scope: &str) -> Result<(), String> {
    if scope.is_empty() {
        return Err("a scope can't be empty: write `public` for a tool without scopes".into());
    }
    match scope.chars().find(|c| !matches!(c, '\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E')) {
        Some(' ') => Err("a scope can't contain a space: list several as `scope = [\"…\", \"…\"]`".into()),
        Some(invalid) => Err(format!("a scope can't contain {invalid:?} (RFC 6749 §3.3)")),
        None => Ok(()),
    }
}

/// Maximum number of upstreams per tool.
pub const MAX_UPSTREAMS: usize = 16;

/// Checks the name of an upstream: `[a-z][a-z0-9_-]*`, 1 to 64 characters.
///
/// # Errors
/// The violated rule, with a correction.
pub fn check_upstream(name: &str) -> Result<(), String> {
    let is_valid = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
    if !is_valid {
        return Err(
            "an upstream name has lowercase letters a to z, digits, `_` and `-`, and starts with a letter"
                .into(),
        );
    }
    if name.len() > MAX_NAME {
        return Err(format!("an upstream name must have at most {MAX_NAME} characters, got {}", name.len()));
    }
    Ok(())
}

/// Prefix of every header that mirrors an argument: in MCP 2026-07-28, HTTP clients repeat an argument in the header
/// that its parameter declares.
pub const HEADER_PREFIX: &str = "Mcp-Param-";

/// Checks the name of a header that mirrors an argument, without [`HEADER_PREFIX`]: a token of at most 64 characters
/// (RFC 9110 §5.6.2).
///
/// # Errors
/// The violated rule, with a correction.
pub fn check_header(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a header name can't be empty: write `header = \"Region\"`".into());
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if let Some(invalid) = name.chars().find(|c| !is_token(*c)) {
        return Err(format!("a header name can't contain {invalid:?}: use letters, digits and `-`"));
    }
    if name.get(..HEADER_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(HEADER_PREFIX)) {
        let rest = &name[HEADER_PREFIX.len()..];
        return Err(format!("`{HEADER_PREFIX}` is added automatically: write `header = \"{rest}\"`"));
    }
    if name.len() > MAX_NAME {
        return Err(format!("a header name must have at most {MAX_NAME} characters, got {}", name.len()));
    }
    Ok(())
}

/// Returns `true` for names of three letters in another order, such as `url` and `ulr`, whose similarity is low.
fn are_reordered(given: &str, known: &str) -> bool {
    let sorted = |name: &str| {
        let mut letters = <[u8; 3]>::try_from(name.as_bytes()).ok()?;
        letters.sort_unstable();
        Some(letters)
    };
    given.len() == 3 && sorted(given) == sorted(known)
}

/// Returns the known name that is most similar to `given`, regardless of case. `None` if no name has a Jaro–Winkler
/// similarity of more than 0.75 or is a short name with the same letters, or if `given` is much longer than a name can be.
pub fn nearest<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if given.len() > 4 * MAX_NAME {
        return None;
    }
    let lowercase = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (name.to_lowercase(), name))
        .map(|(known, name)| (strsim::jaro_winkler(&lowercase, &known), known, name))
        .filter(|(similarity, known, _)| *similarity > 0.75 || are_reordered(&lowercase, known))
        .map(|(similarity, _, name)| (similarity, name))
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_names_that_clients_accept_are_accepted() {
        for name in ["a", "_", "list_invoices", "List-Invoices2", "x_v", "a_vb2", &"a".repeat(64)] {
            assert_eq!(check_tool(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn malformed_and_reserved_tool_names_are_refused() {
        for name in ["", "1a", "-a", "a.b", "a b", "é", "list_v2", &"a".repeat(65)] {
            assert!(check_tool(name).is_err(), "{name}");
        }
    }

    #[test]
    fn parameter_names_are_snake_case_and_limited() {
        for name in ["a", "line_2", &"a".repeat(64)] {
            assert_eq!(check_parameter(name), Ok(()), "{name}");
        }
        for name in ["", "_a", "2a", "lineTwo", "größe", "a-b", &"a".repeat(65)] {
            assert!(check_parameter(name).is_err(), "{name}");
        }
    }

    #[test]
    fn scopes_are_rfc_6749_tokens() {
        assert_eq!(check_scope("invoices:read"), Ok(()));
        for scope in ["", "a b", "a\"b", "a\\b", "é"] {
            assert!(check_scope(scope).is_err(), "{scope}");
        }
    }

    #[test]
    fn upstream_names_are_lowercase() {
        for name in ["a", "billing", "erp-2_eu", &"a".repeat(64)] {
            assert_eq!(check_upstream(name), Ok(()), "{name}");
        }
        for name in ["", "2a", "-a", "_a", "Billing", "a.b", "a b", "größe", &"a".repeat(65)] {
            assert!(check_upstream(name).is_err(), "{name}");
        }
    }

    #[test]
    fn header_names_are_rfc_9110_tokens_without_the_prefix() {
        for name in ["a", "Region", "X-Tenant_2", "!#$%&'*+-.^_`|~", "Mcp-Param", &"a".repeat(64)] {
            assert_eq!(check_header(name), Ok(()), "{name}");
        }
        for name in
            ["", "a b", "a:b", "a\r\nb", "größe", "(a)", "mcp-param-region", "Mcp-Param-", &"a".repeat(65)]
        {
            assert!(check_header(name).is_err(), "{name}");
        }
    }

    #[test]
    fn nearest_name_is_found_regardless_of_case() {
        let known = ["number", "reason", "customer"];
        assert_eq!(nearest("Number", known), Some("number"));
        assert_eq!(nearest("custmer", known), Some("customer"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest(&"number".repeat(10_000), known), None);
    }
}
