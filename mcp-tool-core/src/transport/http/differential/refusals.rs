//! Messages that we refuse, and how rmcp answers them.

use super::{
    allowed::{Refusal, Said},
    exchange::MODERN,
    reference::{META_LEVEL, Read, Rule, anywhere, is_level, is_served, is_twofold},
};
use crate::json_tree::Json;

const ALWAYS: fn(&Read) -> bool = |_| true;
const UNREAD: &[Said] = &[Said::Text(415)];
/// What a message is answered that is right, or wrong in another place.
const TAKEN: &[Said] = &[
    Said::Taken,
    Said::Error(200, -32602),
    Said::Error(200, -32601),
    Said::Error(200, -31403),
    Said::Error(404, -32601),
];

pub(super) const REFUSALS: &[Refusal] = &[
    Refusal {
        name: "no JSON",
        why: "a parse error is -32700 (JSON-RPC 2.0 §5.1); rmcp says 415 in plain text",
        rules: &[Rule::Json],
        when: ALWAYS,
        theirs: UNREAD,
    },
    Refusal {
        name: "no message",
        why: "an invalid request is -32600, and invalid parameters -32602 (JSON-RPC 2.0 §5.1); rmcp says 415 in plain text",
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
        theirs: UNREAD,
    },
    Refusal {
        name: "another type of content",
        why: "the same status, with an error of JSON-RPC in place of plain text",
        rules: &[Rule::ContentType],
        when: ALWAYS,
        theirs: UNREAD,
    },
    Refusal {
        name: "too deep",
        why: "a message nests 64 deep at most (SECURITY.md, hostile input); rmcp's limit is serde_json's 128",
        rules: &[Rule::Depth],
        when: ALWAYS,
        theirs: &[Said::Taken, Said::Error(200, -32602), Said::Error(200, -31403), Said::Text(415)],
    },
    Refusal {
        name: "no id",
        why: "an id is echoed as it came, in 512 bytes at most: rmcp makes 1 of `1.0`, and has no bound",
        rules: &[Rule::Id],
        when: ALWAYS,
        theirs: TAKEN,
    },
    Refusal {
        name: "status of wrong parameters",
        why: "a malformed request is a 400, whatever its era; rmcp says 200 with the same code",
        rules: &[Rule::Params, Rule::CallParams, Rule::Arguments, Rule::Meta],
        when: ALWAYS,
        theirs: &[Said::Error(200, -32602)],
    },
    Refusal {
        name: "a progress token of another type",
        why: "a token is a string or an integer (2026-07-28, progress); rmcp takes others for none",
        rules: &[Rule::Meta],
        when: |read| read.is_call,
        theirs: &[Said::Taken, Said::Error(200, -31403)],
    },
    Refusal {
        name: "a level that is none",
        why: "a request with another is refused (2026-07-28, logging §error handling); rmcp takes it for none",
        rules: &[Rule::Meta],
        when: |read| {
            let level = read.meta().and_then(|meta| meta.member(META_LEVEL));
            level.is_some_and(|level| *level != Json::Null && !is_level(level))
        },
        theirs: TAKEN,
    },
    Refusal {
        name: "a version asked of no call",
        why: "`dev.mcp-tool/requires` is the project's own, and wrong anywhere but in a call",
        rules: &[Rule::Meta],
        when: |read| !read.is_call,
        theirs: &[Said::Taken, Said::Error(200, -32601), Said::Error(404, -32601)],
    },
    Refusal {
        name: "no answer to a question",
        why: "a state is text and answers are an object, both of 2026-07-28 (multi round-trip requests); rmcp passes it over",
        rules: &[Rule::Input],
        when: ALWAYS,
        theirs: TAKEN,
    },
    Refusal {
        name: "a cursor that is no text",
        why: "a bad cursor is -32602 on lists (pagination §error handling); rmcp takes it for none",
        rules: &[Rule::Cursor],
        when: ALWAYS,
        theirs: TAKEN,
    },
    Refusal {
        name: "a capability twice",
        why: "which of both was meant nobody can say, as with an argument; rmcp takes the last",
        rules: &[Rule::List],
        when: |read| read.capabilities().is_some_and(|all| anywhere(all, is_twofold)),
        theirs: &[Said::Taken],
    },
    Refusal {
        name: "a header twice",
        why: "what mirrors the body has one value, or two readers see two (Streamable HTTP §server validation)",
        rules: &[Rule::Twice],
        when: ALWAYS,
        theirs: TAKEN,
    },
    Refusal {
        name: "an unknown version in the header",
        why: "the same status, with an error of JSON-RPC in place of plain text",
        rules: &[Rule::UnknownVersion, Rule::Request],
        when: ALWAYS,
        theirs: &[Said::Text(400)],
    },
    Refusal {
        name: "parameters that are null",
        why: "`params` are structured where they are there (JSON-RPC 2.0 §4.2); rmcp takes `null` for none",
        rules: &[Rule::Params],
        when: |read| read.json.as_ref().is_some_and(|json| json.member("params") == Some(&Json::Null)),
        theirs: TAKEN,
    },
    Refusal {
        name: "the first of two faults",
        why: "both refuse it with 400: we for what the body lacks, rmcp for headers that are wrong too",
        rules: &[
            Rule::Older,
            Rule::Id,
            Rule::Params,
            Rule::CallParams,
            Rule::Arguments,
            Rule::Meta,
            Rule::Capabilities,
            Rule::Input,
        ],
        when: ALWAYS,
        theirs: &[Said::Error(400, -32020)],
    },
    Refusal {
        name: "an older version in `_meta`",
        why: "a request that names its version is held to the newer revision (§request metadata); rmcp takes it for legacy",
        rules: &[Rule::Capabilities],
        when: |read| read.version().is_some_and(|version| is_served(version) && version != MODERN),
        theirs: &[Said::Taken, Said::Error(200, -31403), Said::Error(400, -32602)],
    },
];
