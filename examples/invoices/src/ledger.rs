//! The ledger: customers, invoices and payments in SQLite.

use std::{num::TryFromIntError, time::Duration};

use chrono::NaiveDate;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};

use crate::{
    model::{Invoice, InvoiceDetails, InvoiceNumber, Payment, Status},
    seed,
};

/// Path of the database file, unless the environment variable `INVOICES_DB` is set.
const FILE: &str = "invoices.db";

/// Tables and indexes. Each statement has no effect if its table or index exists.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS customers (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS invoices (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    number      TEXT GENERATED ALWAYS AS (printf('inv_%08d', id)) STORED UNIQUE,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    status      TEXT NOT NULL CHECK (status IN ('open', 'paid', 'void')),
    issued      TEXT NOT NULL,
    due         TEXT NOT NULL,
    cents       INTEGER NOT NULL CHECK (cents > 0),
    reminders   INTEGER NOT NULL DEFAULT 0,
    void_reason TEXT
);
CREATE INDEX IF NOT EXISTS invoices_by_customer ON invoices (customer_id, issued DESC, number DESC);
CREATE TABLE IF NOT EXISTS payments (
    id         INTEGER PRIMARY KEY,
    invoice_id INTEGER NOT NULL REFERENCES invoices (id) ON DELETE CASCADE,
    paid       TEXT NOT NULL,
    cents      INTEGER NOT NULL CHECK (cents > 0)
);
CREATE INDEX IF NOT EXISTS payments_by_invoice ON payments (invoice_id, paid DESC);
CREATE TABLE IF NOT EXISTS deletions (
    number  TEXT PRIMARY KEY,
    who     TEXT NOT NULL,
    reason  TEXT
);
";

/// Returns the text of a query for the columns of [`Invoice`]. `$rest` is put after the `FROM` clause. A macro, because
/// sqlx accepts only `&'static str` as a query.
macro_rules! invoice {
    ($rest:literal) => {
        concat!(
            "SELECT invoices.number, customers.name AS customer, invoices.status, invoices.issued, invoices.due, \
             invoices.cents FROM invoices JOIN customers ON customers.id = invoices.customer_id ",
            $rest
        )
    };
}

/// Error of an operation on the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("no invoice has that number")]
    NoInvoice,
    #[error("no customer has that account name")]
    NoCustomer,
    #[error("the invoice is {0}: only an open invoice can get a reminder or be voided")]
    NotOpen(&'static str),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A number in the database doesn't fit into the type of the result.
    #[error(transparent)]
    Count(#[from] TryFromIntError),
}

/// The ledger. This is the application state, which the tools share.
pub struct Invoices {
    pool: SqlitePool,
}

impl Invoices {
    /// Opens the database file, which is created if needed. Fills a new ledger with fictitious invoices.
    pub async fn open() -> Result<Self, LedgerError> {
        let file = std::env::var("INVOICES_DB").unwrap_or_else(|_| FILE.into());
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let invoices = Invoices::connect(options, 4).await?;
        seed::fill(&invoices.pool).await?;
        Ok(invoices)
    }

    /// Opens a ledger in memory that has no invoices and only the customer `Alder & Finch`.
    #[cfg(test)]
    pub async fn in_memory() -> Result<Self, LedgerError> {
        // Each connection to an in-memory database would have a database of its own, so there is only one connection.
        let invoices = Invoices::connect(SqliteConnectOptions::new().in_memory(true), 1).await?;
        sqlx::query("INSERT INTO customers (name) VALUES ('Alder & Finch')").execute(&invoices.pool).await?;
        Ok(invoices)
    }

    /// Opens a pool of at most `connections`, and creates the tables if needed.
    async fn connect(options: SqliteConnectOptions, connections: u32) -> Result<Self, LedgerError> {
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            // Connections are never closed, because an in-memory database ends with its connection.
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        Ok(Invoices { pool })
    }

    /// Returns at most `limit` invoices of a customer, newest first. If `after` is set, begins after the invoice with
    /// this day of issue and number.
    pub async fn of_customer(
        &self,
        customer: &str,
        status: Option<Status>,
        after: Option<(NaiveDate, InvoiceNumber)>,
        limit: i64,
    ) -> Result<Vec<Invoice>, LedgerError> {
        let customer_id = self.customer_id(customer).await?;
        let (issued, number) = after.unzip();
        let invoices = sqlx::query_as(invoice!(
            "WHERE invoices.customer_id = ?1 AND (?2 IS NULL OR invoices.status = ?2)
             AND (?3 IS NULL OR (invoices.issued, invoices.number) < (?3, ?4))
             ORDER BY invoices.issued DESC, invoices.number DESC LIMIT ?5"
        ))
        .bind(customer_id)
        .bind(status.map(Status::name))
        .bind(issued)
        .bind(number.map(|number| number.0))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(invoices)
    }

    /// Returns an invoice with its reminders, void reason and latest 50 payments.
    pub async fn details(&self, number: &InvoiceNumber) -> Result<InvoiceDetails, LedgerError> {
        let invoice: Option<Invoice> = sqlx::query_as(invoice!("WHERE invoices.number = ?"))
            .bind(&number.0)
            .fetch_optional(&self.pool)
            .await?;
        let invoice = invoice.ok_or(LedgerError::NoInvoice)?;
        let (id, reminders, void_reason): (i64, i64, Option<String>) =
            sqlx::query_as("SELECT id, reminders, void_reason FROM invoices WHERE number = ?")
                .bind(&number.0)
                .fetch_one(&self.pool)
                .await?;
        let payments: Vec<Payment> = sqlx::query_as(
            "SELECT paid, cents FROM payments WHERE invoice_id = ? ORDER BY paid DESC LIMIT 50",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        Ok(InvoiceDetails { invoice, reminders: reminders.try_into()?, void_reason, payments })
    }

    /// Adds an open invoice.
    pub async fn create(
        &self,
        customer: &str,
        cents: i64,
        issued: NaiveDate,
        due: NaiveDate,
    ) -> Result<Invoice, LedgerError> {
        let customer_id = self.customer_id(customer).await?;
        let number = sqlx::query_scalar(
            "INSERT INTO invoices (customer_id, status, issued, due, cents) VALUES (?, 'open', ?, ?, ?)
             RETURNING number",
        )
        .bind(customer_id)
        .bind(issued)
        .bind(due)
        .bind(cents)
        .fetch_one(&self.pool)
        .await?;
        Ok(Invoice {
            number: InvoiceNumber(number),
            customer: customer.to_owned(),
            status: Status::Open,
            issued,
            due,
            cents,
        })
    }

    /// Counts one more reminder for an open invoice, and returns the number of all its reminders.
    pub async fn remind(&self, number: &InvoiceNumber) -> Result<u32, LedgerError> {
        let reminders: Option<i64> = sqlx::query_scalar(
            "UPDATE invoices SET reminders = reminders + 1 WHERE number = ? AND status = 'open' RETURNING reminders",
        )
        .bind(&number.0)
        .fetch_optional(&self.pool)
        .await?;
        match reminders {
            Some(reminders) => Ok(reminders.try_into()?),
            None => Err(self.not_open(number).await?),
        }
    }

    /// Voids an open invoice. Changes nothing, without an error, if the invoice is already void.
    pub async fn void(&self, number: &InvoiceNumber, reason: &str) -> Result<(), LedgerError> {
        let voided = sqlx::query(
            "UPDATE invoices SET status = 'void', void_reason = ? WHERE number = ? AND status = 'open'",
        )
        .bind(reason)
        .bind(&number.0)
        .execute(&self.pool)
        .await?;
        if voided.rows_affected() == 1 {
            return Ok(());
        }
        match self.not_open(number).await? {
            LedgerError::NotOpen("void") => Ok(()),
            error => Err(error),
        }
    }

    /// Deletes an invoice, and records the user `who` and the reason of the deletion.
    pub async fn delete(
        &self,
        number: &InvoiceNumber,
        who: &str,
        reason: Option<&str>,
    ) -> Result<(), LedgerError> {
        let mut transaction = self.pool.begin().await?;
        let deleted = sqlx::query("DELETE FROM invoices WHERE number = ?")
            .bind(&number.0)
            .execute(&mut *transaction)
            .await?;
        if deleted.rows_affected() == 0 {
            return Err(LedgerError::NoInvoice);
        }
        sqlx::query("INSERT INTO deletions (number, who, reason) VALUES (?, ?, ?)")
            .bind(&number.0)
            .bind(who)
            .bind(reason)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Returns the id of the customer with this account name.
    async fn customer_id(&self, name: &str) -> Result<i64, LedgerError> {
        sqlx::query_scalar("SELECT id FROM customers WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?
            .ok_or(LedgerError::NoCustomer)
    }

    /// Returns the reason why an invoice can't be changed: it doesn't exist, or it isn't open.
    ///
    /// # Errors
    /// A failure of the query.
    async fn not_open(&self, number: &InvoiceNumber) -> Result<LedgerError, LedgerError> {
        let status: Option<Status> = sqlx::query_scalar("SELECT status FROM invoices WHERE number = ?")
            .bind(&number.0)
            .fetch_optional(&self.pool)
            .await?;
        Ok(status.map_or(LedgerError::NoInvoice, |status| LedgerError::NotOpen(status.name())))
    }
}
