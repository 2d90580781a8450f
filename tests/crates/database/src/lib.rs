//! Tools on a database: types of parameters and results also derive the traits of sqlx, and tools return errors of sqlx.

use mcp_tool_runtime::{ToolEntry, prelude::*};
use serde::{Deserialize, Serialize};
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};

/// Number of a book: a column of its table, and a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToolSchema)]
#[sqlx(transparent)]
#[schema(min = 1, max = 9_999)]
pub struct BookNumber(pub i64);

/// Title of a book. The attributes of both derive macros are mixed.
#[derive(Clone, Debug, ToolSchema, Serialize, Deserialize, sqlx::Type)]
#[schema(min_len = 1, max_len = 40)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Title(String);

/// Condition of a book, which the database stores by the name that clients see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToolSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum Condition {
    /// Never read.
    AsNew,
    /// Read.
    Used,
}

/// A book: a row of the database, and an item of results.
#[derive(Debug, Serialize, sqlx::FromRow, ToolSchema)]
#[sqlx(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct Book {
    /// The number.
    #[sqlx(rename = "id")]
    #[schema(min = 1)]
    pub number: BookNumber,
    /// The title.
    pub title: Title,
    /// The condition.
    pub condition: Condition,
    /// Pages, if counted.
    #[schema(min = 1, max = 5_000)]
    #[sqlx(default)]
    pub page_count: Option<u32>,
    /// The publisher.
    #[sqlx(flatten)]
    #[serde(flatten)]
    pub publisher: Publisher,
    /// Notes that the result doesn't have.
    #[sqlx(skip)]
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// A publisher, whose columns are those of the book.
#[derive(Debug, Serialize, sqlx::FromRow, ToolSchema)]
pub struct Publisher {
    /// Name of the publisher.
    #[sqlx(try_from = "String")]
    #[schema(max_len = 40)]
    pub publisher: Box<str>,
}

/// Books in their order.
#[mcp_tool(version = "1.0", public, read_only)]
pub async fn list_books(
    pool: &SqlitePool,
    /// Only books in this condition.
    condition: Option<Condition>,
    page: PageRequest,
) -> Result<Page<Book>, ToolError> {
    let after: Option<BookNumber> = page.after()?;
    let books = sqlx::query_as(
        "SELECT * FROM books WHERE (?1 IS NULL OR condition = ?1) AND (?2 IS NULL OR id > ?2) ORDER BY id LIMIT ?3",
    )
    .bind(condition)
    .bind(after)
    .bind(page.fetch())
    .fetch_all(pool)
    .await
    .map_err(ToolError::internal)?;
    Page::keyset(books, &page, |last: &Book| last.number)
}

/// One book. An unknown book is an error of sqlx.
#[mcp_tool(version = "1.0", public, read_only)]
pub async fn get_book(
    pool: &SqlitePool,
    /// Number of the book.
    number: BookNumber,
) -> Result<Book, sqlx::Error> {
    sqlx::query_as("SELECT * FROM books WHERE id = ?").bind(number).fetch_one(pool).await
}

/// Error of a change.
#[derive(Debug)]
pub struct ChangeError(sqlx::Error);

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        ChangeError(error)
    }
}

impl From<ChangeError> for ToolError {
    fn from(ChangeError(error): ChangeError) -> Self {
        match error.as_database_error() {
            Some(error) if error.is_unique_violation() => {
                ToolError::conflict("another book has this number: choose another number")
            }
            _ => ToolError::internal(error),
        }
    }
}

/// Add a book.
#[mcp_tool(version = "1.0", public)]
pub async fn add_book(
    pool: &SqlitePool,
    /// Number of the book.
    number: BookNumber,
    /// Title of the book.
    title: Title,
) -> Result<(), ChangeError> {
    sqlx::query("INSERT INTO books (id, title, condition, publisher) VALUES (?, ?, ?, 'Own')")
        .bind(number)
        .bind(title)
        .bind(Condition::AsNew)
        .execute(pool)
        .await?;
    Ok(())
}

/// All tools.
pub const TOOLS: &[ToolEntry] = tools![list_books, get_book, add_book];

/// Returns a database in memory that has two books.
///
/// # Errors
/// SQLite refuses a statement.
pub async fn books() -> sqlx::Result<SqlitePool> {
    // Each connection to an in-memory database has a database of its own, which ends with the connection.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE books (
             id INTEGER PRIMARY KEY, title TEXT NOT NULL, condition TEXT NOT NULL, pageCount INTEGER,
             publisher TEXT NOT NULL
         );
         INSERT INTO books VALUES (1, 'Tides', 'used', 212, 'Alder'), (2, 'Maps', 'as_new', NULL, 'Finch');",
    )
    .execute(&pool)
    .await?;
    Ok(pool)
}
