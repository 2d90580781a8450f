//! Generates the crates whose compile time is measured. They have the same tools with serde alone, with our framework,
//! and with rmcp.

use std::{error::Error, fmt::Write as _, fs, path::Path};

/// Tools per file of a generated crate.
const PER_FILE: usize = 20;

/// Beginning of one line in each handler. Measurements change this line, so that cargo compiles the crate again.
pub(crate) const STAMP: &str = "let _stamp";

/// Framework of a generated crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framework {
    /// The baseline: argument structs with the serde derive, and a `match` that parses and calls, without validation.
    Serde,
    /// `#[mcp_tool]`.
    Ours,
    /// rmcp's `#[tool]`, with a schema by schemars.
    Rmcp,
}

impl Framework {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Framework::Serde => "serde",
            Framework::Ours => "ours",
            Framework::Rmcp => "rmcp",
        }
    }

    /// Name of the crate with this number of tools.
    pub(crate) fn package(self, tools: usize) -> String {
        format!("{}-{tools}", self.name())
    }

    fn dependencies(self, runtime: &Path) -> String {
        match self {
            Framework::Serde => "serde_json = \"1\"\n".to_owned(),
            Framework::Ours => format!("mcp-tool-runtime = {{ path = {runtime:?} }}\n"),
            Framework::Rmcp => {
                "rmcp = { version = \"3\", default-features = false, features = [\"macros\", \"server\", \
                          \"transport-io\"] }\nschemars = \"1\"\n"
                    .to_owned()
            }
        }
    }
}

/// Generates a crate of tools, each with [`PARAMETERS`]. `runtime` is the folder of `mcp-tool-runtime`.
pub(crate) fn generate(
    workspace: &Path,
    runtime: &Path,
    framework: Framework,
    tools: usize,
) -> Result<(), Box<dyn Error>> {
    let package = workspace.join(framework.package(tools));
    let source = package.join("src");
    // An earlier run may have written more files.
    drop(fs::remove_dir_all(&source));
    fs::create_dir_all(&source)?;
    let manifest = format!(
        "[package]\nname = {:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{}\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n",
        framework.package(tools),
        framework.dependencies(runtime),
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    let mut modules = String::new();
    let files = tools.div_ceil(PER_FILE);
    for file in 0..files {
        let range = file * PER_FILE..(file * PER_FILE + PER_FILE).min(tools);
        let text = match framework {
            Framework::Serde => serde_file(range),
            Framework::Ours => our_file(range),
            Framework::Rmcp => rmcp_file(file, range),
        }?;
        fs::write(source.join(format!("m{file}.rs")), text)?;
        writeln!(modules, "mod m{file};")?;
    }
    let main = match framework {
        Framework::Serde => serde_main(files),
        Framework::Ours => our_main(tools),
        Framework::Rmcp => rmcp_main(files),
    };
    fs::write(source.join("main.rs"), modules + &main)?;
    Ok(())
}

/// Numbers of the tools in one file.
type Range = std::ops::Range<usize>;
/// Source text of a file.
type Text = Result<String, std::fmt::Error>;

/// Parameters of each tool: name, type, description, attributes for our framework (bounds and default), and attributes
/// for rmcp (schemars' bounds, and serde's default).
const PARAMETERS: [(&str, &str, &str, &str, &str); 10] = [
    (
        "name",
        "String",
        "The name of the thing.",
        r#"#[arg(min_len = 1, max_len = 40, pattern = "^[a-z]+$")]"#,
        r#"#[schemars(length(min = 1, max = 40), regex(pattern = "^[a-z]+$"))]"#,
    ),
    ("alias", "Option<String>", "Another name, or none.", "", "#[schemars(length(max = 64))]"),
    (
        "count",
        "u32",
        "Number of things.",
        "#[arg(min = 1, max = 100, default = 10)]",
        "#[serde(default = \"crate::ten\")] #[schemars(range(min = 1, max = 100))]",
    ),
    ("ratio", "f64", "Share of the thing.", "#[arg(min = 0.5)]", "#[schemars(range(min = 0.5))]"),
    ("urgent", "bool", "Create it immediately.", "", ""),
    ("mode", "Mode", "Mode of the thing.", "", ""),
    (
        "without",
        "Option<Vec<Mode>>",
        "Modes to leave out.",
        "#[arg(max_items = 3)]",
        "#[schemars(length(max = 3))]",
    ),
    ("labels", "Vec<String>", "Labels for it.", "#[arg(max_items = 10)]", "#[schemars(length(max = 10))]"),
    ("place", "String", "Place of the thing.", "#[arg(max_len = 200)]", "#[schemars(length(max = 200))]"),
    (
        "reason",
        "Option<String>",
        "Reason of the change.",
        "#[arg(max_len = 500)]",
        "#[schemars(length(max = 500))]",
    ),
];

/// Writes the first lines of a handler. The second line uses the parameters that the handler doesn't return.
fn write_body(text: &mut String) -> std::fmt::Result {
    writeln!(text, "    {STAMP} = 0u128;")?;
    writeln!(text, "    let _ = (alias, count, ratio, urgent, mode, without, labels, place, reason);")
}

/// Names of the parameters, separated by commas.
fn names() -> String {
    PARAMETERS.map(|(name, ..)| name).join(", ")
}

/// Writes the argument struct of a tool, for serde and rmcp. With `with_schema`, the fields have the attributes for
/// rmcp; without it, only `count` has an attribute: its default.
fn write_arguments(text: &mut String, tool: usize, derive: &str, with_schema: bool) -> std::fmt::Result {
    writeln!(
        text,
        "/// Arguments of the tool number {tool}.\n#[derive({derive})]\npub struct Arguments{tool} {{"
    )?;
    for (name, ty, description, _, schema) in PARAMETERS {
        let keys = match (with_schema, name) {
            (true, _) => schema,
            (false, "count") => "#[serde(default = \"crate::ten\")]",
            (false, _) => "",
        };
        writeln!(text, "    /// {description}\n    {keys}\n    pub {name}: {ty},")?;
    }
    writeln!(text, "}}")
}

/// Types that all tools of a crate use. [`types`] replaces the placeholders `DERIVED`, `MADE` and `BOUND`.
const TYPES: &str = r#"
/// A mode.
#[derive(Clone, Copy, DERIVED)]
pub enum Mode { First, Second, Third }

/// A created thing.
#[derive(MADE)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// The number.
    BOUND
    pub count: u32,
    /// The mode.
    pub mode: Mode,
}
"#;

/// [`TYPES`] with the derives of `Mode`, the derives of `Made`, and the attribute of its field `count`.
fn types(mode: &str, made: &str, bound: &str) -> String {
    TYPES.replace("DERIVED", mode).replace("MADE", made).replace("BOUND", bound)
}

/// Function of the crates with serde and rmcp that returns the default of `count`.
const TEN: &str = "pub fn ten() -> u32 {\n    10\n}\n";

fn serde_file(tools: Range) -> Text {
    let mut text = String::from("use crate::{Failed, Made, Mode};\n\n");
    for tool in tools.clone() {
        write_arguments(&mut text, tool, "serde::Deserialize", false)?;
        writeln!(text, "\n/// The tool number {tool}.\npub async fn tool_{tool}(")?;
        for (name, ty, ..) in PARAMETERS {
            writeln!(text, "    {name}: {ty},")?;
        }
        writeln!(text, ") -> Result<Made, Failed> {{")?;
        write_body(&mut text)?;
        writeln!(text, "    Ok(Made {{ name, count: 1, mode: Mode::First }})\n}}\n")?;
    }
    writeln!(
        text,
        "pub async fn call(name: &str, arguments: &str) -> Result<Option<String>, Failed> {{\n    \
         let made = match name {{"
    )?;
    for tool in tools {
        let names = names();
        writeln!(
            text,
            "        \"tool_{tool}\" => {{\n            let Arguments{tool} {{ {names} }} = \
             serde_json::from_str(arguments)?;\n            tool_{tool}({names}).await?\n        }}"
        )?;
    }
    writeln!(
        text,
        "        _ => return Ok(None),\n    }};\n    Ok(Some(serde_json::to_string(&made)?))\n}}"
    )?;
    Ok(text)
}

fn serde_main(files: usize) -> String {
    let types = types("serde::Serialize, serde::Deserialize", "serde::Serialize", "");
    let mut calls = String::new();
    for file in 0..files {
        calls.push_str(&format!(
            "    if let Some(made) = m{file}::call(name, arguments).await? {{\n        return Ok(Some(made));\n    }}\n"
        ));
    }
    format!(
        r#"{types}
{TEN}
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn call(name: &str, arguments: &str) -> Result<Option<String>, Failed> {{
{calls}    Ok(None)
}}

#[tokio::main]
async fn main() -> Result<(), Failed> {{
    for line in std::io::stdin().lines() {{
        let line = line?;
        if let Some((name, arguments)) = line.split_once(' ') {{
            println!("{{:?}}", call(name, arguments).await?);
        }}
    }}
    Ok(())
}}
"#
    )
}

fn our_file(tools: Range) -> Text {
    let mut text = String::from("use mcp_tool_runtime::prelude::*;\nuse crate::{Made, Mode};\n");
    for tool in tools {
        writeln!(
            text,
            "\n/// The tool number {tool}.\n#[mcp_tool(version = \"1.0\", scope = \"things:write\", idempotent, \
             max_len = 64)]\npub async fn tool_{tool}("
        )?;
        for (name, ty, description, keys, _) in PARAMETERS {
            writeln!(text, "    /// {description}\n    {keys}\n    {name}: {ty},")?;
        }
        writeln!(text, ") -> Result<Made, ToolError> {{")?;
        write_body(&mut text)?;
        writeln!(text, "    Ok(Made {{ name, count: 1, mode: Mode::First }})\n}}")?;
    }
    Ok(text)
}

fn our_main(tools: usize) -> String {
    let types = types("serde::Serialize, ToolSchema", "serde::Serialize, ToolSchema", "#[schema(max = 100)]");
    let listed: String =
        (0..tools).map(|tool| format!("        m{}::tool_{tool},\n", tool / PER_FILE)).collect();
    format!(
        r#"use std::process::ExitCode;
use mcp_tool_runtime::prelude::*;
{types}
#[tokio::main]
async fn main() -> ExitCode {{
    ToolServer::new("generated", "1.0.0").tools(tools![
{listed}    ]).run().await
}}
"#
    )
}

fn rmcp_file(file: usize, tools: Range) -> Text {
    let mut text = String::from(
        "use rmcp::{ErrorData, Json, handler::server::wrapper::Parameters, tool, tool_router};\n\
         use crate::{Made, Mode, Server};\n\n",
    );
    for tool in tools.clone() {
        write_arguments(&mut text, tool, "serde::Deserialize, schemars::JsonSchema", true)?;
    }
    writeln!(text, "#[tool_router(router = router_{file}, vis = \"pub\")]\nimpl Server {{")?;
    for tool in tools {
        writeln!(
            text,
            "    /// The tool number {tool}.\n    #[tool(annotations(idempotent_hint = true))]\n    \
             pub async fn tool_{tool}(&self, Parameters(Arguments{tool} {{ {} }}): Parameters<Arguments{tool}>) \
             -> Result<Json<Made>, ErrorData> {{",
            names()
        )?;
        write_body(&mut text)?;
        writeln!(text, "    Ok(Json(Made {{ name, count: 1, mode: Mode::First }}))\n    }}\n")?;
    }
    writeln!(text, "}}")?;
    Ok(text)
}

fn rmcp_main(files: usize) -> String {
    let types = types(
        "serde::Serialize, serde::Deserialize, schemars::JsonSchema",
        "serde::Serialize, schemars::JsonSchema",
        "#[schemars(range(max = 100))]",
    );
    let routers: Vec<String> = (0..files).map(|file| format!("Server::router_{file}()")).collect();
    format!(
        r#"use rmcp::{{ServiceExt as _, handler::server::router::tool::ToolRouter, tool_handler}};
{types}
{TEN}
#[derive(Clone)]
pub struct Server {{
    router: ToolRouter<Server>,
}}

#[tool_handler(router = self.router)]
impl rmcp::ServerHandler for Server {{}}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let server = Server {{ router: {} }};
    server.serve(rmcp::transport::stdio()).await?.waiting().await?;
    Ok(())
}}
"#,
        routers.join("\n        + ")
    )
}
