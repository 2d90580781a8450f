//! Paged results: a list of at most 100 items, and an encrypted cursor for the next page.

use mcp_tool_contract::{
    bounds::{DEFAULT_MAX_ITEMS, Field, Literal, LiteralValue, Member, Object},
    digest::Digest,
    model::{Param, ToolOutput},
    read::{
        arguments::{ArgumentText, DeclaredParam, declare},
        canonical::CanonicalForm,
        types::{OutputValue, Parameter as _},
        violation::{Rule, Violation, Violations},
    },
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::{answer::ToolAnswer, encode::json, result::ToolResult},
};

const LIMIT: &str = "limit";
const CURSOR: &str = "cursor";

/// The page that a caller asks for. Every tool that returns a [`Page`] has a parameter of this type.
///
/// In the tool's input schema, this parameter becomes two optional parameters:
///
/// | parameter | type | default | |
/// |---|---|---|---|
/// | `limit` | integer, 1 to 100 | 50 | maximum items of the page |
/// | `cursor` | string, at most 1,024 characters | none: the first page | `next_cursor` of the previous page |
///
/// A cursor is encrypted. It is valid only for the same caller, tool and version, and if all other arguments are
/// unchanged. An invalid cursor is refused as a violation of the rule `cursor`. A cursor stays valid until its key is
/// removed from the setting `seal.keys`. Without this setting, it stays valid until the process ends.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// # struct Ledger;
/// # impl Ledger {
/// #     async fn after(&self, _: Option<String>, _: i64) -> Result<Vec<Invoice>, ToolError> { Ok(vec![]) }
/// # }
/// #[derive(serde::Serialize, ToolSchema)]
/// struct Invoice {
///     /// Invoice number.
///     number: String,
/// }
///
/// /// All invoices, by number.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// async fn list_invoices(ledger: &Ledger, page: PageRequest) -> Result<Page<Invoice>, ToolError> {
///     let rows = ledger.after(page.after()?, page.fetch()).await?;
///     Page::keyset(rows, &page, |last| last.number.clone())
/// }
/// ```
#[derive(Debug)]
pub struct PageRequest {
    limit: u32,
    after: Option<Vec<u8>>,
}

impl PageRequest {
    /// Returns the maximum items of the page: 1 to 100, 50 by default.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// Returns the number of rows to fetch: [`limit`](Self::limit) plus one, to see if another page follows.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Returns the key of the last item on the previous page, as passed to [`Page::keyset`]; `None` for the first page.
    ///
    /// # Errors
    /// If the key can't be deserialized as a `K`. A cursor is bound to the tool's version, so change the version if you
    /// change the type of the key.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ToolError> {
        let Some(key) = &self.after else { return Ok(None) };
        serde_json::from_slice(key).map(Some).map_err(|_| ToolError::from(invalid_cursor()))
    }

    /// Makes the request from the arguments of a call, and decrypts the cursor. Macro-generated code calls this.
    /// `params` are the parameters of the paged tool. They can't be taken from the contract in `cx`, because this is the
    /// adapter's contract if an adapter calls the tool.
    ///
    /// # Errors
    /// A violation of the rule `cursor` if the cursor is invalid.
    #[doc(hidden)]
    pub fn open(
        cx: &CallContext,
        params: &[Param],
        arguments: &ArgumentText<'_>,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<Self, Violations> {
        // The query: all arguments except `limit` and `cursor`. Cursors are bound to its digest. The canonical form has
        // the same digest for arguments in another order, or with defaults left out.
        let query = CanonicalForm::new(params, is_paging).digest(arguments);
        let query = query.unwrap_or_else(|| Digest::of_bytes(arguments.text().as_bytes()));
        cx.set_page_query(query);
        let after = match cursor {
            None => None,
            Some(cursor) => Some(cx.sealer().open(&cursor, &binding(cx)).ok_or_else(invalid_cursor)?),
        };
        Ok(PageRequest { limit, after })
    }
}

/// Maximum size of a key as JSON, in bytes. A cursor with a key of this size has fewer than 1,024 characters, the
/// maximum of the parameter `cursor`.
const MAX_KEY: usize = 700;

/// Returns `true` for the parameters that a [`PageRequest`] adds, which aren't part of the query.
fn is_paging(param: &Param) -> bool {
    matches!(param.name(), LIMIT | CURSOR)
}

/// Returns the violation for a cursor that can't be opened, or whose key has another type.
fn invalid_cursor() -> Violations {
    Violations::from(Violation {
        pointer: format!("/{CURSOR}"),
        rule: Rule::Cursor,
        limit: None,
        message: "is not a cursor of this caller for these arguments: leave it out to get the first page"
            .into(),
    })
}

/// Returns the associated data that binds a cursor to the tool, its version, the caller, and all arguments except
/// `limit` and `cursor`.
fn binding(cx: &CallContext) -> Vec<u8> {
    // `PageRequest::open` has stored the digest of these arguments in `cx`.
    cx.binding(CURSOR, &[&cx.page_query().map(|digest| digest.to_string()).unwrap_or_default()])
}

/// The parameter `limit` of every paged tool. `with` replaces the empty name and description.
#[doc(hidden)]
pub const LIMIT_PARAM: DeclaredParam<u32> = declare::<u32>("", "").with(
    Param::new(LIMIT, "Items on the page, at most.", u32::SCHEMA)
        .min(integer(1, "1"))
        .max(integer(DEFAULT_MAX_ITEMS as i128, "100"))
        .default(integer(50, "50")),
);

/// The parameter `cursor` of every paged tool. `with` replaces the empty name and description.
#[doc(hidden)]
pub const CURSOR_PARAM: DeclaredParam<Option<String>> = declare::<Option<String>>("", "").with(
    Param::new(
        CURSOR,
        "Cursor of the page to get: `next_cursor` of the previous page, with all other arguments unchanged.",
        Option::<String>::SCHEMA,
    )
    .max_len(1_024),
);

/// Returns an integer with its JSON text.
const fn integer(value: i128, json: &'static str) -> Literal {
    Literal::new(LiteralValue::Integer(value), json)
}

/// One page of a list, returned by a tool that takes a [`PageRequest`].
///
/// The structured result is `{"items": […], "next_cursor": "…"}`, with at most 100 items; the last page has no
/// `next_cursor`. The next page starts after a key (keyset pagination), so rows that are inserted or deleted between
/// two calls don't cause other rows to be skipped or repeated. See [`PageRequest`] for an example.
#[derive(Debug)]
pub struct Page<T> {
    items: Vec<T>,
    /// Key of the last item as JSON; `None` on the last page.
    last: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page from up to [`PageRequest::fetch`] rows that follow the key [`PageRequest::after`]. With at most
    /// [`PageRequest::limit`] rows, it is the last page. `key` returns the columns by which the rows are ordered. The
    /// cursor contains the key of the page's last row, encrypted.
    ///
    /// # Errors
    /// If the key can't be serialized, or if its JSON is longer than 700 bytes.
    pub fn keyset<K: Serialize>(
        mut rows: Vec<T>,
        page: &PageRequest,
        key: impl FnOnce(&T) -> K,
    ) -> Result<Self, ToolError> {
        // Errors below are marked as unsettled: the function may already have changed something.
        let limit = page.limit as usize;
        if rows.len() <= limit {
            return Ok(Page { items: rows, last: None });
        }
        rows.truncate(limit);
        let last = rows.last().map(|last| serde_json::to_string(&key(last)));
        let last = last.transpose().map_err(|error| ToolError::internal(error).unsettled())?;
        if let Some(bytes) = last.as_ref().map(String::len).filter(|bytes| *bytes > MAX_KEY) {
            let message = format!(
                "the key of a page has {bytes} bytes, at most {MAX_KEY} are allowed: order by shorter columns"
            );
            return Err(ToolError::internal(message).unsettled());
        }
        Ok(Page { last, items: rows })
    }

    /// Returns the items.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }
}

/// The schema of a `Page<T>`, as associated constants that `ToolResult::OUTPUT` can refer to.
struct PageSchema<T>(std::marker::PhantomData<T>);

impl<T: OutputValue> PageSchema<T> {
    const ITEMS: Field = Field::new("items", "The items of this page.", T::KIND.schema().array())
        .max_items(DEFAULT_MAX_ITEMS)
        .bounded();
    const NEXT: Field = Field::new(
        "next_cursor",
        "Cursor of the next page; absent on the last.",
        <Option<String> as mcp_tool_contract::read::types::Output>::SCHEMA,
    )
    .never_null()
    .max_len(1_024);
    const MEMBERS: &'static [Member] = &[Member::Field(Self::ITEMS), Member::Field(Self::NEXT)];
    const OBJECT: Object = Object::new(Self::MEMBERS);
}

impl<T: OutputValue + Serialize> ToolResult for Page<T> {
    const OUTPUT: ToolOutput = ToolOutput::Paged(&PageSchema::<T>::OBJECT);
    const IS_PAGED: bool = true;

    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError> {
        #[derive(Serialize)]
        struct SealedPage<T> {
            items: Vec<T>,
            #[serde(skip_serializing_if = "Option::is_none")]
            next_cursor: Option<String>,
        }
        let next_cursor = match self.last {
            None => None,
            Some(last) => {
                let sealed = cx.sealer().seal(last.as_bytes(), &binding(cx));
                let failed =
                    || ToolError::internal("the cursor of the next page can't be sealed").unsettled();
                Some(sealed.ok_or_else(failed)?)
            }
        };
        json(&SealedPage { items: self.items, next_cursor }, cx).map(ToolAnswer::Object)
    }
}
