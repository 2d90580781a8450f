//! Exact compile errors. `TRYBUILD=overwrite` regenerates them.

#[test]
fn compile_errors_match() {
    crate::drift::check_lock();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/[!p]*/*.rs");
    cases.compile_fail("ui/pa[!s]*/*.rs");
    cases.compile_fail("ui/drift/unreadable/*.rs");
    cases.pass("ui/pass/*.rs");
    cases.pass("ui/drift/pass/*.rs");
}
