//! Tests of the full parser.

use super::{ClientMessage, ToolCall, full_parser::parse};
use crate::transport::{id::Id, protocol_error::code};

fn error(text: &str) -> (i32, Option<Id>) {
    match parse(text) {
        Err(error) => (error.code, error.id),
        Ok(ClientMessage::Call(ToolCall { id, error: Some(error), .. })) => (error.code, Some(id)),
        Ok(message) => panic!("{text} was accepted: {message:?}"),
    }
}

#[test]
fn parsed_call_keeps_the_exact_text_of_its_arguments() {
    let text =
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x","arguments":{ "n":1.0 }}}"#;
    match parse(text) {
        Ok(ClientMessage::Call(call)) => {
            assert_eq!(
                (call.id.to_string().as_str(), &*call.name, call.arguments),
                ("\"a\"", "x", "{ \"n\":1.0 }")
            );
        }
        other => panic!("the valid call was not parsed: {other:?}"),
    }
}

#[test]
fn invalid_message_is_rejected_with_the_code_of_its_error_and_its_id() {
    let call =
        |params: &str| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#);
    let seven = Some(Id::Integer(7));
    assert_eq!(error("{"), (code::PARSE, None));
    assert_eq!(error("[]"), (code::INVALID_REQUEST, None));
    assert_eq!(error("7"), (code::INVALID_REQUEST, None));
    assert_eq!(error(r#"{"jsonrpc":"1.0","id":7,"method":"x"}"#), (code::INVALID_REQUEST, seven.clone()));
    assert_eq!(error(r#"{"jsonrpc":"2.0","id":7}"#), (code::INVALID_REQUEST, seven.clone()));
    assert_eq!(error(r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#), (code::INVALID_REQUEST, None));
    assert_eq!(error(r#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#), (code::INVALID_REQUEST, None));
    assert_eq!(error(r#"{"jsonrpc":"2.0","id":7,"method":"x","method":"y"}"#), (code::INVALID_REQUEST, None));
    assert_eq!(error(&call("[]")), (code::INVALID_PARAMS, seven.clone()));
    assert_eq!(error(&call("{}")), (code::INVALID_PARAMS, seven.clone()));
    assert_eq!(error(&call(r#"{"name":"x","arguments":[1]}"#)), (code::INVALID_PARAMS, seven.clone()));
    assert_eq!(error(&call(r#"{"name":"x","requestState":"s"}"#)), (code::INVALID_PARAMS, seven.clone()));
    for requirement in ["\"newest\"", "1", "null", "\"sha256:12\""] {
        let meta = format!(r#"{{"name":"x","_meta":{{"dev.mcp-tool/requires":{requirement}}}}}"#);
        assert_eq!(
            error(&call(&meta)),
            (code::INVALID_PARAMS, seven.clone()),
            "for the requirement {requirement}"
        );
    }
    assert_eq!(
        crate::transport::message::parse(b"\"\xff\"").err().map(|error| error.code),
        Some(code::PARSE)
    );
}

#[test]
fn null_of_an_optional_member_counts_as_absent() {
    let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":null,"_meta":null,"requestState":null,"inputResponses":null}}"#;
    match parse(call) {
        Ok(ClientMessage::Call(call)) => assert_eq!((call.arguments, call.error), ("{}", None)),
        other => panic!("the call was not parsed: {other:?}"),
    }
    let absent = error(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call"}"#);
    assert_eq!(error(r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":null}"#), absent);
    for params in
        [r#"null"#, r#"{"cursor":null}"#, r#"{"_meta":null}"#, r#"{"_meta":{"progressToken":null}}"#]
    {
        let list = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{params}}}"#);
        assert!(matches!(parse(&list), Ok(ClientMessage::Request { cursor: None, .. })), "{list}");
    }
    let opened = r#"{"jsonrpc":"2.0","method":"notifications/initialized","params":null}"#;
    assert!(matches!(parse(opened), Ok(ClientMessage::Notification)));
}

#[test]
fn message_with_a_method_and_without_an_id_is_never_an_error() {
    for text in [
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":"x"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":7}"#,
        r#"{"jsonrpc":"1.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":2.0,"method":"notifications/initialized"}"#,
        r#"{"method":"notifications/initialized"}"#,
        &format!(
            r#"{{"jsonrpc":"2.0","method":"tools/call","params":{{"name":"{}"}}}}"#,
            "x".repeat(1 << 16)
        ),
    ] {
        assert!(matches!(parse(text), Ok(ClientMessage::InvalidNotification)), "{text}");
    }
    for text in [
        r#"{"jsonrpc":"2.0","method":"unknown"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{}}"#,
        r#"{"jsonrpc":"\u0032.0","method":"x","params":{"a":1}}"#,
    ] {
        assert!(matches!(parse(text), Ok(ClientMessage::Notification)), "{text}");
    }
}

#[test]
fn integer_beyond_64_bits_is_an_id_and_a_progress_token() {
    let digits = "184467440737095516160";
    let call = format!(
        r#"{{"jsonrpc":"2.0","id":{digits},"method":"tools/call","params":{{"name":"x","_meta":{{"progressToken":-{digits}}}}}}}"#
    );
    for parsed in [crate::transport::message::parse(call.as_bytes()), parse(&call)] {
        match parsed {
            Ok(ClientMessage::Call(call)) => {
                let token = call.meta.progress_token.map(str::to_owned);
                assert_eq!((call.id.to_string(), token), (digits.to_owned(), Some(format!("-{digits}"))));
            }
            other => panic!("the call was not parsed: {other:?}"),
        }
    }
    let cancel = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{digits}}}}}"#
    );
    match parse(&cancel) {
        Ok(ClientMessage::Cancelled { request }) => assert_eq!(request, Id::new(digits)),
        other => panic!("the cancellation was not parsed: {other:?}"),
    }
}

#[test]
fn id_equals_its_escaped_form_and_no_id_of_another_json_type_and_has_a_maximum_size() {
    assert_eq!(Id::new(r#""\u0061""#), Id::new(r#""a""#));
    assert_ne!(Id::new("1"), Id::new(r#""1""#));
    assert_eq!(Id::new(&format!("\"{}\"", "a".repeat(600))), None);
}
