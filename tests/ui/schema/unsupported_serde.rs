use mcp_tool_runtime::ToolSchema;

fn shout<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.to_uppercase())
}

#[derive(serde::Serialize, ToolSchema)]
#[serde(into = "String")]
#[derive(Clone)]
struct Name {
    text: String,
}

impl From<Name> for String {
    fn from(name: Name) -> String {
        name.text
    }
}

#[derive(serde::Serialize, ToolSchema)]
struct Person {
    #[serde(serialize_with = "shout")]
    name: String,
}

#[derive(serde::Serialize, serde::Deserialize, ToolSchema)]
enum Mood {
    #[serde(alias = "fine")]
    Good,
    #[serde(rename(serialize = "sad", deserialize = "gloomy"))]
    Bad,
    #[serde(other)]
    Unknown,
}

fn main() {}
