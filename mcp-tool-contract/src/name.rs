//! Names: what a tool, a scope and an upstream may be called, and which known name was meant.

/// The longest name of a tool or a parameter, in characters.
pub const MAX_NAME: usize = 64;

/// Whether clients take this as a tool's name: `[A-Za-z_][A-Za-z0-9_-]*`, 1 to 64 characters, and not
/// `…_v` with a number, which is how older majors are listed.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn check_tool(name: &str) -> Result<(), String> {
    let Some(first) = name.chars().next() else {
        return Err("a tool's name can't be empty".into());
    };
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err(format!("the name has {length} characters: clients take at most {MAX_NAME}"));
    }
    if !(first.is_ascii_alphabetic() || first == '_') {
        return Err(format!("a tool's name starts with a letter or `_`, not with `{first}`"));
    }
    if let Some(odd) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
        return Err(format!("clients reject `{odd}` in a tool's name: use letters, digits, `_` and `-`"));
    }
    if let Some((_, digits)) = name.rsplit_once("_v")
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(format!(
            "`_v{digits}` at the end of a name is kept for older versions: put it in `version`"
        ));
    }
    Ok(())
}

/// Whether clients take this as a parameter's name: `[a-z][a-z0-9_]*`, 1 to 64 characters.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn check_parameter(name: &str) -> Result<(), String> {
    let is_sound = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_sound {
        return Err(
            "an agent sends this name: write small letters a to z, digits and `_`, a letter first".into()
        );
    }
    if name.len() > MAX_NAME {
        return Err(format!("the name has {} characters: clients take at most {MAX_NAME}", name.len()));
    }
    Ok(())
}

/// Whether this is a scope token (RFC 6749 §3.3).
///
/// # Errors
/// What is wrong with it.
pub fn check_scope(scope: &str) -> Result<(), String> {
    if scope.is_empty() {
        return Err("a scope can't be empty: `public` needs none".into());
    }
    match scope.chars().find(|c| !matches!(c, '\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E')) {
        Some(' ') => Err("a scope holds no space: list several as `scope = [\"…\", \"…\"]`".into()),
        Some(odd) => Err(format!("a scope can't hold {odd:?} (RFC 6749 §3.3)")),
        None => Ok(()),
    }
}

/// The most upstreams of one tool.
pub const MAX_UPSTREAMS: usize = 16;

/// Whether an upstream may be called so: `[a-z][a-z0-9_-]*`, 1 to 64 characters.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn check_upstream(name: &str) -> Result<(), String> {
    let is_sound = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
    if !is_sound {
        return Err(
            "settings name an upstream so: write small letters a to z, digits, `_` and `-`, a letter first"
                .into(),
        );
    }
    if name.len() > MAX_NAME {
        return Err(format!("the name has {} characters: an upstream's has at most {MAX_NAME}", name.len()));
    }
    Ok(())
}

/// What stands before the name of a header that mirrors an argument.
pub const HEADER_PREFIX: &str = "Mcp-Param-";

/// Whether a header that mirrors an argument may be called so, behind [`HEADER_PREFIX`]: a token of at most 64
/// characters (RFC 9110 §5.6.2).
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn check_header(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a header's name can't be empty: write `header = \"Region\"`".into());
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if let Some(odd) = name.chars().find(|c| !is_token(*c)) {
        return Err(format!("a header's name can't hold {odd:?}: use letters, digits and `-`"));
    }
    if name.get(..HEADER_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(HEADER_PREFIX)) {
        let rest = &name[HEADER_PREFIX.len()..];
        return Err(format!("`{HEADER_PREFIX}` is put before it: write `header = \"{rest}\"`"));
    }
    if name.len() > MAX_NAME {
        return Err(format!("the name has {} characters: a header's has at most {MAX_NAME}", name.len()));
    }
    Ok(())
}

/// The known name that was probably meant by `given`, if one is near enough.
pub fn nearest<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if given.len() > 4 * MAX_NAME {
        return None;
    }
    let plain = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&plain, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_clients_take_pass() {
        for name in ["a", "_", "list_invoices", "List-Invoices2", "x_v", "a_vb2", &"a".repeat(64)] {
            assert_eq!(check_tool(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_clients_reject_are_refused() {
        for name in ["", "1a", "-a", "a.b", "a b", "é", "list_v2", &"a".repeat(65)] {
            assert!(check_tool(name).is_err(), "{name}");
        }
    }

    #[test]
    fn parameters_are_snake_case() {
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
    fn upstreams_are_named_in_small_letters() {
        for name in ["a", "billing", "erp-2_eu", &"a".repeat(64)] {
            assert_eq!(check_upstream(name), Ok(()), "{name}");
        }
        for name in ["", "2a", "-a", "_a", "Billing", "a.b", "a b", "größe", &"a".repeat(65)] {
            assert!(check_upstream(name).is_err(), "{name}");
        }
    }

    #[test]
    fn headers_are_rfc_9110_tokens() {
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
    fn the_nearest_name_is_found_whatever_its_case() {
        let known = ["number", "reason", "customer"];
        assert_eq!(nearest("Number", known), Some("number"));
        assert_eq!(nearest("custmer", known), Some("customer"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest(&"number".repeat(10_000), known), None);
    }
}
