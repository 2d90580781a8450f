//! Initial data of a ledger: 50,000 invoices of fictitious customers, identical on every machine.

use chrono::{Days, NaiveDate};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::{QueryBuilder, SqlitePool};

use crate::{ledger::LedgerError, model::Status};

/// Number of invoices.
const INVOICES: u64 = 50_000;
/// Invoices per insert statement.
const BATCH: usize = 1_000;
/// Day after the latest issue date, and latest day of a payment. Never `None`, because this date exists.
const LAST_DAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 10, 31);
/// Days between the first issue date and `LAST_DAY`.
const DAYS: u64 = 3 * 365;

// Parts of the customers' names, such as `Alder & Finch Ltd`.
const FIRST: [&str; 20] = [
    "Alder", "Birch", "Cedar", "Dorset", "Ember", "Fenwick", "Garnet", "Hollow", "Indigo", "Juniper",
    "Kestrel", "Larch", "Meadow", "Nettle", "Osprey", "Pebble", "Quarry", "Rowan", "Saffron", "Thistle",
];
const SECOND: [&str; 10] =
    ["Finch", "Hale", "Marsh", "North", "Orchard", "Pike", "Reed", "Stone", "Vale", "Wick"];
const KIND: [&str; 2] = ["Ltd", "GmbH"];

/// Fills a ledger that has no customers. A ledger with customers is left unchanged.
pub async fn fill(pool: &SqlitePool) -> Result<(), LedgerError> {
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM customers").fetch_one(pool).await?;
    let Some(last_day) = LAST_DAY.filter(|_| count == 0) else { return Ok(()) };
    let bar = ProgressBar::new(INVOICES).with_style(style()).with_message("filling a new ledger");
    // The bar is hidden if stderr isn't a terminal.
    if bar.is_hidden() {
        eprintln!("filling a new ledger with {INVOICES} invoices");
    }
    let mut transaction = pool.begin().await?;

    let names = FIRST.iter().flat_map(|first| SECOND.iter().map(move |second| (first, second)));
    let names = names.flat_map(|(first, second)| KIND.map(|kind| format!("{first} & {second} {kind}")));
    let customers: Vec<(i64, String)> = (1..).zip(names).collect();
    QueryBuilder::new("INSERT INTO customers (id, name) ")
        .push_values(&customers, |mut row, (id, name)| {
            row.push_bind(*id).push_bind(name);
        })
        .build()
        .execute(&mut *transaction)
        .await?;

    // A constant seed, so that the invoices are identical on every machine.
    let mut dice = Dice(20_261_121);
    let mut ids = 1..=INVOICES;
    loop {
        let batch: Vec<Issued> = ids
            .by_ref()
            .take(BATCH)
            .map(|id| Issued::invent(id, customers.len() as u64, last_day, &mut dice))
            .collect();
        let Some(last) = batch.last() else { break };
        QueryBuilder::new("INSERT INTO invoices (id, customer_id, status, issued, due, cents, void_reason) ")
            .push_values(&batch, |mut row, invoice| {
                let void_reason = (invoice.status == Status::Void).then_some("issued in error");
                row.push_bind(invoice.id as i64)
                    .push_bind(invoice.customer as i64)
                    .push_bind(invoice.status.name())
                    .push_bind(invoice.issued)
                    .push_bind(invoice.due)
                    .push_bind(invoice.cents as i64)
                    .push_bind(void_reason);
            })
            .build()
            .execute(&mut *transaction)
            .await?;
        QueryBuilder::new("INSERT INTO payments (invoice_id, paid, cents) ")
            .push_values(batch.iter().filter(|invoice| invoice.status == Status::Paid), |mut row, invoice| {
                row.push_bind(invoice.id as i64).push_bind(invoice.paid).push_bind(invoice.cents as i64);
            })
            .build()
            .execute(&mut *transaction)
            .await?;
        bar.set_position(last.id);
    }
    transaction.commit().await?;
    bar.finish_with_message("the ledger is filled");
    Ok(())
}

/// A generated invoice.
struct Issued {
    id: u64,
    customer: u64,
    status: Status,
    issued: NaiveDate,
    due: NaiveDate,
    /// Day of payment. Used only if `status` is `Paid`.
    paid: NaiveDate,
    cents: u64,
}

impl Issued {
    /// Generates the invoice with this id. The ids are in the order of the issue dates.
    fn invent(id: u64, customers: u64, last_day: NaiveDate, dice: &mut Dice) -> Self {
        // The minimum of two random numbers gives some customers many invoices, and others few.
        let customer = 1 + dice.below(customers).min(dice.below(customers));
        // Days from the issue date to the last day.
        let age = DAYS - (id - 1) * DAYS / INVOICES;
        let issued = last_day - Days::new(age);
        let due = issued + Days::new([14, 30, 60][dice.below(3) as usize]);
        // The minimum makes small amounts more frequent than large amounts.
        let cents = 500 + dice.below(200_000).min(dice.below(2_000_000));
        // 3 % of the invoices are void. Only recent invoices are open: all others of the last 14 days, and 10 % of the
        // invoices of the last 90 days.
        let status = match dice.below(100) {
            0..3 => Status::Void,
            90.. if age <= 90 => Status::Open,
            _ if age <= 14 => Status::Open,
            _ => Status::Paid,
        };
        let paid = (issued + Days::new(dice.below(45))).min(last_day);
        Issued { id, customer, status, issued, due, paid, cents }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Deterministic pseudo-random numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    /// Returns a number from 0 to `limit - 1`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
