//! Converts database rows to types of `model`.
//!
//! The traits of sqlx are implemented by hand, because with its derive macros cargo compiles SQLite and sqlx a second
//! time.

use sqlx::{
    Decode, FromRow, Row as _, Sqlite, Type,
    error::BoxDynError,
    sqlite::{SqliteRow, SqliteTypeInfo, SqliteValueRef},
};

use crate::model::{Invoice, InvoiceNumber, Payment, Status};

impl FromRow<'_, SqliteRow> for Invoice {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Invoice {
            number: InvoiceNumber(row.try_get("number")?),
            customer: row.try_get("customer")?,
            status: row.try_get("status")?,
            issued: row.try_get("issued")?,
            due: row.try_get("due")?,
            cents: row.try_get("cents")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Payment {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Payment { paid: row.try_get("paid")?, cents: row.try_get("cents")? })
    }
}

impl Type<Sqlite> for Status {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl Decode<'_, Sqlite> for Status {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        let name = <&str as Decode<'_, Sqlite>>::decode(value)?;
        let status =
            [Status::Open, Status::Paid, Status::Void].into_iter().find(|status| status.name() == name);
        status.ok_or_else(|| format!("`{name}` is no status").into())
    }
}
