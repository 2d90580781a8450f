//! Eight tools in rmcp, the same as in `ours.rs`: over stdio, or over HTTP if the feature `rmcp-http` is on. With
//! `rmcp-oauth`, HTTP requests need a token. Bounds are listed in the schema, but not enforced, because rmcp doesn't
//! validate arguments.

#[cfg(feature = "rmcp-oauth")]
mod token;

use rmcp::{
    Json, ServerHandler, handler::server::wrapper::Parameters, schemars::JsonSchema, tool, tool_handler,
    tool_router,
};
use serde::{Deserialize, Serialize};

type Failure = Box<dyn std::error::Error>;

/// Delivery speed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Speed {
    Standard,
    Express,
}

/// A price.
#[derive(JsonSchema, Serialize)]
struct Price {
    /// Amount in cents.
    cents: u32,
    /// Delivery speed.
    speed: Speed,
}

/// A parcel.
#[derive(JsonSchema, Serialize)]
struct Parcel {
    /// Number of the parcel.
    number: String,
    /// Delivery speed.
    speed: Speed,
}

/// Parcels.
#[derive(JsonSchema, Serialize)]
struct Parcels {
    /// The parcels.
    parcels: Vec<Parcel>,
}

/// A text.
#[derive(JsonSchema, Serialize)]
struct Text {
    /// The text.
    text: String,
}

/// A weight.
#[derive(JsonSchema, Serialize)]
struct Weight {
    /// Weight in kilograms.
    kilograms: f64,
}

impl Parcel {
    fn new(number: String, speed: Speed) -> Self {
        Parcel { number, speed }
    }
}

#[derive(Deserialize, JsonSchema)]
struct Quote {
    /// Weight in grams.
    #[schemars(range(min = 1, max = 30_000))]
    grams: u32,
    /// Delivery speed.
    speed: Speed,
}

#[derive(Deserialize, JsonSchema)]
struct Book {
    /// Name of the recipient.
    #[schemars(length(min = 1, max = 80))]
    to: String,
    /// Weight in grams.
    #[schemars(range(min = 1, max = 30_000))]
    grams: u32,
    /// Delivery speed.
    speed: Speed,
}

#[derive(Deserialize, JsonSchema)]
struct Track {
    /// Parcel number.
    #[schemars(length(min = 12, max = 12), regex(pattern = "^prc_[0-9]{8}$"))]
    number: String,
}

#[derive(Deserialize, JsonSchema)]
struct ListParcels {
    /// Name of the recipient.
    #[schemars(length(min = 1, max = 80))]
    to: String,
    /// Maximum results.
    #[schemars(range(min = 1, max = 100))]
    most: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Label {
    /// Parcel number.
    #[schemars(length(min = 12, max = 12), regex(pattern = "^prc_[0-9]{8}$"))]
    number: String,
    /// Lines of the address.
    #[schemars(length(max = 6), inner(length(max = 60)))]
    lines: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Redirect {
    /// Parcel number.
    #[schemars(length(min = 12, max = 12), regex(pattern = "^prc_[0-9]{8}$"))]
    number: String,
    /// Name of the recipient.
    #[schemars(length(min = 1, max = 80))]
    to: String,
}

#[derive(Deserialize, JsonSchema)]
struct Pickup {
    /// Depot code.
    #[schemars(length(min = 3, max = 8))]
    depot: String,
    /// Number of parcels.
    #[schemars(range(min = 1, max = 500))]
    parcels: u32,
    /// True for a parcel of more than 20 kg.
    heavy: bool,
}

#[derive(Deserialize, JsonSchema)]
struct Volume {
    /// Length in centimetres.
    #[schemars(range(min = 1.0, max = 300.0))]
    length: f64,
    /// Width in centimetres.
    #[schemars(range(min = 1.0, max = 300.0))]
    width: f64,
    /// Height in centimetres.
    #[schemars(range(min = 1.0, max = 300.0))]
    height: f64,
}

#[derive(Clone)]
struct Service;

#[tool_router]
impl Service {
    /// Price of a parcel in cents.
    #[tool(annotations(read_only_hint = true))]
    async fn quote(&self, Parameters(Quote { grams, speed }): Parameters<Quote>) -> Json<Price> {
        // `measure` changes this expression before it times an incremental build.
        Json(Price { cents: grams / 10 + 250, speed })
    }

    /// Book a parcel.
    #[tool(annotations(read_only_hint = false))]
    async fn book(&self, Parameters(Book { to, grams, speed }): Parameters<Book>) -> Json<Parcel> {
        Json(Parcel::new(format!("prc_{:08}", to.len() as u32 + grams), speed))
    }

    /// Find a parcel.
    #[tool(annotations(read_only_hint = true))]
    async fn track(&self, Parameters(Track { number }): Parameters<Track>) -> Json<Parcel> {
        Json(Parcel::new(number, Speed::Standard))
    }

    /// List parcels of a recipient.
    #[tool(annotations(read_only_hint = true))]
    async fn list_parcels(
        &self,
        Parameters(ListParcels { to, most }): Parameters<ListParcels>,
    ) -> Json<Parcels> {
        Json(Parcels {
            parcels: (0..most.min(3))
                .map(|n| Parcel::new(format!("prc_{:08}", n as usize + to.len()), Speed::Standard))
                .collect(),
        })
    }

    /// Text of a label.
    #[tool(annotations(read_only_hint = true))]
    async fn label(&self, Parameters(Label { number, lines }): Parameters<Label>) -> Json<Text> {
        Json(Text { text: format!("{number}\n{}", lines.join("\n")) })
    }

    /// Send a parcel to another recipient.
    #[tool(annotations(read_only_hint = false))]
    async fn redirect(&self, Parameters(Redirect { number, to }): Parameters<Redirect>) -> Json<Text> {
        Json(Text { text: format!("{number} is sent to {to}") })
    }

    /// Request a pickup.
    #[tool(annotations(read_only_hint = false))]
    async fn pickup(&self, Parameters(Pickup { depot, parcels, heavy }): Parameters<Pickup>) -> Json<Text> {
        Json(Text { text: format!("{parcels} parcels at {depot}, heavy: {heavy}") })
    }

    /// Volumetric weight in kilograms.
    #[tool(annotations(read_only_hint = true))]
    async fn volume(&self, Parameters(Volume { length, width, height }): Parameters<Volume>) -> Json<Weight> {
        Json(Weight { kilograms: length * width * height / 5_000.0 })
    }
}

#[tool_handler]
impl ServerHandler for Service {}

#[cfg(not(feature = "rmcp-http"))]
#[tokio::main]
async fn main() -> Result<(), Failure> {
    use rmcp::{ServiceExt as _, transport::stdio};

    Service.serve(stdio()).await?.waiting().await?;
    Ok(())
}

#[cfg(feature = "rmcp-http")]
#[tokio::main]
async fn main() -> Result<(), Failure> {
    use std::sync::Arc;

    use axum::Router;
    use rmcp::transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    };

    let service = StreamableHttpService::new(
        || Ok(Service),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let router = Router::new().nest_service("/mcp", service);
    #[cfg(feature = "rmcp-oauth")]
    let router = token::protect(router).await?;
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8080").await?, router).await?;
    Ok(())
}
