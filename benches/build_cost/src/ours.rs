//! Eight tools in our framework, the same as in `rmcp.rs`: over stdio, with the feature `ours-http` also over HTTP, and
//! with `ours-oauth` also with OAuth.

use std::process::ExitCode;

use mcp_tool_runtime::prelude::*;
use serde::Serialize;

/// Delivery speed.
#[derive(Clone, Copy, Debug, Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
enum Speed {
    Standard,
    Express,
}

/// A price.
#[derive(Serialize, ToolSchema)]
struct Price {
    /// Amount in cents.
    cents: u32,
    /// Delivery speed.
    speed: Speed,
}

/// A parcel.
#[derive(Serialize, ToolSchema)]
struct Parcel {
    /// Number of the parcel.
    #[schema(max_len = 80)]
    number: String,
    /// Delivery speed.
    speed: Speed,
}

/// Parcels.
#[derive(Serialize, ToolSchema)]
struct Parcels {
    /// The parcels.
    #[schema(max_items = 100)]
    parcels: Vec<Parcel>,
}

/// A text.
#[derive(Serialize, ToolSchema)]
struct Text {
    /// The text.
    #[schema(max_len = 1_000)]
    text: String,
}

/// A weight.
#[derive(Serialize, ToolSchema)]
struct Weight {
    /// Weight in kilograms.
    kilograms: f64,
}

impl Parcel {
    fn new(number: String, speed: Speed) -> Self {
        Parcel { number, speed }
    }
}

/// Price of a parcel in cents.
#[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
async fn quote(
    /// Weight in grams.
    #[arg(min = 1, max = 30_000)]
    grams: u32,
    /// Delivery speed.
    speed: Speed,
) -> Price {
    // `measure` changes this expression before it times an incremental build.
    Price { cents: grams / 10 + 250, speed }
}

/// Book a parcel.
#[mcp_tool(version = "1.0", scope = "parcels:write")]
async fn book(
    /// Name of the recipient.
    #[arg(min_len = 1, max_len = 80)]
    to: String,
    /// Weight in grams.
    #[arg(min = 1, max = 30_000)]
    grams: u32,
    /// Delivery speed.
    speed: Speed,
) -> Parcel {
    Parcel::new(format!("prc_{:08}", to.len() as u32 + grams), speed)
}

/// Find a parcel.
#[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
async fn track(
    /// Parcel number.
    #[arg(min_len = 12, max_len = 12, pattern = "^prc_[0-9]{8}$")]
    number: String,
) -> Parcel {
    Parcel::new(number, Speed::Standard)
}

/// List parcels of a recipient.
#[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
async fn list_parcels(
    /// Name of the recipient.
    #[arg(min_len = 1, max_len = 80)]
    to: String,
    /// Maximum results.
    #[arg(min = 1, max = 100)]
    most: u32,
) -> Parcels {
    Parcels {
        parcels: (0..most.min(3))
            .map(|n| Parcel::new(format!("prc_{:08}", n as usize + to.len()), Speed::Standard))
            .collect(),
    }
}

/// Text of a label.
#[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
async fn label(
    /// Parcel number.
    #[arg(min_len = 12, max_len = 12, pattern = "^prc_[0-9]{8}$")]
    number: String,
    /// Lines of the address.
    #[arg(max_items = 6, max_len = 60)]
    lines: Vec<String>,
) -> Text {
    Text { text: format!("{number}\n{}", lines.join("\n")) }
}

/// Send a parcel to another recipient.
#[mcp_tool(version = "1.0", scope = "parcels:write")]
async fn redirect(
    /// Parcel number.
    #[arg(min_len = 12, max_len = 12, pattern = "^prc_[0-9]{8}$")]
    number: String,
    /// Name of the recipient.
    #[arg(min_len = 1, max_len = 80)]
    to: String,
) -> Text {
    Text { text: format!("{number} is sent to {to}") }
}

/// Request a pickup.
#[mcp_tool(version = "1.0", scope = "parcels:write")]
async fn pickup(
    /// Depot code.
    #[arg(min_len = 3, max_len = 8)]
    depot: String,
    /// Number of parcels.
    #[arg(min = 1, max = 500)]
    parcels: u32,
    /// True for a parcel of more than 20 kg.
    heavy: bool,
) -> Text {
    Text { text: format!("{parcels} parcels at {depot}, heavy: {heavy}") }
}

/// Volumetric weight in kilograms.
#[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
async fn volume(
    /// Length in centimetres.
    #[arg(min = 1, max = 300)]
    length: f64,
    /// Width in centimetres.
    #[arg(min = 1, max = 300)]
    width: f64,
    /// Height in centimetres.
    #[arg(min = 1, max = 300)]
    height: f64,
) -> Weight {
    Weight { kilograms: length * width * height / 5_000.0 }
}

#[tokio::main]
async fn main() -> ExitCode {
    ToolServer::new("parcels", env!("CARGO_PKG_VERSION"))
        .tools(tools![quote, book, track, list_parcels, label, redirect, pickup, volume])
        .run()
        .await
}
