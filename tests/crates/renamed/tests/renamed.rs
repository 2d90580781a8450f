//! The macros find the framework under the name that `Cargo.toml` gives it.

use mcp_tool_tests_renamed::TOOLS;

#[test]
fn macros_find_a_renamed_framework() {
    let names: Vec<&str> = TOOLS.iter().map(|tool| tool.contract().name()).collect();
    assert_eq!(names, ["get_invoice"]);
}
