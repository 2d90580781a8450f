//! What the compiler says of a mistake, word for word. `TRYBUILD=overwrite` writes it anew.

#[test]
fn compile_errors_say_what_to_write_instead() {
    crate::drift::hold_the_lock();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/[!p]*/*.rs");
    cases.compile_fail("ui/pa[!s]*/*.rs");
    cases.compile_fail("ui/drift/unreadable/*.rs");
    cases.pass("ui/pass/*.rs");
    cases.pass("ui/drift/pass/*.rs");
}
