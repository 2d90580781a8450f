//! Messages that we refuse and rmcp answers differently.

use super::{Refusal, RmcpResponse};
use crate::{
    json_tree::Json,
    rmcp::{
        exchange::{META_LOG_LEVEL, MODERN},
        model::{Classified, Rule, any_value, has_duplicate_member, is_level, is_offered},
    },
};

const ALWAYS: fn(&Classified) -> bool = |_| true;
/// Response to a body that rmcp can't parse.
const UNSUPPORTED: &[RmcpResponse] = &[RmcpResponse::Text(415)];
/// Responses to a message that rmcp accepts, or refuses for another reason than we do, such as a missing scope
/// (-31403).
const ACCEPTED: &[RmcpResponse] = &[
    RmcpResponse::Accepted,
    RmcpResponse::Error(200, -32602),
    RmcpResponse::Error(200, -32601),
    RmcpResponse::Error(200, -31403),
    RmcpResponse::Error(404, -32601),
];

/// Deviations in messages that we refuse. The first entry that matches explains the difference.
pub(crate) const REFUSALS: &[Refusal] = &[
    Refusal {
        name: "not JSON",
        reason: "A parse error is -32700 (JSON-RPC 2.0 §5.1); rmcp answers 415 in plain text.",
        rules: &[Rule::NotJson],
        when: ALWAYS,
        theirs: UNSUPPORTED,
    },
    Refusal {
        name: "not a message",
        reason: "An invalid request is -32600, and invalid parameters are -32602 (JSON-RPC 2.0 §5.1); rmcp answers 415 in plain text.",
        rules: &[
            Rule::Envelope,
            Rule::Id,
            Rule::Params,
            Rule::CallParams,
            Rule::Arguments,
            Rule::Meta,
            Rule::Request,
        ],
        when: ALWAYS,
        theirs: UNSUPPORTED,
    },
    Refusal {
        name: "wrong Content-Type",
        reason: "The status is the same; we answer with a JSON-RPC error instead of plain text.",
        rules: &[Rule::ContentType],
        when: ALWAYS,
        theirs: UNSUPPORTED,
    },
    Refusal {
        name: "another encoding than UTF-8",
        reason: "JSON is UTF-8 (RFC 8259 §8.1), so a body in another encoding would be misread; rmcp ignores the parameter, and all header values after the first.",
        rules: &[Rule::ContentType],
        when: ALWAYS,
        theirs: ACCEPTED,
    },
    Refusal {
        name: "deep nesting",
        reason: "We accept 64 levels (docs/reference/limits.md); rmcp accepts the 128 of serde_json.",
        rules: &[Rule::TooDeep],
        when: ALWAYS,
        theirs: &[
            RmcpResponse::Accepted,
            RmcpResponse::Error(200, -32602),
            RmcpResponse::Error(200, -31403),
            RmcpResponse::Text(415),
        ],
    },
    Refusal {
        name: "invalid id",
        reason: "We echo an id as sent and limit it to 512 bytes; rmcp turns `1.0` into 1 and has no limit.",
        rules: &[Rule::Id],
        when: ALWAYS,
        theirs: ACCEPTED,
    },
    Refusal {
        name: "status of invalid parameters",
        reason: "We answer 400 to a malformed request of either revision; rmcp answers 200 with the same code.",
        rules: &[Rule::Params, Rule::CallParams, Rule::Arguments, Rule::Meta],
        when: ALWAYS,
        theirs: &[RmcpResponse::Error(200, -32602)],
    },
    Refusal {
        name: "progress token of a wrong type",
        reason: "A token is a string or an integer (2026-07-28, progress); rmcp ignores other tokens.",
        rules: &[Rule::Meta],
        when: |request| request.is_call,
        theirs: &[RmcpResponse::Accepted, RmcpResponse::Error(200, -31403)],
    },
    Refusal {
        name: "unknown log level",
        reason: "An unknown level is refused (2026-07-28, logging §error handling); rmcp ignores it.",
        rules: &[Rule::Meta],
        when: |request| {
            let level = request.meta().and_then(|meta| meta.member(META_LOG_LEVEL));
            level.is_some_and(|level| *level != Json::Null && !is_level(level))
        },
        theirs: ACCEPTED,
    },
    Refusal {
        name: "required version outside a call",
        reason: "`dev.mcp-tool/requires` is our extension and valid in calls only; rmcp ignores it.",
        rules: &[Rule::Meta],
        when: |request| !request.is_call,
        theirs: &[RmcpResponse::Accepted, RmcpResponse::Error(200, -32601), RmcpResponse::Error(404, -32601)],
    },
    Refusal {
        name: "malformed input response",
        reason: "`requestState` is a string and `inputResponses` an object (2026-07-28, multi round-trip requests); rmcp ignores other values.",
        rules: &[Rule::InputResponses],
        when: ALWAYS,
        theirs: ACCEPTED,
    },
    Refusal {
        name: "cursor of a wrong type",
        reason: "A bad cursor is -32602 on lists (pagination §error handling); rmcp ignores it.",
        rules: &[Rule::Cursor],
        when: ALWAYS,
        theirs: ACCEPTED,
    },
    Refusal {
        name: "duplicate capability",
        reason: "We refuse a duplicate capability because it is ambiguous; rmcp takes the last one.",
        rules: &[Rule::List],
        when: |request| request.capabilities().is_some_and(|all| any_value(all, has_duplicate_member)),
        theirs: &[RmcpResponse::Accepted],
    },
    Refusal {
        name: "duplicate header",
        reason: "A proxy and the server may read different values of a duplicate header (Streamable HTTP §server validation); rmcp accepts it.",
        rules: &[Rule::DuplicateHeader],
        when: ALWAYS,
        theirs: ACCEPTED,
    },
    Refusal {
        name: "unknown version in the header",
        reason: "The status is the same; we answer with a JSON-RPC error instead of plain text.",
        rules: &[Rule::UnknownHeaderVersion, Rule::Request],
        when: ALWAYS,
        theirs: &[RmcpResponse::Text(400)],
    },
    Refusal {
        name: "order of checks",
        reason: "Both the body and the headers are wrong. Both servers answer 400: we because of the body, rmcp because of the headers.",
        rules: &[
            Rule::ModernHeaderOnly,
            Rule::Id,
            Rule::Params,
            Rule::CallParams,
            Rule::Arguments,
            Rule::Meta,
            Rule::MissingCapabilities,
            Rule::InputResponses,
        ],
        when: ALWAYS,
        theirs: &[RmcpResponse::Error(400, -32020)],
    },
    Refusal {
        name: "legacy version in `_meta`",
        reason: "We treat every call with a version in `_meta` as a 2026-07-28 call (§request metadata); rmcp treats a legacy version as 2025-11-25.",
        rules: &[Rule::MissingCapabilities],
        when: |request| request.version().is_some_and(|version| is_offered(version) && version != MODERN),
        theirs: &[RmcpResponse::Accepted, RmcpResponse::Error(200, -31403), RmcpResponse::Error(400, -32602)],
    },
];
