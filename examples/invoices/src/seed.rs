//! A ledger to start with: 50,000 invoices of customers that don't exist, the same on every machine.

use chrono::{Days, NaiveDate};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::SqlitePool;

use crate::ledger::LedgerError;

const INVOICES: u64 = 50_000;
/// The last day on which a seeded invoice was issued.
const LAST_DAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 10, 31);
/// Days over which they were issued.
const DAYS: u64 = 3 * 365;

const FIRST: [&str; 20] = [
    "Alder", "Birch", "Cedar", "Dorset", "Ember", "Fenwick", "Garnet", "Hollow", "Indigo", "Juniper",
    "Kestrel", "Larch", "Meadow", "Nettle", "Osprey", "Pebble", "Quarry", "Rowan", "Saffron", "Thistle",
];
const SECOND: [&str; 10] =
    ["Finch", "Hale", "Marsh", "North", "Orchard", "Pike", "Reed", "Stone", "Vale", "Wick"];
const KIND: [&str; 2] = ["Ltd", "GmbH"];

/// Fills a ledger that has no customer yet.
pub async fn fill(pool: &SqlitePool) -> Result<(), LedgerError> {
    let (customers,): (i64,) = sqlx::query_as("SELECT count(*) FROM customers").fetch_one(pool).await?;
    let Some(last_day) = LAST_DAY.filter(|_| customers == 0) else { return Ok(()) };
    let bar = ProgressBar::new(INVOICES).with_style(style()).with_message("filling a new ledger");
    if bar.is_hidden() {
        eprintln!("filling a new ledger with {INVOICES} invoices");
    }
    let mut dice = Dice(20_261_121);
    let mut transaction = pool.begin().await?;

    let names = FIRST.iter().flat_map(|first| SECOND.iter().map(move |second| (first, second)));
    let names = names.flat_map(|(first, second)| KIND.map(|kind| format!("{first} & {second} {kind}")));
    let mut customers = Vec::new();
    for name in names {
        let id: i64 = sqlx::query_scalar("INSERT INTO customers (name) VALUES (?) RETURNING id")
            .bind(name)
            .fetch_one(&mut *transaction)
            .await?;
        customers.push(id);
    }

    for number in 0..INVOICES {
        // Few customers have many invoices, and many have few.
        let place = dice.below(customers.len() as u64).min(dice.below(customers.len() as u64));
        let Some(customer) = usize::try_from(place).ok().and_then(|place| customers.get(place)) else {
            continue;
        };
        let age = DAYS - number * DAYS / INVOICES;
        let issued = last_day - Days::new(age);
        let due = issued + Days::new([14, 30, 60][dice.below(3) as usize]);
        let cents = 500 + dice.below(200_000).min(dice.below(2_000_000)) as i64;
        let status = match dice.below(100) {
            0..3 => "void",
            90.. if age <= 90 => "open",
            _ if age <= 14 => "open",
            _ => "paid",
        };
        let reason = (status == "void").then_some("issued in error");
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO invoices (customer_id, status, issued, due, cents, void_reason)
             VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(customer)
        .bind(status)
        .bind(issued)
        .bind(due)
        .bind(cents)
        .bind(reason)
        .fetch_one(&mut *transaction)
        .await?;
        if status == "paid" {
            let paid = issued + Days::new(dice.below(45));
            sqlx::query("INSERT INTO payments (invoice_id, paid, cents) VALUES (?, ?, ?)")
                .bind(id)
                .bind(paid)
                .bind(cents)
                .execute(&mut *transaction)
                .await?;
        }
        if number % 250 == 0 {
            bar.set_position(number);
        }
    }
    transaction.commit().await?;
    bar.finish_with_message("the ledger is filled");
    Ok(())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Numbers that are the same on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
