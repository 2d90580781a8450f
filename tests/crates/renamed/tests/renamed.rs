//! A dependency that `Cargo.toml` renames is found by the macros.

use mcp_tool_tests_renamed::TOOLS;

#[test]
fn tool_of_a_renamed_dependency_has_its_contract() {
    let names: Vec<&str> = TOOLS.iter().map(|tool| tool.contract().name()).collect();
    assert_eq!(names, ["get_invoice"]);
}
