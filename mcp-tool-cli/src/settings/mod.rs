//! Settings of every server: tables with a row for each setting, sources of values, and the typed configuration.
//!
//! A new setting is a row in the table of its section and a field of [`Config`]. A section with one table per name,
//! such as `[upstream.billing]`, is an entry of `table::NAMED_SECTIONS` with a separate table of settings.

mod apply;
mod calls;
mod config;
mod environment;
mod file;
mod http;
mod key_values;
mod load;
#[cfg(feature = "oauth")]
mod named;
#[cfg(feature = "oauth")]
mod oauth;
mod operation;
mod origin;
mod sources;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use config::Config;
pub(crate) use load::{Loaded, load};
pub(crate) use table::{config_flag, flag, flags};
