//! Pages: a list that is bounded, and a cursor that only the same caller can go on with, for the same question.

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
    tool::result::{Answer, ToolResult, json},
};

const LIMIT: &str = "limit";
const CURSOR: &str = "cursor";

/// Which page the caller asks for. As a parameter it puts `limit` and `cursor` into the schema.
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
    /// Items that are wanted, 1 to 100; 50 where the caller doesn't say.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// Rows to fetch: one more than the [`limit`](Self::limit), so that it shows whether there are more.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The key of the last item on the page before, as [`Page::keyset`] took it; `None` on the first page.
    ///
    /// # Errors
    /// Where the key is of another type than the one that was given, which a new version of the tool avoids.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ToolError> {
        let Some(key) = &self.after else { return Ok(None) };
        serde_json::from_slice(key).map(Some).map_err(|_| ToolError::from(stale()))
    }

    /// Opens the cursor of a call.
    #[doc(hidden)]
    pub fn open(
        cx: &CallContext,
        arguments: &ArgumentText<'_>,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<Self, Violations> {
        let question = CanonicalForm::new(cx.contract().input, is_paging).digest(arguments);
        let question = question.unwrap_or_else(|| Digest::of_bytes(arguments.text().as_bytes()));
        cx.set_page_query(question);
        let after = match cursor {
            None => None,
            Some(cursor) => Some(cx.sealer().open(&cursor, &binding(cx)).ok_or_else(stale)?),
        };
        Ok(PageRequest { limit, after })
    }
}

/// Bytes of a key, as JSON, that a cursor of 1,024 characters takes.
const MAX_KEY: usize = 700;

fn is_paging(param: &Param) -> bool {
    matches!(param.name, LIMIT | CURSOR)
}

fn stale() -> Violations {
    Violations::from(Violation {
        pointer: format!("/{CURSOR}"),
        rule: Rule::Cursor,
        limit: None,
        message: "this cursor was not given to this caller for these arguments: leave it out to start anew"
            .into(),
    })
}

/// What a cursor holds for: tool, version, caller and question.
fn binding(cx: &CallContext) -> Vec<u8> {
    cx.binding(CURSOR, &[&cx.page_query().map(|digest| digest.to_string()).unwrap_or_default()])
}

/// The parameter `limit` of every paged tool.
#[doc(hidden)]
pub const LIMIT_PARAM: DeclaredParam<u32> = declare::<u32>("", "").with(
    Param::new(LIMIT, "Items on the page, at most.", u32::SCHEMA)
        .min(integer(1, "1"))
        .max(integer(DEFAULT_MAX_ITEMS as i128, "100"))
        .default(integer(50, "50")),
);

/// The parameter `cursor` of every paged tool.
#[doc(hidden)]
pub const CURSOR_PARAM: DeclaredParam<Option<String>> = declare::<Option<String>>("", "").with(
    Param::new(
        CURSOR,
        "Where to go on: `next_cursor` of the page before, with all other arguments unchanged.",
        Option::<String>::SCHEMA,
    )
    .max_len(1_024),
);

const fn integer(value: i128, json: &'static str) -> Literal {
    Literal { value: LiteralValue::Integer(value), json }
}

/// One page of a list: `{"items": […], "next_cursor": "…"}`, the cursor only where there is more.
#[derive(Debug)]
pub struct Page<T> {
    items: Vec<T>,
    last: Option<String>,
}

impl<T> Page<T> {
    /// The page of rows that were fetched by key, [`PageRequest::fetch`] of them; `key` is what the next page
    /// comes after, the same columns that the rows are ordered by.
    ///
    /// # Errors
    /// Where the key can't be JSON, or is longer than 700 bytes of it: order by shorter columns.
    pub fn keyset<K: Serialize>(
        mut rows: Vec<T>,
        page: &PageRequest,
        key: impl FnOnce(&T) -> K,
    ) -> Result<Self, ToolError> {
        let limit = page.limit as usize;
        if rows.len() <= limit {
            return Ok(Page { items: rows, last: None });
        }
        rows.truncate(limit);
        let last = rows.last().map(|last| serde_json::to_string(&key(last)));
        let last = last.transpose().map_err(ToolError::internal)?;
        if let Some(bytes) = last.as_ref().map(String::len).filter(|bytes| *bytes > MAX_KEY) {
            let message = format!("the key of a page has {bytes} bytes, and a cursor takes {MAX_KEY}");
            return Err(ToolError::internal(message));
        }
        Ok(Page { last, items: rows })
    }

    /// The items.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }
}

/// Consts of a page's shape; a generic constant can refer to these.
struct Shape<T>(std::marker::PhantomData<T>);

impl<T: OutputValue> Shape<T> {
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
    const OBJECT: Object = Object { members: Self::MEMBERS };
}

impl<T: OutputValue + Serialize> ToolResult for Page<T> {
    const OUTPUT: ToolOutput = ToolOutput::Page(&Shape::<T>::OBJECT);
    const IS_PAGED: bool = true;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        #[derive(Serialize)]
        struct Sealed<T> {
            items: Vec<T>,
            #[serde(skip_serializing_if = "Option::is_none")]
            next_cursor: Option<String>,
        }
        let next_cursor = match self.last {
            None => None,
            Some(last) => {
                let sealed = cx.sealer().seal(last.as_bytes(), &binding(cx));
                Some(sealed.ok_or_else(|| ToolError::internal("a cursor could not be sealed"))?)
            }
        };
        json(&Sealed { items: self.items, next_cursor }, cx).map(Answer::Object)
    }
}
